import django.db.models.deletion
import huiyin.kernel.ids
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0001_initial'),
        ('matters', '0001_initial'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='UnfoldedStep',
                fields=[
                    ('step', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='matters.step')),
                ],
            ),
            migrations.CreateModel(
                name='DelayTally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('transport', models.CharField(max_length=20)),
                    ('day', models.DateField()),
                    ('value', models.BigIntegerField()),
                    ('amount', models.BigIntegerField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('day', 'transport', 'value'), name='one_delay_a_key')],
                },
            ),
            migrations.CreateModel(
                name='Fault',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('basis', models.CharField(choices=[('cause', 'same service item and root cause'), ('tag', 'same complaint at the same unit')], max_length=5)),
                    ('item_code', models.CharField(blank=True, max_length=33)),
                    ('item_name', models.CharField(blank=True, max_length=200)),
                    ('value', models.CharField(max_length=12)),
                    ('first_solved_at', models.DateTimeField()),
                    ('last_solved_at', models.DateTimeField()),
                    ('times', models.PositiveIntegerField(default=0)),
                    ('first_again_at', models.DateTimeField(null=True)),
                    ('last_again_at', models.DateTimeField(null=True)),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('times__gt', 0)), fields=['last_again_at'], name='faults_that_came_back'), models.Index(condition=models.Q(('times__gt', 0)), fields=['times', 'id'], name='faults_by_how_often')],
                    'constraints': [models.UniqueConstraint(fields=('organisation', 'basis', 'item_code', 'value'), name='one_fault_a_key')],
                },
            ),
            migrations.CreateModel(
                name='FaultMatter',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('opened_at', models.DateTimeField()),
                    ('again', models.BooleanField(default=False)),
                    ('solved_at', models.DateTimeField(null=True)),
                    ('fault', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='oversight.fault')),
                    ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.matter')),
                ],
                options={
                    'indexes': [models.Index(fields=['fault', 'opened_at'], name='matters_of_a_fault')],
                    'constraints': [models.UniqueConstraint(fields=('fault', 'matter'), name='one_link_a_fault_and_matter')],
                },
            ),
            migrations.CreateModel(
                name='Tally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('place', models.CharField(max_length=32)),
                    ('dimension', models.CharField(choices=[('all', 'all'), ('item', 'service item'), ('channel', 'channel'), ('tag', 'what citizens chose'), ('counter', 'counter')], max_length=8)),
                    ('day', models.DateField()),
                    ('value', models.CharField(blank=True, max_length=260)),
                    ('amount', models.BigIntegerField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('place', 'dimension', 'day', 'value'), name='one_bad_tally_a_key')],
                },
            ),
        ),
    ]
