import django.core.validators
import django.db.models.deletion
import huiyin.kernel.ids
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0001_initial'),
        ('reviews', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='GatewayClient',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('dialect', models.CharField(choices=[('national', 'national style (SM2)'), ('shandong', 'Shandong'), ('beijing', 'Beijing'), ('fujian', 'Fujian (SM4, XML)'), ('zhejiang', 'Zhejiang (Ningbo)'), ('anhui', 'Anhui (rating-page address)'), ('pingtan', 'Pingtan (JSON)')], max_length=12, verbose_name='dialect')),
                    ('app_mark', models.CharField(help_text='How the system names itself in its requests (appMark).', max_length=100, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9._:-]+$')], verbose_name='application mark')),
                    ('secrets_sealed', models.BinaryField()),
                    ('window_minutes', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(120)], verbose_name='minutes its clock may differ')),
                    ('success_code', models.CharField(blank=True, help_text='What the system takes for success, where its dialect leaves that open.', max_length=20, verbose_name='code of success')),
                    ('replies_in_json', models.BooleanField(default=False, help_text='Only for Fujian: answers are XML otherwise.', verbose_name='answers in JSON')),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                    ('integrator', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='gateway', to='reviews.integrator', verbose_name='integrator')),
                    ('organisation', models.ForeignKey(help_text='Reviews that the system brings are kept apart under this name.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation that answers for it')),
                ],
                options={
                    'verbose_name': 'gateway client',
                    'verbose_name_plural': 'gateway clients',
                    'constraints': [models.UniqueConstraint(fields=('dialect', 'app_mark'), name='one_client_a_mark')],
                },
            ),
            migrations.CreateModel(
                name='Quarantined',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('names', models.JSONField(default=list, verbose_name='fields')),
                    ('sealed', models.BinaryField()),
                    ('digest', models.BinaryField(max_length=32)),
                    ('at', models.DateTimeField(verbose_name='received at')),
                    ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dialects.gatewayclient', verbose_name='gateway client')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.serviceevent')),
                ],
                options={
                    'verbose_name': 'unknown fields',
                    'verbose_name_plural': 'unknown fields',
                    'constraints': [models.UniqueConstraint(fields=('event', 'digest'), name='one_quarantine_a_content')],
                },
            ),
            migrations.CreateModel(
                name='SeenRequest',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('nonce_hash', models.BinaryField(max_length=32)),
                    ('content_hash', models.BinaryField(max_length=32)),
                    ('at', models.DateTimeField(db_index=True)),
                    ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='dialects.gatewayclient')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('client', 'nonce_hash'), name='one_request_a_sign')],
                },
            ),
            migrations.CreateModel(
                name='UpwardPlatform',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                    ('address', models.CharField(max_length=300, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address')),
                    ('app_mark', models.CharField(max_length=100, verbose_name='application mark')),
                    ('secrets_sealed', models.BinaryField()),
                    ('data_source', models.CharField(help_text='1 and the two digits of the province, such as 133 for Zhejiang.', max_length=3, validators=[django.core.validators.RegexValidator('^1[1-9][0-9]$')], verbose_name='data source')),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                    ('since', models.DateTimeField(verbose_name='reports what came since')),
                    ('looked_until', models.DateTimeField(editable=False, null=True)),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'platform above',
                    'verbose_name_plural': 'platforms above',
                },
            ),
            migrations.CreateModel(
                name='UpwardReport',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('review', 'review'), ('rectification', 'rectification')], max_length=13, verbose_name='kind of report')),
                    ('subject_id', models.UUIDField()),
                    ('round', models.PositiveSmallIntegerField(default=1)),
                    ('state', models.CharField(choices=[('waiting', 'waiting to be sent'), ('acknowledged', 'acknowledged'), ('refused', 'refused by the platform above'), ('withheld', 'withheld here')], default='waiting', max_length=12, verbose_name='state')),
                    ('planned_at', models.DateTimeField(verbose_name='planned at')),
                    ('due_at', models.DateTimeField(null=True)),
                    ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                    ('last_sent_at', models.DateTimeField(null=True, verbose_name='last sent at')),
                    ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
                    ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason given')),
                    ('content_hash', models.BinaryField(max_length=32, null=True)),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation')),
                    ('platform', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='dialects.upwardplatform', verbose_name='platform above')),
                ],
                options={
                    'verbose_name': 'report upward',
                    'verbose_name_plural': 'reports upward',
                    'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='upward_reports_due'), models.Index(fields=['platform', 'state', 'planned_at'], name='upward_by_state')],
                    'constraints': [models.UniqueConstraint(fields=('platform', 'kind', 'subject_id', 'round'), name='one_report_a_subject')],
                },
            ),
        ),
    ]
