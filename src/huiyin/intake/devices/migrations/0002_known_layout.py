from django.db import migrations

from huiyin.kernel import ids

# A device that is common at counters numbers its keys like this.
_MODEL = "五键评价器 (3 2 1 0 5)"
_LEVELS = {"3": 5, "2": 4, "1": 3, "0": 2, "5": 1}


def forwards(apps, schema_editor):
    layouts = apps.get_model("devices", "KeyLayout")
    layouts.objects.get_or_create(model=_MODEL, defaults={"id": ids.uuid7(), "levels": _LEVELS})


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
