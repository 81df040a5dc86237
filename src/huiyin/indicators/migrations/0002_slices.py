from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Slice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('region', 'Region'), ('body', 'Body')], max_length=6)),
                ('code', models.CharField(max_length=18)),
                ('month', models.DateField()),
                ('dimension', models.CharField(max_length=8)),
                ('member', models.CharField(blank=True, max_length=40)),
                ('level', models.SmallIntegerField()),
                ('amount', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('level', 0)), fields=['scope', 'code', 'dimension', 'month', '-amount'], name='largest_members_of_a_slice')],
                'constraints': [models.UniqueConstraint(fields=('scope', 'code', 'dimension', 'month', 'member', 'level'), name='one_slice_a_key')],
            },
        ),
        migrations.CreateModel(
            name='WaitingShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.CharField(max_length=18)),
                ('region', models.CharField(max_length=12)),
                ('month', models.DateField()),
                ('dimension', models.CharField(max_length=8)),
                ('member', models.CharField(blank=True, max_length=40)),
                ('level', models.SmallIntegerField()),
                ('amount', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'month', 'region', 'dimension', 'member', 'level'), name='one_waiting_share_a_key')],
            },
        ),
    ]
