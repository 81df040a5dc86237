import django.db.models.deletion
import huiyin.kernel.ids
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Epoch',
                fields=[
                    ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                    ('first_index', models.BigIntegerField()),
                    ('entries', models.IntegerField()),
                    ('reviews', models.IntegerField()),
                    ('sealed_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Entry',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(max_length=20)),
                    ('subject_id', models.UUIDField()),
                    ('public', models.TextField()),
                    ('leaf_hash', models.BinaryField(max_length=32)),
                    ('appended_at', models.DateTimeField()),
                    ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='LeafPlace',
                fields=[
                    ('pk', models.CompositePrimaryKey('prefix', 'index', blank=True, editable=False, primary_key=True, serialize=False)),
                    ('prefix', models.BinaryField(max_length=8)),
                    ('index', models.BigIntegerField()),
                ],
            ),
            migrations.CreateModel(
                name='LogKey',
                fields=[
                    ('number', models.IntegerField(primary_key=True, serialize=False)),
                    ('vkey', models.CharField(max_length=500, unique=True)),
                    ('since', models.DateTimeField()),
                    ('introduction', models.TextField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Checkpoint',
                fields=[
                    ('epoch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='checkpoint', serialize=False, to='log.epoch')),
                    ('size', models.BigIntegerField()),
                    ('root', models.BinaryField(max_length=32)),
                    ('edge', models.BinaryField(max_length=2048)),
                    ('note', models.TextField()),
                ],
            ),
            migrations.CreateModel(
                name='EntrySecret',
                fields=[
                    ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='secret', serialize=False, to='log.entry')),
                    ('salts', models.BinaryField()),
                ],
            ),
            migrations.CreateModel(
                name='Leaf',
                fields=[
                    ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='leaf', to='log.entry')),
                    ('epoch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leaves', to='log.epoch')),
                ],
            ),
            migrations.CreateModel(
                name='RetiredLogKey',
                fields=[
                    ('key', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='retirement', serialize=False, to='log.logkey')),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='PendingEntry',
                fields=[
                    ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pending', serialize=False, to='log.entry')),
                    ('is_review', models.BooleanField()),
                    ('since', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('is_review', True)), fields=['entry'], name='log_pending_reviews')],
                },
            ),
            migrations.CreateModel(
                name='LaterSignature',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('line', models.TextField()),
                    ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='log.logkey')),
                    ('checkpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='later_signatures', to='log.checkpoint')),
                ],
                options={
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('checkpoint', 'key'), name='log_signed_once')],
                },
            ),
            migrations.CreateModel(
                name='Cosignature',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('witness', models.CharField(max_length=500)),
                    ('signed_at', models.DateTimeField()),
                    ('line', models.TextField()),
                    ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='log.checkpoint')),
                ],
                options={
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('checkpoint', 'witness'), name='log_cosigned_once')],
                },
            ),
        ),
    ]
