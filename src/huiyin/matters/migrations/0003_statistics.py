from django.db import migrations

# Who has how many matters is known for each organisation, not for the hundred greatest alone: the
# rest are not alike, and a list of a quiet county is read in another way than one of a busy county.
_DETAIL = 5000


def keep_statistics(detail):
    def run(apps, schema):
        if schema.connection.vendor == "postgresql":
            schema.execute(
                "ALTER TABLE matters_matter"
                f" ALTER COLUMN organisation_id SET STATISTICS {detail}"
            )

    return run


class Migration(migrations.Migration):
    dependencies = [("matters", "0002_append_only")]

    operations = [
        migrations.RunPython(keep_statistics(_DETAIL), keep_statistics(-1)),
    ]
