from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("log", "0005_checkpoints")]

    operations = [
        append_only("log_checkpoint"),
        append_only("log_cosignature"),
        append_only("log_logkey"),
        append_only("log_retiredlogkey"),
    ]
