from django.db import migrations

from huiyin.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("notices", "0007_text_messages")]

    operations = [
        append_only("notices_conversation"),
        append_only("notices_sentpart"),
        append_only("notices_deliveryreceipt"),
        append_only("notices_inboundsms"),
    ]
