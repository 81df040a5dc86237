import django.db.models.deletion
import huiyin.kernel.ids
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('log', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='FoldedEpoch',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('folded_at', models.DateTimeField()),
                    ('epoch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='folded', to='log.epoch')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Tally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('organisation', models.CharField(max_length=18)),
                    ('region', models.CharField(max_length=12)),
                    ('day', models.DateField()),
                    ('metric', models.CharField(max_length=12)),
                    ('value', models.BigIntegerField()),
                    ('channel', models.CharField(blank=True, max_length=14)),
                    ('trust', models.CharField(blank=True, max_length=8)),
                    ('amount', models.BigIntegerField()),
                ],
                options={
                    'indexes': [models.Index(fields=['day'], name='tallies_of_a_period')],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'day', 'metric', 'value', 'region', 'channel', 'trust'), name='one_tally_a_key')],
                },
            ),
        ),
    ]
