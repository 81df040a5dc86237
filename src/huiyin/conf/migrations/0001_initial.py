from django.db import migrations, models

from huiyin.kernel.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Heartbeat',
                fields=[
                    ('name', models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name='loop')),
                    ('at', models.DateTimeField(verbose_name='last round')),
                ],
            ),
            migrations.CreateModel(
                name='KeyCanary',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sealed', models.BinaryField()),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_key_canary')],
                },
            ),
        ),
    ]
