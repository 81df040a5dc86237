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
        ('reviews', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Batch',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                    ('day', models.DateField(verbose_name='day of the forms')),
                    ('forms', models.PositiveSmallIntegerField(verbose_name='number of forms')),
                    ('sample_percent', models.PositiveSmallIntegerField()),
                    ('error_percent', models.PositiveSmallIntegerField()),
                    ('state', models.CharField(choices=[('keying', 'being keyed'), ('checking', 'sample is keyed by a second person'), ('settling', 'differences are settled'), ('ready', 'ready to be released'), ('released', 'released')], default='keying', max_length=8, verbose_name='state')),
                    ('round', models.PositiveSmallIntegerField(default=1)),
                    ('opened_at', models.DateTimeField(verbose_name='opened')),
                    ('released_at', models.DateTimeField(null=True, verbose_name='released')),
                    ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation')),
                    ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.place', verbose_name='place')),
                ],
                options={
                    'verbose_name': 'batch of paper forms',
                    'verbose_name_plural': 'batches of paper forms',
                    'ordering': ['-opened_at'],
                },
            ),
            migrations.CreateModel(
                name='BatchAction',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('verb', models.CharField(choices=[('opened', 'opened'), ('removed', 'a wrong form number was taken back'), ('sampled', 'keying finished, sample drawn'), ('agreed', 'the sample agrees'), ('differed', 'the sample differs, within the limit'), ('again', 'the sample differs too much: all is keyed again'), ('settled', 'a difference was settled'), ('released', 'released')], max_length=8)),
                    ('at', models.DateTimeField()),
                    ('detail', models.JSONField(default=dict)),
                    ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='paper.batch')),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='PaperForm',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number', models.CharField(max_length=40, verbose_name='form number')),
                    ('scan', models.FileField(blank=True, upload_to='paper/%Y/%m')),
                    ('scan_name', models.CharField(blank=True, max_length=220)),
                    ('media_type', models.CharField(blank=True, max_length=40)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('sampled', models.PositiveSmallIntegerField(default=0)),
                    ('removed_at', models.DateTimeField(null=True)),
                    ('given_at', models.DateTimeField(null=True)),
                    ('refusal', models.CharField(blank=True, max_length=40)),
                    ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='paper.batch')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'verbose_name': 'paper form',
                    'verbose_name_plural': 'paper forms',
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at__isnull', True)), fields=('organisation', 'number'), name='one_form_a_number')],
                },
            ),
            migrations.CreateModel(
                name='Keying',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('stage', models.CharField(choices=[('first', 'first entry'), ('second', 'second entry'), ('settled', 'settled')], max_length=7)),
                    ('at', models.DateTimeField()),
                    ('level', models.PositiveSmallIntegerField(choices=[(5, 'Very satisfied'), (4, 'Satisfied'), (3, 'Fairly satisfied'), (2, 'Dissatisfied'), (1, 'Very dissatisfied')], null=True)),
                    ('tags', models.JSONField(default=list)),
                    ('unusable', models.CharField(blank=True, choices=[('no_level', 'no level is ticked'), ('several_levels', 'several levels are ticked'), ('no_detail', 'dissatisfied, with neither a tick nor a word why'), ('illegible', 'cannot be read')], max_length=14)),
                    ('differs', models.JSONField(default=list)),
                    ('note', models.CharField(blank=True, max_length=300)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keyings', to='paper.paperform')),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('stage', 'first'), _negated=True), fields=('form', 'round', 'stage'), name='one_second_entry_a_round')],
                },
            ),
            migrations.CreateModel(
                name='KeyedWords',
                fields=[
                    ('keying', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='words', serialize=False, to='paper.keying')),
                    ('sealed', models.BinaryField()),
                ],
            ),
        ),
    ]
