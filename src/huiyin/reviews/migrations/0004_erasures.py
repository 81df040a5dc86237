import django.db.models.deletion
from django.db import migrations, models

import huiyin.kernel.ids
from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_lean_reviews")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="erased at")),
                ("by", models.CharField(max_length=150, verbose_name="erased by")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("reviews", models.PositiveSmallIntegerField(verbose_name="reviews")),
                ("photos", models.PositiveSmallIntegerField(verbose_name="photographs")),
                ("case", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="erasure", to="reviews.case")),
            ],
            options={"verbose_name": "erasure", "verbose_name_plural": "erasures"},
        ),
        append_only("reviews_erasure"),
    ]
