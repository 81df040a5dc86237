from django.db import migrations

from huiyin.kernel.append_only import no_update


class Migration(migrations.Migration):
    dependencies = [("dialects", "0001_initial")]

    operations = [
        no_update("dialects_quarantined"),
    ]
