import django.db.models.deletion
import huiyin.kernel.ids
from django.conf import settings
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0001_initial'),
        ('directory', '__first__'),
        ('matters', '0001_initial'),
        ('reviews', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='KeyLayout',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('model', models.CharField(max_length=80, unique=True, verbose_name='model')),
                    ('levels', models.JSONField(help_text='What the device sends, and the level from 5 to 1 that it means: {"3": 5, "2": 4}', verbose_name='levels by key')),
                ],
                options={
                    'verbose_name': 'key layout',
                    'verbose_name_plural': 'key layouts',
                    'ordering': ['model'],
                },
            ),
            migrations.CreateModel(
                name='Device',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('counter_device', 'device at the counter'), ('kiosk', 'self-service terminal')], max_length=14, verbose_name='kind')),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('code_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                    ('code_until', models.DateTimeField(null=True)),
                    ('key_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                    ('public_key', models.BinaryField(max_length=65, null=True)),
                    ('registered_at', models.DateTimeField()),
                    ('paired_at', models.DateTimeField(null=True, verbose_name='paired at')),
                    ('last_seen_at', models.DateTimeField(null=True, verbose_name='last seen')),
                    ('software', models.CharField(blank=True, max_length=40, verbose_name='software')),
                    ('waiting', models.PositiveIntegerField(default=0)),
                    ('refused', models.PositiveIntegerField(default=0)),
                    ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked at')),
                    ('counter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.counter', verbose_name='counter')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation')),
                    ('place', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='device', to='reviews.place', verbose_name='place')),
                    ('registered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('layout', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.keylayout', verbose_name='key layout')),
                ],
                options={
                    'verbose_name': 'device',
                    'verbose_name_plural': 'devices',
                    'ordering': ['organisation', 'name', 'id'],
                },
            ),
            migrations.CreateModel(
                name='DetailRequest',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('created_at', models.DateTimeField()),
                    ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('not_sent', 'not sent')], default='waiting', max_length=8)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('next_try_at', models.DateTimeField(null=True)),
                    ('matter', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.matter')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at'], name='details_to_ask_for')],
                },
            ),
            migrations.CreateModel(
                name='Wake',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('woken_at', models.DateTimeField()),
                    ('asked_at', models.DateTimeField()),
                    ('window_ends_at', models.DateTimeField()),
                    ('closes_at', models.DateTimeField()),
                    ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='wakes', to='devices.device')),
                    ('event', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.serviceevent')),
                    ('integrator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.integrator')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'indexes': [models.Index(fields=['device', '-asked_at'], name='wakes_of_a_device'), models.Index(fields=['event', '-woken_at'], name='wakes_of_an_event')],
                },
            ),
        ),
    ]
