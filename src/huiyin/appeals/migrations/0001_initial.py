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
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Appeal',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('side', models.CharField(choices=[('unit', 'unit'), ('citizen', 'citizen')], max_length=8, verbose_name='side')),
                    ('ground', models.CharField(choices=[('malicious', 'malicious review'), ('fake', 'fake review'), ('mistaken', 'another unit was meant'), ('wrong_level', 'wrong level pressed'), ('fake_rectification', 'rectification only pretended')], max_length=20, verbose_name='ground')),
                    ('statement', models.TextField()),
                    ('filed_at', models.DateTimeField(verbose_name='filed at')),
                    ('hearing_until', models.DateTimeField()),
                    ('calendar_version', models.CharField(max_length=60)),
                    ('filed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='matters.matter', verbose_name='matter')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation')),
                ],
                options={
                    'verbose_name': 'appeal',
                    'verbose_name_plural': 'appeals',
                    'ordering': ['filed_at'],
                    'indexes': [models.Index(fields=['ground', 'filed_at'], name='appeals_by_ground')],
                },
            ),
            migrations.CreateModel(
                name='AppealEvidence',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('place', models.PositiveSmallIntegerField()),
                    ('file', models.FileField(upload_to='appeals/%Y/%m')),
                    ('name', models.CharField(max_length=200)),
                    ('media_type', models.CharField(max_length=60)),
                    ('size', models.PositiveIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('appeal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='appeals.appeal')),
                ],
                options={
                    'ordering': ['place'],
                    'constraints': [models.UniqueConstraint(fields=('appeal', 'place'), name='one_evidence_a_place')],
                },
            ),
            migrations.CreateModel(
                name='Ruling',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('upheld', models.BooleanField(verbose_name='upheld')),
                    ('effect', models.CharField(choices=[('voided', 'the review is voided'), ('redirected', 'the matter goes to the right unit'), ('recorded', 'recorded; figures and review stay'), ('none', 'nothing changes')], max_length=12, verbose_name='effect')),
                    ('reasons', models.TextField(verbose_name='reasons')),
                    ('held_back', models.JSONField(default=list)),
                    ('at', models.DateTimeField(verbose_name='ruled at')),
                    ('appeal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='ruling', to='appeals.appeal', verbose_name='appeal')),
                    ('arbiter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name="arbiter's organisation")),
                    ('precedents', models.ManyToManyField(related_name='cited_by', to='appeals.ruling')),
                    ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'verbose_name': 'ruling',
                    'verbose_name_plural': 'rulings',
                    'ordering': ['-at'],
                    'indexes': [models.Index(fields=['at'], name='rulings_in_order')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('upheld', True), ('effect', 'none'), _connector='XOR'), name='effect_of_an_upheld_appeal'), models.CheckConstraint(condition=models.Q(('effect', 'redirected'), ('unit__isnull', True), _connector='XOR'), name='redirected_to_a_unit')],
                },
            ),
            migrations.CreateModel(
                name='Statement',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('side', models.CharField(choices=[('unit', 'unit'), ('citizen', 'citizen')], max_length=8)),
                    ('text', models.TextField()),
                    ('at', models.DateTimeField()),
                    ('appeal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='appeals.appeal')),
                    ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['at'],
                },
            ),
        ),
    ]
