from django.db import migrations

from huiyin.kernel.append_only import append_only, no_delete


class Migration(migrations.Migration):
    dependencies = [("invitations", "0001_initial")]

    operations = [
        append_only("invitations_ladder"),
        append_only("invitations_switch"),
        append_only("invitations_wording"),
        no_delete("invitations_planned"),
        no_delete("invitations_optout"),
    ]
