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
        ('reviews', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='ListedCall',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                    ('purpose', models.CharField(choices=[('rating', 'ask for a rating'), ('detail', 'ask for the reasons')], max_length=6, verbose_name='purpose')),
                    ('plan_id', models.UUIDField(null=True)),
                    ('number_hash', models.BinaryField(max_length=32)),
                    ('listed_at', models.DateTimeField()),
                    ('not_before', models.DateTimeField(verbose_name='not before')),
                    ('expires_at', models.DateTimeField(verbose_name='until')),
                    ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                    ('state', models.CharField(choices=[('waiting', 'to be called'), ('taken', 'being called'), ('done', 'done')], default='waiting', max_length=7, verbose_name='state')),
                    ('outcome', models.CharField(blank=True, choices=[('rated', 'rated'), ('told', 'the reasons were told'), ('not_reached', 'not reached'), ('later', 'call later'), ('refused', 'did not want to rate'), ('wrong_number', 'wrong number'), ('opt_out', 'wants no more calls')], max_length=12, verbose_name='outcome')),
                    ('taken_at', models.DateTimeField(null=True)),
                    ('agent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='listed_calls', to='reviews.serviceevent')),
                    ('matter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.matter')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation', verbose_name='organisation')),
                ],
                options={
                    'verbose_name': 'listed call',
                    'verbose_name_plural': 'listed calls',
                    'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['not_before'], name='calls_to_be_made'), models.Index(condition=models.Q(('state', 'done'), _negated=True), fields=['number_hash'], name='open_calls_by_number')],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'event', 'purpose'), name='one_listed_call_a_purpose'), models.UniqueConstraint(condition=models.Q(('agent__isnull', False), ('state', 'taken')), fields=('agent',), name='one_call_at_a_time')],
                },
            ),
            migrations.CreateModel(
                name='Call',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                    ('way', models.CharField(choices=[('agent', 'agent'), ('centre', 'call centre'), ('ivr', 'by keys')], max_length=6, verbose_name='way')),
                    ('trial', models.BooleanField(default=False)),
                    ('asked_at', models.DateTimeField(verbose_name='asked for at')),
                    ('placed_at', models.DateTimeField(null=True, verbose_name='placed at')),
                    ('reported', models.CharField(blank=True, choices=[('ringing', 'ringing'), ('answered', 'answered'), ('no_answer', 'no answer'), ('busy', 'busy'), ('unavailable', 'number not available'), ('failed', 'failed')], max_length=11, verbose_name='reported')),
                    ('seconds', models.PositiveIntegerField(null=True, verbose_name='seconds')),
                    ('outcome', models.CharField(blank=True, choices=[('rated', 'rated'), ('told', 'the reasons were told'), ('not_reached', 'not reached'), ('later', 'call later'), ('refused', 'did not want to rate'), ('wrong_number', 'wrong number'), ('opt_out', 'wants no more calls')], max_length=12, verbose_name='outcome')),
                    ('refusal', models.CharField(blank=True, max_length=40)),
                    ('incoming_id', models.CharField(max_length=64, null=True, unique=True)),
                    ('number_hash', models.BinaryField(max_length=32, null=True)),
                    ('language', models.CharField(default='zh-hans', max_length=10)),
                    ('state', models.CharField(blank=True, choices=[('asked', 'asked'), ('which', 'which'), ('level', 'level'), ('confirm', 'confirm'), ('reasons', 'reasons'), ('giving', 'giving'), ('stored', 'stored'), ('not_taken', 'not taken'), ('nothing', 'nothing'), ('opted_out', 'opted out'), ('no_invitation', 'no invitation')], max_length=14)),
                    ('options', models.JSONField(default=list)),
                    ('level', models.PositiveSmallIntegerField(null=True)),
                    ('tags', models.JSONField(default=list)),
                    ('call_back', models.BooleanField(default=False)),
                    ('missed', models.PositiveSmallIntegerField(default=0)),
                    ('heard', models.PositiveIntegerField(default=0)),
                    ('heard_at', models.DateTimeField(null=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('agent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.serviceevent')),
                    ('listed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='hotline.listedcall')),
                ],
                options={
                    'verbose_name': 'call',
                    'verbose_name_plural': 'calls',
                    'indexes': [models.Index(condition=models.Q(('state__in', ['reasons', 'giving'])), fields=['heard_at'], name='confirmed_not_given')],
                },
            ),
            migrations.CreateModel(
                name='Action',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('verb', models.CharField(choices=[('listed', 'put on the list'), ('taken', 'taken from the list'), ('released', 'put back'), ('placed', 'call placed'), ('not_placed', 'call not placed'), ('recorded', 'outcome recorded'), ('exported', 'given to the call centre'), ('contradicted', 'the provider says that nobody answered'), ('closed', 'taken off the list')], max_length=12, verbose_name='action')),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('detail', models.CharField(blank=True, max_length=80)),
                    ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('call', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='hotline.call')),
                    ('listed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='hotline.listedcall')),
                ],
                options={
                    'verbose_name': 'action',
                    'verbose_name_plural': 'actions',
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='ResultRow',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('digest', models.BinaryField(max_length=32)),
                    ('at', models.DateTimeField()),
                    ('call', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='result_row', to='hotline.call')),
                    ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Heard',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('sequence', models.PositiveIntegerField()),
                    ('kind', models.CharField(choices=[('started', 'started'), ('digit', 'digit'), ('silence', 'silence'), ('hung_up', 'hung up')], max_length=7)),
                    ('key', models.CharField(blank=True, max_length=1)),
                    ('at', models.DateTimeField()),
                    ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hearings', to='hotline.call')),
                ],
                options={
                    'ordering': ['sequence'],
                    'constraints': [models.UniqueConstraint(fields=('call', 'sequence'), name='heard_once')],
                },
            ),
        ),
    ]
