from django.db import migrations, models

from huiyin.kernel.append_only import no_delete


class Migration(migrations.Migration):
    dependencies = [("invitations", "0002_append_only")]

    operations = [
        migrations.AddField(
            "planned", "short_code", models.CharField(blank=True, default="", max_length=13),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "planned",
            models.Index(
                fields=["short_code"],
                condition=~models.Q(short_code=""),
                name="invitation_by_short_code",
            ),
        ),
        migrations.RunPython(no_delete("invitations_planned").put_back, migrations.RunPython.noop),
    ]
