"""Marks the steps of matters that were there before the roll-ups; the background loop folds them."""

from django.db import migrations


def mark(apps, schema_editor):
    unfolded = apps.get_model("oversight", "UnfoldedStep")
    steps = apps.get_model("matters", "Step").objects.filter(
        matter__kind="bad_review", event__in=("open", "plan", "merge", "tell")
    )
    batch = []
    for key in steps.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000):
        batch.append(unfolded(step_id=key))
        if len(batch) == 2000:
            unfolded.objects.bulk_create(batch)
            batch = []
    unfolded.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("oversight", "0001_initial"), ("matters", "0003_whole_loop")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
