from django.db import migrations

from huiyin.kernel.append_only import append_only, no_delete, no_update


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        append_only("reviews_review"),
        no_update("reviews_reviewcontent"),
        no_update("reviews_photo"),
        no_delete("reviews_serviceevent"),
        append_only("reviews_erasure"),
        append_only("reviews_importsource"),
        append_only("reviews_importedfile"),
        append_only("reviews_importedchunk"),
        append_only("reviews_importedreview"),
        append_only("reviews_revieworigin"),
        no_update("reviews_visitcontact"),
        append_only("reviews_placechange"),
        append_only("reviews_release"),
    ]
