from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_initial")]

    operations = [
        append_only("matters_step"),
        append_only("matters_reply"),
        append_only("matters_evidence"),
        append_only("matters_contactattempt"),
        append_only("matters_rectification"),
        append_only("matters_measure"),
        append_only("matters_policy"),
    ]
