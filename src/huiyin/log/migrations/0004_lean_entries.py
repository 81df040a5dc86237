import json

import django.db.models.deletion
from django.db import migrations, models

from huiyin.kernel.append_only import append_only


def as_bytes(apps, schema):
    """The salts one after the other, by the names of what they hide."""
    EntrySecret = apps.get_model("log", "EntrySecret")
    for secret in EntrySecret.objects.iterator(chunk_size=2000):
        salts = secret.salts_as_json
        if isinstance(salts, str):  # written as text by the statements for many rows
            salts = json.loads(salts)
        secret.salts = b"".join(bytes.fromhex(salts[name]) for name in sorted(salts))
        secret.save(update_fields=["salts"])


def guard_again(apps, schema):
    # SQLite alters a column by copying the table, and the copy has no triggers.
    if schema.connection.vendor == "sqlite":
        append_only("log_entry").code(apps, schema)


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
        ("log", "0003_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="directory.organisation",
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="subject_id",
            field=models.UUIDField(),
        ),
        migrations.RunPython(guard_again, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="entrysecret",
            name="entry",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="secret",
                serialize=False,
                to="log.entry",
            ),
        ),
        migrations.RenameField("entrysecret", "salts", "salts_as_json"),
        migrations.AddField(
            "entrysecret", "salts", models.BinaryField(default=b""), preserve_default=False
        ),
        migrations.RunPython(as_bytes, migrations.RunPython.noop),
        migrations.RemoveField("entrysecret", "salts_as_json"),
    ]
