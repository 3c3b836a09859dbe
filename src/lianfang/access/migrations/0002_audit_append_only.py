from django.db import migrations

from lianfang.access.core.chain import START
from lianfang.access.triggers import CREATE, DROP


def create(apps, schema_editor):
    apps.get_model("access", "AuditHead").objects.get_or_create(pk=1, defaults={"number": 0, "digest": START})
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
