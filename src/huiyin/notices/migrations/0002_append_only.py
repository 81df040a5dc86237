from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        append_only("notices_delivery"),
        append_only("notices_template"),
        append_only("notices_receipt"),
        append_only("notices_conversation"),
        append_only("notices_sentpart"),
        append_only("notices_deliveryreceipt"),
        append_only("notices_inboundsms"),
    ]
