import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0002_case_residence'),
        ('tracing', '0006_tracing_run_presences'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnregisteredContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.CharField(db_index=True, max_length=200)),
                ('degree', models.SmallIntegerField()),
                ('via_person_id', models.CharField(blank=True, max_length=200)),
                ('place_kind', models.CharField(max_length=16)),
                ('minutes', models.FloatField(blank=True, null=True)),
                ('encounters', models.IntegerField(blank=True, null=True)),
                ('first_contact', models.DateTimeField(blank=True, null=True)),
                ('last_contact', models.DateTimeField(blank=True, null=True)),
                ('category', models.CharField(blank=True, max_length=24)),
                ('rule', models.CharField(blank=True, max_length=120)),
                ('seat_unknown', models.BooleanField(default=False)),
                ('found_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('outbreak', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.outbreak')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'person_id', 'degree', 'place_kind'), name='unregistered_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
    ]
