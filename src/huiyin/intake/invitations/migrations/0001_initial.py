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
        ('reviews', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Ladder',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('version', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='version')),
                    ('valid_from', models.DateField(verbose_name='for services completed from')),
                    ('valid_to', models.DateField(blank=True, null=True, verbose_name='to')),
                    ('legal_basis', models.TextField(blank=True, verbose_name='legal basis')),
                    ('document', models.JSONField(verbose_name='rules')),
                    ('created_at', models.DateTimeField(verbose_name='put in force')),
                    ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='put in force by')),
                    ('jurisdiction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.region', verbose_name='jurisdiction')),
                ],
                options={
                    'verbose_name': 'invitation ladder',
                    'verbose_name_plural': 'invitation ladders',
                    'ordering': ['jurisdiction', '-version'],
                    'constraints': [models.UniqueConstraint(fields=('jurisdiction', 'version'), name='one_ladder_a_version')],
                },
            ),
            migrations.CreateModel(
                name='OptOut',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('number_hash', models.BinaryField(max_length=32)),
                    ('at', models.DateTimeField(verbose_name='since')),
                    ('via', models.CharField(choices=[('sms', 'text message'), ('page', 'page'), ('agent', 'hotline agent'), ('administration', 'administration')], max_length=14, verbose_name='by')),
                    ('back_at', models.DateTimeField(null=True, verbose_name='taken back')),
                    ('back_via', models.CharField(blank=True, choices=[('sms', 'text message'), ('page', 'page'), ('agent', 'hotline agent'), ('administration', 'administration')], max_length=14, verbose_name='taken back by')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                ],
                options={
                    'verbose_name': 'opt-out',
                    'verbose_name_plural': 'opt-outs',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('back_at__isnull', True)), fields=('number_hash',), name='one_opt_out_a_number')],
                },
            ),
            migrations.CreateModel(
                name='Planned',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('rung', models.PositiveSmallIntegerField(verbose_name='rung')),
                    ('channel', models.CharField(choices=[('sms', 'text message'), ('hotline', 'call by the hotline')], max_length=8, verbose_name='by')),
                    ('number_hash', models.BinaryField(max_length=32)),
                    ('due_at', models.DateTimeField(null=True, verbose_name='due')),
                    ('expires_at', models.DateTimeField(null=True)),
                    ('next_at', models.DateTimeField(null=True)),
                    ('state', models.CharField(choices=[('waiting', 'waiting for the end of the case'), ('planned', 'planned'), ('under_way', 'being handed over'), ('handed', 'handed over'), ('arrived', 'arrived on the phone'), ('lost', 'did not arrive'), ('unsure', 'perhaps handed over, not sent again'), ('failed', 'could not be handed over'), ('called', 'called'), ('ended', 'not needed any more')], default='planned', max_length=10, verbose_name='state')),
                    ('why', models.CharField(blank=True, choices=[('answered', 'rated before'), ('opted_out', 'wants no invitations'), ('expired', 'too late: the link has expired'), ('no_number', 'no mobile number'), ('erased', 'the person was erased'), ('other_service', 'a later service of the case is asked about'), ('withdrawn', 'the rules were withdrawn')], max_length=14, verbose_name='why')),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('planned_at', models.DateTimeField(verbose_name='planned')),
                    ('handed_at', models.DateTimeField(null=True, verbose_name='handed over')),
                    ('reference', models.CharField(blank=True, max_length=40)),
                    ('extension', models.CharField(blank=True, max_length=4)),
                    ('outcome', models.CharField(blank=True, choices=[('rated', 'rated on the telephone'), ('reached', 'reached, did not rate'), ('no_answer', 'no answer'), ('wrong_number', 'wrong number'), ('opted_out', 'wants no invitations')], max_length=14, verbose_name='outcome of the call')),
                    ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.serviceevent')),
                    ('ladder', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invitations.ladder')),
                    ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'verbose_name': 'planned invitation',
                    'verbose_name_plural': 'planned invitations',
                    'indexes': [models.Index(condition=models.Q(('next_at__isnull', False)), fields=['channel', 'next_at'], name='invitations_due'), models.Index(condition=models.Q(('state', 'waiting')), fields=['event'], name='invitations_waiting'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['number_hash'], name='invitations_of_a_number'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference'], name='invitation_by_reference'), models.Index(condition=models.Q(('state', 'under_way')), fields=['next_at'], name='invitations_under_way'), models.Index(fields=['planned_at'], name='invitations_by_day')],
                    'constraints': [models.UniqueConstraint(fields=('event', 'organisation', 'rung'), name='one_invitation_a_rung')],
                },
            ),
            migrations.CreateModel(
                name='Reply',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('purpose', models.CharField(choices=[('confirmation', 'what was recorded'), ('help', 'how to answer'), ('opt_out', 'that there will be no invitations')], max_length=12)),
                    ('kind', models.CharField(choices=[('invitation', 'invitation'), ('confirmed', 'a rating was recorded'), ('asked', 'a bad rating was recorded, asking for the reason'), ('help', 'an answer was not understood'), ('which', 'several services, not clear which is rated'), ('already', 'the service was rated before'), ('too_late', 'the time to rate is over'), ('opted_out', 'there will be no more invitations')], max_length=10)),
                    ('state', models.CharField(choices=[('waiting', 'waiting for the end of the case'), ('planned', 'planned'), ('under_way', 'being handed over'), ('handed', 'handed over'), ('arrived', 'arrived on the phone'), ('lost', 'did not arrive'), ('unsure', 'perhaps handed over, not sent again'), ('failed', 'could not be handed over'), ('called', 'called'), ('ended', 'not needed any more')], default='planned', max_length=10)),
                    ('next_at', models.DateTimeField(null=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('created_at', models.DateTimeField()),
                    ('handed_at', models.DateTimeField(null=True)),
                    ('reference', models.CharField(blank=True, max_length=40)),
                    ('planned', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='invitations.planned')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='replies_due'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference'], name='reply_by_reference')],
                    'constraints': [models.UniqueConstraint(fields=('planned', 'purpose'), name='one_reply_a_purpose')],
                },
            ),
            migrations.CreateModel(
                name='Switch',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('going', models.BooleanField(verbose_name='going on')),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('account', models.CharField(blank=True, max_length=150)),
                    ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                    ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ],
                options={
                    'ordering': ['-id'],
                },
            ),
            migrations.CreateModel(
                name='Watermark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event_id', models.UUIDField()),
                    ('looked_at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_watermark')],
                },
            ),
            migrations.CreateModel(
                name='Wording',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('invitation', 'invitation'), ('confirmed', 'a rating was recorded'), ('asked', 'a bad rating was recorded, asking for the reason'), ('help', 'an answer was not understood'), ('which', 'several services, not clear which is rated'), ('already', 'the service was rated before'), ('too_late', 'the time to rate is over'), ('opted_out', 'there will be no more invitations')], max_length=10, verbose_name='message')),
                    ('version', models.PositiveIntegerField(verbose_name='version')),
                    ('text', models.TextField(blank=True, max_length=300, verbose_name='text')),
                    ('created_at', models.DateTimeField(verbose_name='written')),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
                ],
                options={
                    'verbose_name': 'wording of a text message',
                    'verbose_name_plural': 'wordings of text messages',
                    'ordering': ['kind', '-version'],
                    'constraints': [models.UniqueConstraint(fields=('kind', 'version'), name='one_wording_a_version')],
                },
            ),
        ),
    ]
