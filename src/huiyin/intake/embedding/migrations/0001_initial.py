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
                name='Site',
                fields=[
                    ('id', models.UUIDField(default=huiyin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=80, verbose_name='portal')),
                    ('origin', models.CharField(max_length=200, unique=True, verbose_name='origin')),
                    ('active', models.BooleanField(default=True, verbose_name='active')),
                ],
                options={
                    'verbose_name': 'site that embeds the rating page',
                    'verbose_name_plural': 'sites that embed the rating page',
                    'ordering': ['name', 'origin'],
                },
            ),
        ),
    ]
