from django.db import migrations, models
from django.db.models import F


def count_from_the_start(apps, schema_editor):
    apps.get_model("matters", "Clock").objects.update(
        counted_from=F("started_at"), units=F("amount")
    )


class Migration(migrations.Migration):
    dependencies = [("matters", "0003_whole_loop")]

    operations = [
        migrations.RemoveField("clock", "units_left"),
        migrations.AddField("clock", "counted_from", models.DateTimeField(null=True)),
        migrations.AddField("clock", "units", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("clock", "extended_by", models.PositiveSmallIntegerField(default=0)),
        migrations.RunPython(count_from_the_start, migrations.RunPython.noop),
        migrations.AlterField("clock", "counted_from", models.DateTimeField()),
        migrations.AlterField("clock", "units", models.PositiveSmallIntegerField()),
    ]
