import datetime
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import huiyin.calendars.arithmetic
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
                name='Policy',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(max_length=30, verbose_name='kind of matter')),
                    ('version', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='version')),
                    ('valid_from', models.DateField(verbose_name='valid from')),
                    ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                    ('legal_basis', models.TextField(verbose_name='legal basis')),
                    ('document', models.JSONField(verbose_name='rules')),
                    ('jurisdiction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.region', verbose_name='jurisdiction')),
                ],
                options={
                    'verbose_name': 'policy',
                    'verbose_name_plural': 'policies',
                    'ordering': ['kind', 'jurisdiction', '-version'],
                    'constraints': [models.UniqueConstraint(fields=('jurisdiction', 'kind', 'version'), name='one_policy_a_version')],
                },
            ),
            migrations.CreateModel(
                name='Matter',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                    ('kind', models.CharField(max_length=30, verbose_name='kind of matter')),
                    ('subject_id', models.UUIDField()),
                    ('state', models.CharField(choices=[('delivered', 'delivered, citizen to be called'), ('returned', 'returned, another unit to be found'), ('unreachable_asked', 'said to be unreachable'), ('verified', 'verified'), ('rectifying', 'being rectified'), ('reply_drafted', 'reply waits for approval'), ('approved', 'answer approved, citizen being told'), ('told', 'citizen told'), ('reopened', 'reopened'), ('closed', 'closed')], max_length=20, verbose_name='state')),
                    ('round', models.PositiveSmallIntegerField(default=1, verbose_name='round')),
                    ('version', models.PositiveIntegerField(default=0)),
                    ('opened_at', models.DateTimeField(verbose_name='accepted')),
                    ('next_due_at', models.DateTimeField(null=True, verbose_name='next due')),
                    ('unreachable', models.BooleanField(default=False)),
                    ('moves', models.PositiveSmallIntegerField(default=0)),
                    ('appealed', models.BooleanField(default=False)),
                    ('arbitrated', models.BooleanField(default=False)),
                    ('contact_ended_at', models.DateTimeField(null=True)),
                    ('result_class', models.CharField(blank=True, choices=[('solved', 'solved'), ('planned', 'will be solved by a date'), ('explained', 'cannot be solved, with the legal reason'), ('withdrawn', 'withdrawn by the citizen'), ('voided', 'voided by ruling')], max_length=10)),
                    ('told_at', models.DateTimeField(null=True)),
                    ('follow_up', models.CharField(choices=[('not_asked', 'not asked yet'), ('asked', 'asked'), ('answered', 'answered'), ('declined', 'declined'), ('expired', 'not answered in time'), ('not_offered', 'not offered')], default='not_asked', max_length=12)),
                    ('confirmed', models.BooleanField(null=True)),
                    ('closed_at', models.DateTimeField(null=True)),
                    ('handler', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('improvement_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='joined_to', to='matters.matter', verbose_name='improvement')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matters', to='directory.organisation', verbose_name='organisation')),
                    ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.policy')),
                ],
                options={
                    'verbose_name': 'matter',
                    'verbose_name_plural': 'matters',
                    'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['organisation', 'next_due_at'], name='open_matters_by_due'), models.Index(django.db.models.functions.comparison.Coalesce('next_due_at', models.Value(datetime.datetime(9999, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))), models.F('id'), condition=models.Q(('closed_at__isnull', True)), name='open_matters_as_listed'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['state', 'next_due_at'], name='open_matters_by_state'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['closed_at', 'id'], name='closed_matters_in_order'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['organisation', 'closed_at', 'id'], name='closed_matters_of_a_unit'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['next_due_at', 'id'], name='open_matters_due_in_order'), models.Index(django.db.models.functions.comparison.Coalesce('next_due_at', models.Value(datetime.datetime(9999, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))), models.F('id'), condition=models.Q(('closed_at__isnull', True), models.Q(('round__gt', 1), ('arbitrated', True), _connector='OR')), name='open_matters_of_arbiters'), models.Index(condition=models.Q(('closed_at__isnull', False), models.Q(('round__gt', 1), ('arbitrated', True), _connector='OR')), fields=['closed_at', 'id'], name='closed_matters_of_arbiters'), models.Index(condition=models.Q(('state__in', ('returned', 'unreachable_asked', 'reply_drafted'))), fields=['state', 'opened_at'], name='matters_to_decide'), models.Index(fields=['kind', 'subject_id'], name='matter_of_a_subject')],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'kind', 'subject_id'), name='one_matter_a_subject')],
                },
            ),
            migrations.CreateModel(
                name='Evidence',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('file', models.FileField(upload_to='evidence/%Y/%m')),
                    ('name', models.CharField(max_length=200)),
                    ('media_type', models.CharField(max_length=60)),
                    ('size', models.PositiveIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('caption', models.CharField(blank=True, max_length=200)),
                    ('at', models.DateTimeField()),
                    ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='matters.matter')),
                ],
                options={
                    'ordering': ['at'],
                },
            ),
            migrations.CreateModel(
                name='ContactAttempt',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('means', models.CharField(choices=[('call', 'call'), ('message', 'message')], max_length=8)),
                    ('outcome', models.CharField(choices=[('reached', 'reached'), ('no_answer', 'no answer'), ('busy', 'busy'), ('unavailable', 'number not available'), ('declined', 'does not want to talk'), ('sent', 'message sent')], max_length=12)),
                    ('at', models.DateTimeField()),
                    ('relay_reference', models.CharField(max_length=40)),
                    ('message', models.TextField(blank=True)),
                    ('note', models.TextField(blank=True)),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_attempts', to='matters.matter')),
                ],
                options={
                    'ordering': ['at'],
                },
            ),
            migrations.CreateModel(
                name='Clock',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('callback', 'call back'), ('rectification', 'rectify and reply'), ('follow_up', 'follow-up review'), ('ruling', 'ruling'), ('supervision', 'answer the supervision order')], max_length=14)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('amount', models.PositiveSmallIntegerField()),
                    ('unit', models.CharField(max_length=12)),
                    ('started_at', models.DateTimeField()),
                    ('warn_at', models.DateTimeField()),
                    ('due_at', models.DateTimeField()),
                    ('calendar_version', models.CharField(max_length=200)),
                    ('provisional', models.BooleanField(default=False)),
                    ('warnings', models.JSONField(default=list)),
                    ('level', models.PositiveSmallIntegerField(default=0)),
                    ('counted_from', models.DateTimeField()),
                    ('units', models.PositiveSmallIntegerField()),
                    ('extended_by', models.PositiveSmallIntegerField(default=0)),
                    ('paused_at', models.DateTimeField(null=True)),
                    ('warned_at', models.DateTimeField(null=True)),
                    ('breached_at', models.DateTimeField(null=True)),
                    ('stopped_at', models.DateTimeField(null=True)),
                    ('next_at', models.DateTimeField(null=True)),
                    ('lateness', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='log.entry')),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='matters.matter')),
                    ('policy', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.policy')),
                ],
                options={
                    'ordering': ['due_at'],
                    'indexes': [models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='clocks_to_sweep'), models.Index(condition=models.Q(('breached_at__isnull', False), ('lateness__isnull', True)), fields=['breached_at'], name='lateness_to_record'), models.Index(condition=models.Q(('kind__in', ('ruling', 'supervision')), ('stopped_at__isnull', True)), fields=['kind', 'due_at', 'matter'], name='rulings_and_orders_due')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('stopped_at__isnull', True)), fields=('matter', 'kind'), name='one_running_clock_a_kind')],
                },
            ),
            migrations.CreateModel(
                name='Rectification',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('root_cause', models.CharField(choices=[('process', 'process'), ('system', 'system'), ('knowledge', 'knowledge of the matter'), ('attitude', 'attitude'), ('staffing', 'staffing and workload'), ('information', 'wrong or missing information'), ('rules', 'law or policy'), ('not_found', 'no fault found')], max_length=12)),
                    ('explanation', models.TextField()),
                    ('at', models.DateTimeField()),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='matters.matter')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('matter', 'round', 'organisation'), name='one_rectification_a_round')],
                },
            ),
            migrations.CreateModel(
                name='Milestone',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('place', models.PositiveSmallIntegerField()),
                    ('title', models.CharField(max_length=120)),
                    ('due_on', models.DateField()),
                    ('done_at', models.DateTimeField(null=True)),
                    ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('rectification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='milestones', to='matters.rectification')),
                ],
                options={
                    'ordering': ['place'],
                },
            ),
            migrations.CreateModel(
                name='Measure',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('head', models.CharField(choices=[('training', 'staff training'), ('climate', 'working climate'), ('appraisal', 'appraisal'), ('care', 'staff care'), ('process', 'process change'), ('system', 'system change')], max_length=10)),
                    ('description', models.TextField()),
                    ('rectification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measures', to='matters.rectification')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Reply',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('number', models.PositiveSmallIntegerField()),
                    ('text', models.TextField()),
                    ('result_class', models.CharField(choices=[('solved', 'solved'), ('planned', 'will be solved by a date'), ('explained', 'cannot be solved, with the legal reason'), ('withdrawn', 'withdrawn by the citizen'), ('voided', 'voided by ruling')], max_length=10)),
                    ('planned_for', models.DateField(null=True)),
                    ('legal_reason', models.TextField(blank=True)),
                    ('at', models.DateTimeField()),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='matters.matter')),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('matter', 'number'), name='one_reply_a_number')],
                },
            ),
            migrations.CreateModel(
                name='Step',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField()),
                    ('event', models.CharField(choices=[('open', 'opened'), ('hand_on', 'handed on to another unit'), ('return', "returned as another unit's"), ('assign', 'assigned to a unit'), ('give_to', 'given to a member of staff'), ('add_co_unit', 'another unit joined in'), ('end_co_unit', 'a joint unit was released'), ('contribute', 'joint unit contributed'), ('state_side', 'own side stated'), ('contact', 'contact attempted'), ('citizen_writes', 'citizen wrote'), ('end_contact', 'citizen ended the contact'), ('verify', 'facts verified'), ('ask_unreachable', 'asked to record as unreachable'), ('consent_unreachable', 'recorded as unreachable'), ('refuse_unreachable', 'told to keep trying'), ('plan', 'root cause found, rectification planned'), ('merge', 'joined to an improvement'), ('split', 'taken out of an improvement'), ('reach_milestone', 'milestone reached'), ('add_evidence', 'evidence added'), ('ask_extension', 'extension asked for'), ('grant_extension', 'extension granted'), ('refuse_extension', 'extension refused'), ('draft_reply', 'reply drafted'), ('return_reply', 'reply sent back'), ('approve_reply', 'reply approved'), ('tell', 'citizen told'), ('confirm', 'citizen is satisfied with the result'), ('object', 'citizen is still dissatisfied'), ('report_fake', 'citizen reported a faked rectification'), ('decline_follow_up', 'citizen declined the follow-up review'), ('let_follow_up_expire', 'follow-up review not given in time'), ('withdraw', 'withdrawn by the citizen'), ('close', 'closed'), ('appeal', 'unit appealed'), ('be_heard', 'heard on the appeal'), ('recuse', 'arbiter stepped back'), ('dismiss', 'appeal dismissed'), ('uphold', 'appeal upheld'), ('void', 'voided by ruling'), ('redirect', 'sent to the right unit by ruling'), ('order', 'supervision order given'), ('answer_order', 'supervision order answered'), ('recompute', 'deadline computed anew')], max_length=24)),
                    ('state_after', models.CharField(choices=[('delivered', 'delivered, citizen to be called'), ('returned', 'returned, another unit to be found'), ('unreachable_asked', 'said to be unreachable'), ('verified', 'verified'), ('rectifying', 'being rectified'), ('reply_drafted', 'reply waits for approval'), ('approved', 'answer approved, citizen being told'), ('told', 'citizen told'), ('reopened', 'reopened'), ('closed', 'closed')], max_length=20)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('at', models.DateTimeField()),
                    ('party', models.CharField(choices=[('handler', 'handler'), ('approver', 'approver'), ('supervisor', 'supervisor'), ('arbiter', 'arbiter'), ('co_handler', 'handler of a joint unit'), ('concerned', 'clerk concerned'), ('citizen', 'citizen'), ('platform', 'platform')], max_length=14)),
                    ('data', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                    ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='log.entry')),
                    ('matter', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='matters.matter')),
                ],
                options={
                    'ordering': ['number'],
                    'indexes': [models.Index(condition=models.Q(('event', 'recuse')), fields=['actor', 'matter'], name='arbiters_who_stepped_back')],
                    'constraints': [models.UniqueConstraint(fields=('matter', 'number'), name='one_step_a_number')],
                },
            ),
            migrations.CreateModel(
                name='SupervisionOrder',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('demand', models.TextField()),
                    ('given_at', models.DateTimeField()),
                    ('answer', models.TextField(blank=True)),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='matters.matter')),
                ],
                options={
                    'ordering': ['given_at'],
                    'indexes': [models.Index(fields=['given_at', 'id'], name='supervision_orders_in_order')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('matter',), name='one_open_order')],
                },
            ),
            migrations.CreateModel(
                name='Extension',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('round', models.PositiveSmallIntegerField()),
                    ('amount', models.PositiveSmallIntegerField()),
                    ('unit', models.CharField(default=huiyin.calendars.arithmetic.Unit['NATURAL_DAY'], max_length=12)),
                    ('reason', models.TextField()),
                    ('asked_at', models.DateTimeField()),
                    ('granted', models.BooleanField(null=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('answer', models.TextField(blank=True)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='matters.matter')),
                ],
                options={
                    'ordering': ['asked_at'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('granted__isnull', True)), fields=('matter', 'round'), name='one_extension_to_decide')],
                },
            ),
            migrations.CreateModel(
                name='Consequence',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('measure', models.CharField(max_length=200)),
                    ('reason', models.TextField()),
                    ('legal_basis', models.TextField()),
                    ('starts_on', models.DateField()),
                    ('ends_on', models.DateField()),
                    ('decided_at', models.DateTimeField()),
                    ('objection_until', models.DateTimeField()),
                    ('objection', models.TextField(blank=True)),
                    ('objected_at', models.DateTimeField(null=True)),
                    ('kept', models.BooleanField(null=True)),
                    ('answer', models.TextField(blank=True)),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consequences', to='matters.matter')),
                ],
                options={
                    'ordering': ['decided_at'],
                    'indexes': [models.Index(fields=['decided_at', 'id'], name='consequences_in_order')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='consequence_has_a_term')],
                },
            ),
            migrations.CreateModel(
                name='Concerned',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='concerned_by', to=settings.AUTH_USER_MODEL)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='concerned', to='matters.matter')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('matter', 'staff'), name='concerned_once')],
                },
            ),
            migrations.CreateModel(
                name='Assignment',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('part', models.CharField(choices=[('lead', 'leading unit'), ('joint', 'joint unit')], max_length=6)),
                    ('since', models.DateTimeField()),
                    ('until', models.DateTimeField(null=True)),
                    ('reason', models.TextField(blank=True)),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='matters.matter')),
                ],
                options={
                    'ordering': ['since'],
                    'indexes': [models.Index(condition=models.Q(('part', 'joint'), ('until__isnull', True)), fields=['organisation'], name='joint_matters_of_a_unit')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('matter', 'organisation'), name='one_part_a_unit'), models.UniqueConstraint(condition=models.Q(('part', 'lead'), ('until__isnull', True)), fields=('matter',), name='one_leading_unit')],
                },
            ),
        ),
    ]
