"""Settings of the web application. Everything an operator may change is an environment variable, listed in docs/operating.md.

The data folder (``LIANFANG_DATA``) holds the database where no ``DATABASE_URL`` is given, the presences, and the secret
key, which is made at the first start and readable by its owner only.
"""

import os
import secrets
from pathlib import Path

import dj_database_url

DATA_DIR = Path(os.environ.get("LIANFANG_DATA", "lianfang-data")).resolve()


def _secret_key() -> str:
    if key := os.environ.get("LIANFANG_SECRET_KEY"):
        return key
    file = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return file.read_text()


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("LIANFANG_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("LIANFANG_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
TIME_ZONE = os.environ.get("LIANFANG_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "lianfang.access",
    "lianfang.pages",
    "lianfang.registry",
    "lianfang.cases",
    "lianfang.tracing",
    "lianfang.measures",
    "lianfang.headquarters",
    "lianfang.reports",
    "lianfang.response",
    "lianfang.site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "lianfang.site.urls"
AUTH_USER_MODEL = "access.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{DATA_DIR / 'lianfang.sqlite3'}", conn_max_age=60)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets pages read while a report is written; IMMEDIATE takes the write lock at BEGIN, so a writer waits its
    # turn instead of failing when it upgrades; FULL makes an acknowledged write survive a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000;",
    }
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
