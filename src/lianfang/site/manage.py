"""Django, set up for a command: ``set_up`` is called once, before any model is touched."""

import os
from pathlib import Path

from lianfang.house import SETTINGS
from lianfang.kernel.text import Lang


def set_up(data_dir: Path | None = None, *, lang: Lang | None = None) -> None:
    """Point Django at the settings and a data folder, load the applications, and speak the command line's language."""
    if data_dir is not None:
        os.environ["LIANFANG_DATA"] = str(data_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()
    if lang is not None:
        from django.utils import translation

        translation.activate("en" if lang == "en" else "zh-hans")
