from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("log", "0001_initial")]

    operations = [
        append_only("log_entry"),
        append_only("log_leaf"),
        append_only("log_epoch"),
        append_only("log_checkpoint"),
        append_only("log_cosignature"),
        append_only("log_logkey"),
        append_only("log_retiredlogkey"),
        append_only("log_latersignature"),
    ]
