import django.core.serializers.json
import django.core.validators
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
                name='InboxCounter',
                fields=[
                    ('staff', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('last', models.PositiveBigIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name='WebhookEndpoint',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('transport', models.CharField(default='webhook', editable=False, max_length=20)),
                    ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                    ('url', models.URLField(max_length=500, verbose_name='address')),
                    ('secret_sealed', models.BinaryField()),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                    ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation and all below it')),
                    ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.region', verbose_name='region and all within it')),
                ],
                options={
                    'verbose_name': 'webhook endpoint',
                    'verbose_name_plural': 'webhook endpoints',
                    'ordering': ['name'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('organisation__isnull', True), ('region__isnull', True), _connector='XOR'), name='endpoint_has_one_scope', violation_error_message='Give either an organisation or a region.')],
                },
            ),
            migrations.CreateModel(
                name='DeliveryReceipt',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('gateway', models.CharField(max_length=20)),
                    ('reference', models.CharField(max_length=64)),
                    ('outcome', models.CharField(choices=[('under_way', 'under way'), ('arrived', 'arrived on the phone'), ('failed', 'did not arrive'), ('unknown', 'not known')], max_length=10)),
                    ('error', models.CharField(blank=True, max_length=8)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(fields=['gateway', 'reference'], name='receipt_by_reference')],
                },
            ),
            migrations.CreateModel(
                name='Outbox',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('event', models.CharField(choices=[('open', 'opened'), ('hand_on', 'handed on to another unit'), ('return', "returned as another unit's"), ('assign', 'assigned to a unit'), ('give_to', 'given to a member of staff'), ('add_co_unit', 'another unit joined in'), ('end_co_unit', 'a joint unit was released'), ('contribute', 'joint unit contributed'), ('state_side', 'own side stated'), ('contact', 'contact attempted'), ('citizen_writes', 'citizen wrote'), ('end_contact', 'citizen ended the contact'), ('verify', 'facts verified'), ('ask_unreachable', 'asked to record as unreachable'), ('consent_unreachable', 'recorded as unreachable'), ('refuse_unreachable', 'told to keep trying'), ('plan', 'root cause found, rectification planned'), ('merge', 'joined to an improvement'), ('split', 'taken out of an improvement'), ('reach_milestone', 'milestone reached'), ('add_evidence', 'evidence added'), ('ask_extension', 'extension asked for'), ('grant_extension', 'extension granted'), ('refuse_extension', 'extension refused'), ('draft_reply', 'reply drafted'), ('return_reply', 'reply sent back'), ('approve_reply', 'reply approved'), ('tell', 'citizen told'), ('confirm', 'citizen is satisfied with the result'), ('object', 'citizen is still dissatisfied'), ('report_fake', 'citizen reported a faked rectification'), ('decline_follow_up', 'citizen declined the follow-up review'), ('let_follow_up_expire', 'follow-up review not given in time'), ('withdraw', 'withdrawn by the citizen'), ('close', 'closed'), ('appeal', 'unit appealed'), ('be_heard', 'heard on the appeal'), ('recuse', 'arbiter stepped back'), ('dismiss', 'appeal dismissed'), ('uphold', 'appeal upheld'), ('void', 'voided by ruling'), ('redirect', 'sent to the right unit by ruling'), ('order', 'supervision order given'), ('answer_order', 'supervision order answered'), ('recompute', 'deadline computed anew'), ('warn', 'reminded'), ('breach', 'overdue'), ('escalate', 'raised to the level above'), ('digest', 'daily digest'), ('left', 'sent to another unit by ruling'), ('consequence', 'consequence recorded'), ('consequence_decided', 'objection to a consequence decided')], max_length=24, verbose_name='event')),
                    ('audience', models.CharField(max_length=14, verbose_name='told as')),
                    ('transport', models.CharField(max_length=20, verbose_name='transport')),
                    ('action', models.CharField(choices=[('tell', 'tell'), ('recall', 'take back'), ('to_do', 'put on the to-do list'), ('finish_to_do', 'take off the to-do list')], default='tell', max_length=14, verbose_name='action')),
                    ('payload', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                    ('delivery_key', models.CharField(max_length=120, verbose_name='delivery key')),
                    ('accepted_at', models.DateTimeField(verbose_name='accepted')),
                    ('created_at', models.DateTimeField()),
                    ('next_attempt_at', models.DateTimeField(null=True, verbose_name='next try')),
                    ('attempts', models.PositiveIntegerField(default=0, verbose_name='tries')),
                    ('tries_left', models.PositiveSmallIntegerField()),
                    ('state', models.CharField(choices=[('waiting', 'waiting'), ('delivered', 'delivered'), ('dead', 'dead letter'), ('dropped', 'no longer needed')], default='waiting', max_length=10, verbose_name='state')),
                    ('reference', models.CharField(blank=True, max_length=64, verbose_name='their reference')),
                    ('next_channel_at', models.DateTimeField(null=True, verbose_name='next channel')),
                    ('standing', models.BooleanField(default=False)),
                    ('matter', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.matter', verbose_name='matter')),
                    ('staff', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
                    ('step', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.step')),
                    ('endpoint', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notices.webhookendpoint', verbose_name='endpoint')),
                ],
                options={
                    'verbose_name': 'notice',
                    'verbose_name_plural': 'notices',
                    'indexes': [models.Index(condition=models.Q(('next_channel_at__isnull', False)), fields=['next_channel_at'], name='channels_due'), models.Index(condition=models.Q(('standing', True)), fields=['matter'], name='standing_notices'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['transport', 'reference'], name='notices_by_reference'), models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['transport', 'next_attempt_at'], name='notices_due'), models.Index(condition=models.Q(('state', 'dead')), fields=['created_at'], name='dead_letters')],
                    'constraints': [models.UniqueConstraint(fields=('delivery_key',), name='one_notice_a_delivery_key'), models.CheckConstraint(condition=models.Q(('staff__isnull', True), ('endpoint__isnull', True), _connector='OR'), name='notice_has_one_recipient'), models.CheckConstraint(condition=models.Q(models.Q(('event', 'digest'), ('matter__isnull', True), ('step__isnull', True)), models.Q(('event__in', ('warn', 'breach', 'escalate', 'consequence', 'consequence_decided')), ('matter__isnull', False), ('step__isnull', True)), models.Q(models.Q(('event__in', ['digest', 'warn', 'breach', 'escalate', 'consequence', 'consequence_decided']), _negated=True), ('matter__isnull', False), ('step__isnull', False)), _connector='OR'), name='notice_of_a_step_or_without_one'), models.CheckConstraint(condition=models.Q(models.Q(('next_attempt_at__isnull', False), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('next_attempt_at__isnull', True)), _connector='OR'), name='waiting_notice_has_its_time')],
                },
            ),
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField(verbose_name='try')),
                    ('outcome', models.CharField(choices=[('delivered', 'delivered'), ('failed', 'failed')], max_length=10, verbose_name='outcome')),
                    ('error', models.CharField(blank=True, max_length=100, verbose_name='error')),
                    ('status_code', models.PositiveSmallIntegerField(null=True, verbose_name='status code')),
                    ('started_at', models.DateTimeField(verbose_name='started')),
                    ('finished_at', models.DateTimeField(verbose_name='finished')),
                    ('arrived_at', models.DateTimeField(null=True, verbose_name='arrived')),
                    ('delay_ms', models.PositiveBigIntegerField(null=True, verbose_name='delay in ms')),
                    ('outbox', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='notices.outbox')),
                ],
                options={
                    'verbose_name': 'delivery',
                    'verbose_name_plural': 'deliveries',
                    'ordering': ['number'],
                    'indexes': [models.Index(condition=models.Q(('arrived_at__isnull', False)), fields=['arrived_at'], name='arrivals_of_a_period')],
                    'constraints': [models.UniqueConstraint(fields=('outbox', 'number'), name='one_delivery_a_try')],
                },
            ),
            migrations.CreateModel(
                name='Receipt',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('arrived', 'arrived'), ('read', 'read'), ('lost', 'could not be handed over')], max_length=10, verbose_name='receipt')),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('detail', models.CharField(blank=True, max_length=100, verbose_name='detail')),
                    ('outbox', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='notices.outbox')),
                ],
                options={
                    'verbose_name': 'receipt',
                    'verbose_name_plural': 'receipts',
                    'ordering': ['at'],
                    'constraints': [models.UniqueConstraint(fields=('outbox', 'kind'), name='one_receipt_a_kind')],
                },
            ),
            migrations.CreateModel(
                name='RelayAttempt',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('means', models.CharField(choices=[('call', 'call'), ('message', 'message')], max_length=8)),
                    ('reference', models.CharField(blank=True, max_length=40)),
                    ('at', models.DateTimeField()),
                    ('outcome', models.CharField(choices=[('asked', 'asked for'), ('placed', 'placed'), ('failed', 'failed'), ('arrived', 'arrived on the phone'), ('lost', 'did not arrive'), ('ringing', 'ringing'), ('answered', 'answered'), ('no_answer', 'no answer'), ('busy', 'busy'), ('unavailable', 'number not available')], max_length=12)),
                    ('seconds', models.PositiveIntegerField(null=True)),
                    ('message', models.TextField(blank=True)),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='relay_attempts', to='matters.matter')),
                    ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['at'],
                    'indexes': [models.Index(fields=['reference'], name='relay_attempt_by_reference')],
                },
            ),
            migrations.CreateModel(
                name='RobotPace',
                fields=[
                    ('robot', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='notices.webhookendpoint')),
                    ('sent', models.JSONField(default=list)),
                    ('silent_until', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Circuit',
                fields=[
                    ('key', models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name='name')),
                    ('transport', models.CharField(max_length=20, verbose_name='transport')),
                    ('failures', models.PositiveIntegerField(default=0, verbose_name='failures in a row')),
                    ('trips', models.PositiveIntegerField(default=0, verbose_name='pauses in a row')),
                    ('opened_at', models.DateTimeField(null=True, verbose_name='paused since')),
                    ('open_until', models.DateTimeField(null=True, verbose_name='next try')),
                    ('probing_until', models.DateTimeField(null=True)),
                    ('last_error', models.CharField(blank=True, max_length=100, verbose_name='last error')),
                    ('last_failed_at', models.DateTimeField(null=True, verbose_name='last failure')),
                    ('endpoint', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notices.webhookendpoint', verbose_name='endpoint')),
                ],
                options={
                    'verbose_name': 'state of a transport',
                    'verbose_name_plural': 'states of transports',
                    'ordering': ['key'],
                },
            ),
            migrations.CreateModel(
                name='Robot',
                fields=[
                ],
                options={
                    'verbose_name': 'DingTalk group robot',
                    'verbose_name_plural': 'DingTalk group robots',
                    'proxy': True,
                },
                bases=('notices.webhookendpoint',),
            ),
            migrations.CreateModel(
                name='SentPart',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('gateway', models.CharField(max_length=20)),
                    ('reference', models.CharField(max_length=64)),
                    ('message', models.CharField(max_length=40)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(fields=['gateway', 'reference'], name='sent_part_by_reference'), models.Index(fields=['message'], name='sent_parts_of_a_message')],
                },
            ),
            migrations.CreateModel(
                name='SmsFragment',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('gateway', models.CharField(max_length=20)),
                    ('number_hash', models.BinaryField(max_length=32)),
                    ('recipient', models.CharField(max_length=24)),
                    ('set_reference', models.PositiveIntegerField()),
                    ('total', models.PositiveSmallIntegerField()),
                    ('number', models.PositiveSmallIntegerField()),
                    ('coding', models.PositiveSmallIntegerField()),
                    ('content_sealed', models.BinaryField()),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('gateway', 'number_hash', 'recipient', 'set_reference', 'total', 'number'), name='one_fragment_a_place')],
                },
            ),
            migrations.CreateModel(
                name='Template',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('event', models.CharField(choices=[('open', 'opened'), ('hand_on', 'handed on to another unit'), ('return', "returned as another unit's"), ('assign', 'assigned to a unit'), ('give_to', 'given to a member of staff'), ('add_co_unit', 'another unit joined in'), ('end_co_unit', 'a joint unit was released'), ('contribute', 'joint unit contributed'), ('state_side', 'own side stated'), ('contact', 'contact attempted'), ('citizen_writes', 'citizen wrote'), ('end_contact', 'citizen ended the contact'), ('verify', 'facts verified'), ('ask_unreachable', 'asked to record as unreachable'), ('consent_unreachable', 'recorded as unreachable'), ('refuse_unreachable', 'told to keep trying'), ('plan', 'root cause found, rectification planned'), ('merge', 'joined to an improvement'), ('split', 'taken out of an improvement'), ('reach_milestone', 'milestone reached'), ('add_evidence', 'evidence added'), ('ask_extension', 'extension asked for'), ('grant_extension', 'extension granted'), ('refuse_extension', 'extension refused'), ('draft_reply', 'reply drafted'), ('return_reply', 'reply sent back'), ('approve_reply', 'reply approved'), ('tell', 'citizen told'), ('confirm', 'citizen is satisfied with the result'), ('object', 'citizen is still dissatisfied'), ('report_fake', 'citizen reported a faked rectification'), ('decline_follow_up', 'citizen declined the follow-up review'), ('let_follow_up_expire', 'follow-up review not given in time'), ('withdraw', 'withdrawn by the citizen'), ('close', 'closed'), ('appeal', 'unit appealed'), ('be_heard', 'heard on the appeal'), ('recuse', 'arbiter stepped back'), ('dismiss', 'appeal dismissed'), ('uphold', 'appeal upheld'), ('void', 'voided by ruling'), ('redirect', 'sent to the right unit by ruling'), ('order', 'supervision order given'), ('answer_order', 'supervision order answered'), ('recompute', 'deadline computed anew'), ('warn', 'reminded'), ('breach', 'overdue'), ('escalate', 'raised to the level above'), ('digest', 'daily digest'), ('left', 'sent to another unit by ruling'), ('consequence', 'consequence recorded'), ('consequence_decided', 'objection to a consequence decided')], max_length=24, verbose_name='event')),
                    ('audience', models.CharField(blank=True, choices=[('handler', 'handler'), ('approver', 'approver'), ('supervisor', 'supervisor'), ('arbiter', 'arbiter'), ('co_handler', 'handler of a joint unit'), ('concerned', 'clerk concerned'), ('citizen', 'citizen'), ('platform', 'platform')], max_length=14, verbose_name='told as')),
                    ('form', models.CharField(choices=[('title', 'title'), ('short', 'one sentence'), ('long', 'letter')], max_length=6, verbose_name='form')),
                    ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], max_length=10, verbose_name='language')),
                    ('version', models.PositiveIntegerField(verbose_name='version')),
                    ('text', models.TextField(blank=True, max_length=1000, verbose_name='text')),
                    ('created_at', models.DateTimeField(verbose_name='written')),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
                ],
                options={
                    'verbose_name': 'wording',
                    'verbose_name_plural': 'wordings',
                    'ordering': ['event', 'audience', 'form', 'language', '-version'],
                    'constraints': [models.UniqueConstraint(fields=('event', 'audience', 'form', 'language', 'version'), name='one_template_a_version')],
                },
            ),
            migrations.CreateModel(
                name='Channel',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('transport', models.CharField(choices=[('zwding', 'government DingTalk'), ('email', 'e-mail'), ('sms_smpp', 'text message (SMPP)'), ('sms_http', 'text message (provider)')], max_length=20, verbose_name='by')),
                    ('address_sealed', models.BinaryField(default=bytes)),
                    ('position', models.PositiveSmallIntegerField(default=1, verbose_name='order')),
                    ('wait_minutes', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)], verbose_name='minutes unread before the next')),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='channels', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
                ],
                options={
                    'verbose_name': 'channel',
                    'verbose_name_plural': 'channels',
                    'ordering': ['position', 'transport'],
                    'constraints': [models.UniqueConstraint(fields=('staff', 'transport'), name='one_channel_a_transport')],
                },
            ),
            migrations.CreateModel(
                name='Conversation',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number_hash', models.BinaryField(max_length=32)),
                    ('extension', models.CharField(max_length=6)),
                    ('at', models.DateTimeField()),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.matter')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('number_hash', 'extension'), name='one_conversation_an_extension'), models.UniqueConstraint(fields=('number_hash', 'matter'), name='one_conversation_a_matter')],
                },
            ),
            migrations.CreateModel(
                name='FirstArrival',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('transport', models.CharField(default='inbox', max_length=20)),
                    ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notices.delivery')),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='first_arrivals', to='matters.matter')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('matter', 'transport'), name='one_first_arrival_a_transport')],
                },
            ),
            migrations.CreateModel(
                name='InboundSms',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('gateway', models.CharField(max_length=20, verbose_name='gateway')),
                    ('reference', models.CharField(max_length=80)),
                    ('number_hash', models.BinaryField(max_length=32)),
                    ('recipient', models.CharField(max_length=24, verbose_name='sent to')),
                    ('text_sealed', models.BinaryField()),
                    ('received_at', models.DateTimeField(verbose_name='received')),
                    ('outcome', models.CharField(choices=[('routed', 'given to the matter'), ('ended', 'contact ended'), ('unknown', 'nobody we wrote to'), ('ambiguous', 'several matters, not clear which'), ('closed', 'the matter is closed'), ('refused', 'not taken: empty or too many'), ('rated', 'taken as a rating'), ('helped', 'not understood, one answer was sent'), ('opted_out', 'no more invitations'), ('kept', 'nothing to be done')], max_length=10, verbose_name='what became of it')),
                    ('step', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.step')),
                ],
                options={
                    'verbose_name': 'incoming text message',
                    'verbose_name_plural': 'incoming text messages',
                    'ordering': ['-received_at'],
                    'constraints': [models.UniqueConstraint(fields=('gateway', 'reference'), name='one_inbound_sms')],
                },
            ),
            migrations.CreateModel(
                name='InboxItem',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveBigIntegerField()),
                    ('arrived_at', models.DateTimeField()),
                    ('read_at', models.DateTimeField(null=True)),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inbox_items', to=settings.AUTH_USER_MODEL)),
                    ('outbox', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='inbox_item', to='notices.outbox')),
                ],
                options={
                    'ordering': ['-number'],
                    'indexes': [models.Index(condition=models.Q(('read_at__isnull', True)), fields=['staff'], name='unread_items')],
                    'constraints': [models.UniqueConstraint(fields=('staff', 'number'), name='one_item_a_number')],
                },
            ),
            migrations.CreateModel(
                name='Digest',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('day', models.DateField(verbose_name='day')),
                    ('due_today', models.PositiveIntegerField(verbose_name='due today')),
                    ('late', models.PositiveIntegerField(verbose_name='late')),
                    ('to_decide', models.PositiveIntegerField(verbose_name='waiting for a decision')),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='digests', to=settings.AUTH_USER_MODEL)),
                    ('outbox', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='digest', to='notices.outbox')),
                ],
                options={
                    'verbose_name': 'daily digest',
                    'verbose_name_plural': 'daily digests',
                    'ordering': ['-day'],
                    'constraints': [models.UniqueConstraint(fields=('staff', 'day'), name='one_digest_a_day')],
                },
            ),
        ),
    ]
