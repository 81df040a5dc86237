import django.db.models.deletion
from django.db import migrations, models

import huiyin.kernel.ids
from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0002_standing_in"),
        ("log", "0007_later_signatures"),
        ("reviews", "0009_case_by_number"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reviewcontent",
            index=models.Index(
                condition=models.Q(("held_back", []), _negated=True),
                fields=["-review"],
                name="words_held_back",
            ),
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="released at")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("entry", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="log.entry")),
                ("review", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="release", to="reviews.review")),
                ("staff", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="directory.staff", verbose_name="by")),
            ],
        ),
        append_only("reviews_release"),
    ]
