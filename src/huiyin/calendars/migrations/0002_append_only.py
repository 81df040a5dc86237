from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("calendars", "0001_initial")]

    operations = [
        append_only("calendars_calendaryear"),
    ]
