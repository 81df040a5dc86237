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
        ('log', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='ChannelAdapter',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                    ('channel', models.CharField(choices=[('web', 'website'), ('mobile', 'app or mini-program'), ('qr', 'QR code'), ('counter_device', 'device at the counter'), ('kiosk', 'self-service terminal'), ('hotline', 'hotline'), ('sms', 'SMS'), ('paper', 'paper')], max_length=14, verbose_name='channel')),
                    ('key_hash', models.BinaryField(max_length=32, unique=True)),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                ],
                options={
                    'verbose_name': 'channel adapter',
                    'verbose_name_plural': 'channel adapters',
                },
            ),
            migrations.CreateModel(
                name='TagList',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('version', models.CharField(max_length=20, unique=True, verbose_name='version')),
                    ('valid_from', models.DateField(verbose_name='valid from')),
                ],
                options={
                    'verbose_name': 'tag list',
                    'verbose_name_plural': 'tag lists',
                    'ordering': ['-valid_from'],
                },
            ),
            migrations.CreateModel(
                name='Case',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('jurisdiction', models.CharField(max_length=12, verbose_name='jurisdiction')),
                    ('project_no', models.CharField(max_length=50, verbose_name='case number')),
                    ('item_code', models.CharField(max_length=33, verbose_name='item code')),
                    ('item_name', models.CharField(max_length=200, verbose_name='service item')),
                    ('task_type', models.CharField(max_length=2)),
                    ('status', models.PositiveSmallIntegerField(choices=[(1, 'to be accepted'), (2, 'in progress'), (3, 'finished')], verbose_name='status')),
                    ('accepted_on', models.DateTimeField(null=True, verbose_name='accepted on')),
                    ('finished_on', models.DateTimeField(null=True, verbose_name='finished on')),
                    ('applicant_kind', models.CharField(max_length=2)),
                    ('identity_kind', models.CharField(max_length=3)),
                    ('title_sealed', models.BinaryField(null=True)),
                    ('name_sealed', models.BinaryField()),
                    ('identity_sealed', models.BinaryField()),
                    ('identity_hash', models.BinaryField(max_length=32)),
                    ('mobile_sealed', models.BinaryField()),
                    ('mobile_hash', models.BinaryField(max_length=32)),
                    ('agent_sealed', models.BinaryField(null=True)),
                    ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='directory.serviceitem')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='directory.organisation', verbose_name='organisation')),
                ],
                options={
                    'verbose_name': 'case',
                    'verbose_name_plural': 'cases',
                    'indexes': [models.Index(fields=['project_no'], name='case_by_number')],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'jurisdiction', 'project_no'), name='one_case_a_number')],
                },
            ),
            migrations.CreateModel(
                name='ImportSource',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                    ('created_at', models.DateTimeField()),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ImportedFile',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('sha256', models.BinaryField(max_length=32, unique=True)),
                    ('manner', models.JSONField()),
                    ('rejects', models.CharField(max_length=255)),
                    ('started_at', models.DateTimeField()),
                    ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='reviews.importsource')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ImportedChunk',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField(default=1)),
                    ('rows_read', models.BigIntegerField(default=0)),
                    ('rejects_size', models.BigIntegerField(default=0)),
                    ('taken', models.PositiveIntegerField()),
                    ('duplicates', models.PositiveIntegerField()),
                    ('defaults', models.PositiveIntegerField()),
                    ('rejected', models.PositiveIntegerField(default=0)),
                    ('texts', models.PositiveIntegerField(default=0)),
                    ('imported_at', models.DateTimeField()),
                    ('entry', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='log.entry')),
                    ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='reviews.importedfile')),
                    ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='reviews.importsource')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='one_chunk_a_number')],
                },
            ),
            migrations.CreateModel(
                name='ImportedReview',
                fields=[
                    ('pk', models.CompositePrimaryKey('chunk', 'number', 'organisation', blank=True, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField()),
                    ('item_code', models.CharField(blank=True, max_length=31)),
                    ('counter_number', models.CharField(blank=True, max_length=20)),
                    ('channel', models.CharField(choices=[('web', 'website'), ('mobile', 'app or mini-program'), ('qr', 'QR code'), ('counter_device', 'device at the counter'), ('kiosk', 'self-service terminal'), ('hotline', 'hotline'), ('sms', 'SMS'), ('paper', 'paper')], max_length=14)),
                    ('level', models.PositiveSmallIntegerField(choices=[(5, 'Very satisfied'), (4, 'Satisfied'), (3, 'Fairly satisfied'), (2, 'Dissatisfied'), (1, 'Very dissatisfied')])),
                    ('tags', models.CharField(blank=True, max_length=80)),
                    ('day', models.DateField()),
                    ('reference', models.UUIDField(null=True)),
                    ('chunk', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='reviews.importedchunk')),
                    ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(condition=models.Q(('reference__isnull', False)), fields=('organisation', 'reference'), name='one_import_a_reference'), models.CheckConstraint(condition=models.Q(('level__gte', 1), ('level__lte', 5)), name='imported_level_is_1_to_5')],
                },
            ),
            migrations.CreateModel(
                name='Integrator',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                    ('key_hash', models.BinaryField(max_length=32, unique=True)),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'integrator',
                    'verbose_name_plural': 'integrators',
                },
            ),
            migrations.CreateModel(
                name='Place',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('qr', 'QR code'), ('kiosk', 'self-service terminal'), ('counter_device', 'device at the counter'), ('paper', 'paper forms')], max_length=14, verbose_name='kind')),
                    ('label', models.CharField(max_length=80, verbose_name='label')),
                    ('code', models.CharField(max_length=12, unique=True)),
                    ('version', models.PositiveIntegerField(default=1, verbose_name='version')),
                    ('version_at', models.DateTimeField(verbose_name='version of')),
                    ('old_until', models.DateTimeField(null=True)),
                    ('created_at', models.DateTimeField()),
                    ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked at')),
                    ('clerk', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='clerk')),
                    ('counter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='places', to='directory.counter', verbose_name='counter')),
                    ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='places', to='directory.serviceitem', verbose_name='service item')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='directory.organisation', verbose_name='organisation')),
                ],
                options={
                    'verbose_name': 'place for rating on the spot',
                    'verbose_name_plural': 'places for rating on the spot',
                    'constraints': [models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='versions_from_1')],
                },
            ),
            migrations.CreateModel(
                name='ServiceEvent',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('service_number', models.PositiveSmallIntegerField(verbose_name='service number')),
                    ('node_name', models.CharField(blank=True, max_length=200, verbose_name='service')),
                    ('occurred_at', models.DateTimeField(verbose_name='served at')),
                    ('accepted_at', models.DateTimeField(verbose_name='received at')),
                    ('online', models.BooleanField(verbose_name='online')),
                    ('hall_name', models.CharField(blank=True, max_length=100, verbose_name='service hall')),
                    ('counter_number', models.CharField(blank=True, max_length=20, verbose_name='counter')),
                    ('clerks', models.JSONField(default=list)),
                    ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='reviews.case')),
                    ('counter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='directory.counter')),
                    ('integrator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.integrator', verbose_name='integrator')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='directory.organisation', verbose_name='organisation')),
                    ('place', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='reviews.place', verbose_name='place')),
                ],
                options={
                    'verbose_name': 'service event',
                    'verbose_name_plural': 'service events',
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'case', 'service_number'), name='one_event_a_number'), models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', False), ('integrator__isnull', False), ('place__isnull', True)), models.Q(('case__isnull', True), ('integrator__isnull', True), ('place__isnull', False)), _connector='OR'), name='pushed_or_on_site')],
                },
            ),
            migrations.CreateModel(
                name='Review',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('ordinal', models.PositiveSmallIntegerField(verbose_name='ordinal')),
                    ('level', models.PositiveSmallIntegerField(choices=[(5, 'Very satisfied'), (4, 'Satisfied'), (3, 'Fairly satisfied'), (2, 'Dissatisfied'), (1, 'Very dissatisfied')], verbose_name='level')),
                    ('tags', models.JSONField(default=list, verbose_name='tags')),
                    ('channel', models.CharField(choices=[('web', 'website'), ('mobile', 'app or mini-program'), ('qr', 'QR code'), ('counter_device', 'device at the counter'), ('kiosk', 'self-service terminal'), ('hotline', 'hotline'), ('sms', 'SMS'), ('paper', 'paper')], max_length=14, verbose_name='channel')),
                    ('trust', models.CharField(choices=[('verified', 'bound to one service'), ('on_site', 'on site, no service known'), ('paper', 'on paper, typed in by staff'), ('imported', 'imported')], max_length=8, verbose_name='trust')),
                    ('hide_name_from_public', models.BooleanField()),
                    ('hide_name_from_unit', models.BooleanField()),
                    ('accepted_at', models.DateTimeField(verbose_name='accepted at')),
                    ('code_hash', models.BinaryField(max_length=32, unique=True)),
                    ('idempotency_hash', models.BinaryField(max_length=32, null=True)),
                    ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='review', to='log.entry')),
                    ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='directory.organisation', verbose_name='organisation')),
                    ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='reviews.serviceevent')),
                ],
                options={
                    'verbose_name': 'review',
                    'verbose_name_plural': 'reviews',
                    'constraints': [models.UniqueConstraint(fields=('event', 'organisation', 'ordinal'), name='one_review_an_ordinal'), models.CheckConstraint(condition=models.Q(('level__gte', 1), ('level__lte', 5)), name='level_is_1_to_5'), models.CheckConstraint(condition=models.Q(('ordinal__in', (1, 2))), name='ordinal_is_1_or_2')],
                },
            ),
            migrations.CreateModel(
                name='PlaceChange',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('what', models.CharField(choices=[('added', 'put up'), ('rotated', 'new sheets'), ('revoked', 'taken away')], max_length=8)),
                    ('version', models.PositiveIntegerField()),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='reviews.place')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='PlaceReport',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('version', models.PositiveIntegerField()),
                    ('where', models.CharField(blank=True, max_length=80, verbose_name='where')),
                    ('at', models.DateTimeField()),
                    ('settled_at', models.DateTimeField(null=True)),
                    ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='reviews.place')),
                    ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['place'], name='open_reports')],
                },
            ),
            migrations.CreateModel(
                name='ReviewContent',
                fields=[
                    ('review', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='content', serialize=False, to='reviews.review')),
                    ('text', models.TextField()),
                    ('held_back', models.JSONField(default=list)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('held_back', []), _negated=True), fields=['-review'], name='words_held_back')],
                },
            ),
            migrations.CreateModel(
                name='ReviewOrigin',
                fields=[
                    ('review', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='origin', serialize=False, to='reviews.review')),
                    ('sub_channel', models.CharField(blank=True, max_length=40, verbose_name='sub-channel')),
                    ('claimed_at', models.DateTimeField(null=True, verbose_name='claimed time')),
                    ('reference', models.CharField(blank=True, max_length=100, verbose_name='reference')),
                ],
            ),
            migrations.CreateModel(
                name='Release',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(verbose_name='released at')),
                    ('reason', models.CharField(max_length=500, verbose_name='reason')),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='log.entry')),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                    ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='reviews.review')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Photo',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('file', models.FileField(upload_to='reviews/%Y/%m')),
                    ('media_type', models.CharField(max_length=40)),
                    ('sha256', models.CharField(max_length=64)),
                    ('place', models.PositiveSmallIntegerField()),
                    ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='reviews.review')),
                ],
                options={
                    'ordering': ['place'],
                },
            ),
            migrations.CreateModel(
                name='VisitContact',
                fields=[
                    ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='contact', serialize=False, to='reviews.serviceevent')),
                    ('mobile_sealed', models.BinaryField()),
                    ('mobile_hash', models.BinaryField(max_length=32)),
                ],
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('step', models.PositiveSmallIntegerField(default=1)),
                    ('created_at', models.DateTimeField()),
                    ('expires_at', models.DateTimeField()),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='reviews.serviceevent')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'event', 'step'), name='one_invitation_a_step')],
                },
            ),
            migrations.CreateModel(
                name='Erasure',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(verbose_name='erased at')),
                    ('by', models.CharField(max_length=150, verbose_name='erased by')),
                    ('reason', models.CharField(max_length=500, verbose_name='reason')),
                    ('reviews', models.PositiveSmallIntegerField(verbose_name='reviews')),
                    ('photos', models.PositiveSmallIntegerField(verbose_name='photographs')),
                    ('case', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='reviews.case')),
                    ('event', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='reviews.serviceevent', verbose_name='service event')),
                ],
                options={
                    'verbose_name': 'erasure',
                    'verbose_name_plural': 'erasures',
                    'constraints': [models.CheckConstraint(condition=models.Q(('case__isnull', True), ('event__isnull', True), _connector='XOR'), name='erased_of_one')],
                },
            ),
            migrations.CreateModel(
                name='Tag',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=3, verbose_name='code')),
                    ('level', models.PositiveSmallIntegerField(choices=[(5, 'Very satisfied'), (4, 'Satisfied'), (3, 'Fairly satisfied'), (2, 'Dissatisfied'), (1, 'Very dissatisfied')], verbose_name='level')),
                    ('kind', models.CharField(choices=[('core', 'core'), ('extended', 'extended')], max_length=8, verbose_name='kind')),
                    ('label', models.CharField(max_length=60, verbose_name='label')),
                    ('label_en', models.CharField(max_length=120, verbose_name='English label')),
                    ('tag_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='reviews.taglist')),
                ],
                options={
                    'verbose_name': 'tag',
                    'verbose_name_plural': 'tags',
                    'ordering': ['-level', 'code'],
                    'constraints': [models.UniqueConstraint(fields=('tag_list', 'code'), name='one_tag_a_code')],
                },
            ),
        ),
    ]
