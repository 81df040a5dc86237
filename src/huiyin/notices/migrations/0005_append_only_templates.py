from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):

    dependencies = [("notices", "0004_circuits_digests_templates")]

    operations = [append_only("notices_template"), append_only("notices_receipt")]
