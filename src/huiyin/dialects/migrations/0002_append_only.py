from django.db import migrations

from huiyin.kernel.append_only import no_update


class Migration(migrations.Migration):
    dependencies = [("dialects", "0001_initial")]

    # What came may be erased with the person it is about, but never altered.
    operations = [no_update("dialects_quarantined")]
