import django.db.models.deletion
from django.db import migrations, models

from huiyin.kernel.append_only import append_only

_guard = append_only("matters_rectification")


def _whose(apps, schema_editor):
    """Until now a matter had one unit, and its plans were that unit's."""
    plans = apps.get_model("matters", "Rectification").objects.select_related("matter")
    for plan in plans.iterator():
        plan.organisation_id = plan.matter.organisation_id
        plan.save(update_fields=["organisation"])


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
        ("matters", "0007_extension_of_a_round"),
    ]

    operations = [
        # The table refuses changes; its guard comes back with the next migration.
        migrations.RunPython(_guard.reverse_code, _guard.code),
        migrations.AddField(
            model_name="rectification",
            name="organisation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="directory.organisation",
            ),
        ),
        migrations.RunPython(_whose, migrations.RunPython.noop),
    ]
