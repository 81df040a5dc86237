from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("hotline", "0001_initial")]

    operations = [
        append_only("hotline_heard"),
        append_only("hotline_action"),
        append_only("hotline_resultrow"),
    ]
