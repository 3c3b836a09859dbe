from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracing', '0005_same_place_count'),
    ]

    operations = [
        migrations.AddField(
            model_name='tracingrun',
            name='presences',
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
