"""Settings of the web application. What an operator may change is an environment variable, listed in docs/operating.md.

The data folder (``LIANFANG_DATA``) holds the database where no ``DATABASE_URL`` is given, the presences, and the secret
key, which is made at the first start and readable by its owner only.
"""

import os
import secrets
from pathlib import Path

import dj_database_url

from lianfang.house import ROOMS, apps

PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("LIANFANG_DATA", "lianfang-data")).resolve()


def _secret_key() -> str:
    if key := os.environ.get("LIANFANG_SECRET_KEY"):
        return key
    file = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:  # noqa: PTH123 - its mode
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
# Named here, the rooms' own words stand before those of Django and the libraries.
LOCALE_PATHS = [str(folder) for name in ROOMS if (folder := PACKAGE / name / "locale").is_dir()]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_tables2",
    "django_filters",
    *apps(),
    "allauth",  # after the site, whose templates stand in the place of its own
    "allauth.account",
    "allauth.mfa",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lianfang.site.security.Headers",
    "lianfang.site.busy.Busy",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lianfang.access.middleware.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lianfang.access.middleware.IdleSession",
    "lianfang.access.middleware.RouteRules",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "lianfang.site.errors.Refusals",
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
                "lianfang.site.nav.page",
            ]
        },
    }
]
PATIENCE = 45
"""Seconds for which a writer waits for its turn (`access.turns`): less than the 60 for which a proxy waits for an
answer. Whoever waits longer is told so (`site.busy`)."""

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{DATA_DIR / 'lianfang.sqlite3'}", conn_max_age=60)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets pages read while a report is written; IMMEDIATE takes the write lock at BEGIN, so a writer waits its
    # turn instead of failing when it upgrades; FULL makes an acknowledged write survive a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": PATIENCE,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
    OPTIONS["options"] = f"{OPTIONS.get('options', '')} -c lock_timeout={PATIENCE}s".strip()
TASK_PAGES = "/tasks/"
"""Where the page of a task stands, for notices about it: `records` knows no routes. A test holds it to the route."""

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # files are served from the package itself: nothing to collect, nothing to configure
# Where the rooms declare what they show on the pages of other rooms' things (`pages.panels`).
FORM_RENDERER = "lianfang.pages.forms.FormRenderer"
DJANGO_TABLES2_TEMPLATE = "pages/table.html"

# Signing in. Accounts are made by an administrator (lianfang account add); nobody signs up, and no mail is sent.
CSRF_FAILURE_VIEW = "lianfang.site.errors.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
OWN_PAGE = "account"
"""Route of the page of the reader's own account, to which the head of every page leads."""
WALL_MAY_POST_TO = ("account_logout", "preferences")
"""Routes to which a wall screen may post (`access.middleware.IdleSession`): it signs out, and chooses how it looks."""
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "lianfang.access.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# django-axes limits sign-ins by name and place, and keeps its count in the database; these limit the codes of the
# second step and guesses at one name from many places. An office shares an address: the limit by address is wide.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "10/15m/key", "reauthenticate": "10/m/user"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Lianfang 联防"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# The API. The limits are counted in the memory of each server process; a key is limited by itself, whoever guesses keys
# by address. A body is limited below Django's own limit of 2.5 MB.
API_PER_MINUTE = int(os.environ.get("LIANFANG_API_PER_MINUTE", "600"))
API_WRONG_KEYS = 20  # from one address in a quarter of an hour
API_BODY_BYTES = 2_000_000
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}}

# A session ends when nobody did anything for a while, with the browser, and at the latest after a shift.
COMPANION = os.environ.get("LIANFANG_COMPANION") == "1"
IDLE_MINUTES = int(os.environ.get("LIANFANG_IDLE_MINUTES", "60"))
SESSION_COOKIE_AGE = 14 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Behind HTTPS (LIANFANG_HTTPS=1) cookies travel only there, and browsers are told to stay there.
HTTPS = os.environ.get("LIANFANG_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("LIANFANG_ORIGINS", "").split(",") if origin]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],  # MapLibre draws its sprites and images from blobs
        "worker-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# What breaks is told on standard error, where the service manager keeps it; Django by itself would mail it to nobody.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "lianfang": {"handlers": ["stderr"], "level": "WARNING"},
        "axes": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
