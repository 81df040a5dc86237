import django.db.models.deletion
import huiyin.directory.codes
import huiyin.kernel.clock
import huiyin.kernel.ids
from django.conf import settings
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Region',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=12, unique=True, validators=[huiyin.directory.codes.validate_region_code], verbose_name='division code')),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('name_en', models.CharField(blank=True, max_length=80, verbose_name='English name')),
                    ('level', models.CharField(choices=[('province', 'province'), ('prefecture', 'prefecture'), ('county', 'county'), ('subdistrict', 'sub-district')], max_length=12, verbose_name='administrative level')),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='directory.region', verbose_name='belongs to')),
                ],
                options={
                    'verbose_name': 'region',
                    'verbose_name_plural': 'regions',
                    'ordering': ['code'],
                },
            ),
            migrations.CreateModel(
                name='Organisation',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('uscc', models.CharField(max_length=18, unique=True, validators=[huiyin.directory.codes.validate_uscc], verbose_name='unified social credit code')),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('name_en', models.CharField(blank=True, max_length=160, verbose_name='English name')),
                    ('kind', models.CharField(choices=[('government', 'government'), ('department', 'department'), ('hall', 'service hall'), ('platform', 'platform'), ('hotline', 'hotline')], default='department', max_length=12, verbose_name='kind of body')),
                    ('path', models.TextField(db_index=True, editable=False)),
                    ('active', models.BooleanField(default=True, verbose_name='in use')),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='directory.organisation', verbose_name='reports to')),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='organisations', to='directory.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'organisation',
                    'verbose_name_plural': 'organisations',
                    'ordering': ['uscc'],
                },
            ),
            migrations.CreateModel(
                name='Staff',
                fields=[
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('username', models.CharField(max_length=60, unique=True, verbose_name='user name')),
                    ('display_name', models.CharField(max_length=60, verbose_name='full name')),
                    ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff', to='directory.organisation', verbose_name='organisation')),
                ],
                options={
                    'verbose_name': 'member of staff',
                    'verbose_name_plural': 'staff',
                    'ordering': ['username'],
                },
            ),
            migrations.CreateModel(
                name='Counter',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number', models.CharField(max_length=20, verbose_name='counter number')),
                    ('name', models.CharField(blank=True, max_length=80, verbose_name='name')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counters', to='directory.organisation', verbose_name='hall')),
                ],
                options={
                    'verbose_name': 'counter',
                    'verbose_name_plural': 'counters',
                    'ordering': ['organisation', 'number'],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'number'), name='one_counter_a_number')],
                },
            ),
            migrations.CreateModel(
                name='Duty',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('role', models.CharField(choices=[('handler', 'handler'), ('approver', 'approver'), ('supervisor', 'supervisor'), ('arbiter', 'arbiter'), ('auditor', 'auditor'), ('administrator', 'administrator')], max_length=14, verbose_name='role')),
                    ('starts_on', models.DateField(default=huiyin.kernel.clock.today, verbose_name='in force from')),
                    ('ends_on', models.DateField(blank=True, null=True, verbose_name='in force until and including')),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
                    ('stands_in_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stood_in_for', to=settings.AUTH_USER_MODEL, verbose_name='stands in for')),
                    ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='directory.organisation', verbose_name='organisation')),
                    ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='directory.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'duty',
                    'verbose_name_plural': 'duties',
                    'ordering': ['staff', 'role'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('organisation__isnull', True), ('region__isnull', True), _connector='XOR'), name='duty_has_one_scope', violation_error_message='Give either an organisation or a region.'), models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='duty_ends_after_it_starts', violation_error_message='A duty cannot end before it starts.')],
                },
            ),
            migrations.CreateModel(
                name='ServiceItem',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=31, validators=[huiyin.directory.codes.validate_item_code], verbose_name='implementation code')),
                    ('name', models.CharField(max_length=200, verbose_name='name')),
                    ('name_en', models.CharField(blank=True, max_length=240, verbose_name='English name')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='directory.organisation', verbose_name='organisation')),
                ],
                options={
                    'verbose_name': 'service item',
                    'verbose_name_plural': 'service items',
                    'ordering': ['code'],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'code'), name='one_item_a_code')],
                },
            ),
        ),
    ]
