"""Django, set up for a command: ``set_up`` is called once, before any model is touched."""

import os
from pathlib import Path


def set_up(data_dir: Path | None = None) -> None:
    """Point Django at the settings and a data folder, and load the applications."""
    if data_dir is not None:
        os.environ["LIANFANG_DATA"] = str(data_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    import django

    django.setup()
