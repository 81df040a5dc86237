import django.core.validators
import huiyin.kernel.ids
from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='CalendarYear',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                    ('region', models.CharField(blank=True, help_text='Division code of 12 digits for days that hold there only; empty: everywhere.', max_length=12, validators=[django.core.validators.RegexValidator('^[1-9]\\d{11}\\Z', 'A division code has 12 digits.')], verbose_name='region')),
                    ('revision', models.PositiveSmallIntegerField(verbose_name='revision')),
                    ('provisional', models.BooleanField(default=False, help_text="The State Council's notice is still to come.", verbose_name='provisional')),
                    ('source', models.CharField(help_text='The notice, with its number if it has one.', max_length=200, verbose_name='legal source')),
                    ('published_on', models.DateField(blank=True, null=True, verbose_name='published on')),
                    ('days', models.JSONField(blank=True, default=dict, help_text='Days off and worked weekends. Other weekends are off, other days are worked.', verbose_name='days off and worked')),
                ],
                options={
                    'verbose_name': 'working calendar',
                    'verbose_name_plural': 'working calendars',
                    'ordering': ['-year', 'region', '-revision'],
                    'constraints': [models.UniqueConstraint(fields=('year', 'region', 'revision'), name='one_calendar_a_revision')],
                },
            ),
        ),
    ]
