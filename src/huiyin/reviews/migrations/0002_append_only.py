from django.db import migrations

from huiyin.kernel.append_only import append_only, no_update


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        append_only("reviews_review"),
        # What the citizen wrote may be erased at a lawful request, but never altered.
        no_update("reviews_reviewcontent"),
        no_update("reviews_photo"),
    ]
