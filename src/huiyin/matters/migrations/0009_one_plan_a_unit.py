import django.db.models.deletion
from django.db import migrations, models

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
        ("matters", "0008_plans_of_a_unit"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rectification",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="directory.organisation",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="rectification",
            name="one_rectification_a_round",
        ),
        migrations.AddConstraint(
            model_name="rectification",
            constraint=models.UniqueConstraint(
                fields=("matter", "round", "organisation"), name="one_rectification_a_round"
            ),
        ),
        append_only("matters_rectification"),
    ]
