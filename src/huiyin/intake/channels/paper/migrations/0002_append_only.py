from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("paper", "0001_initial")]

    operations = [
        append_only("paper_keying"),
        append_only("paper_batchaction"),
    ]
