from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("appeals", "0001_initial")]

    operations = [
        append_only("appeals_appeal"),
        append_only("appeals_appealevidence"),
        append_only("appeals_statement"),
        append_only("appeals_ruling"),
        append_only("appeals_ruling_precedents"),
    ]
