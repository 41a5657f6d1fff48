"""Settings: one file, read from the environment through typed helpers that fail loudly.

With nothing set the site is a local one: SQLite, an embedded Redis, plain HTTP on this machine
only. `LOCAL=0` makes it a deployment: HTTPS everywhere, and SECRET_KEY, ALLOWED_HOSTS must be set.
`environment` says how variables are read, also from files.
"""

from __future__ import annotations

import os
from typing import Any

from django.utils.translation import gettext_lazy as _
from environs import validate

from nanococoa import environment
from nanococoa.environment import BASE_DIR, env
from nanococoa.redis_server import embedded_url
from nanococoa.secret import local_secret_key

LOCAL = env.bool("LOCAL", default=True)
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = env.path("DATA_DIR", default=BASE_DIR / "data").resolve()
SECRET_KEY = env.str("SECRET_KEY", default="") if LOCAL else environment.required("SECRET_KEY")
if not SECRET_KEY:
    SECRET_KEY = local_secret_key(DATA_DIR)
ALLOWED_HOSTS = (
    env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    if LOCAL
    else env.list("ALLOWED_HOSTS")
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "channels",
    "django_rq",
    "ninja",
    "accounts",
    "campaigns",
    "generation",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "nanococoa.page_policy.content_policy",
    "nanococoa.page_policy.body_limit",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "generation.api.fallback.api_answers",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "nanococoa.urls"
ASGI_APPLICATION = "nanococoa.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- data -----------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database() -> dict[str, Any]:
    """Return the default database; SQLite gets what several processes on one file need."""
    config = environment.database(f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            # IMMEDIATE takes the write lock at BEGIN, so two writers wait instead of deadlocking.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # A file, not memory: tests start real worker processes beside the test process.
        config["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    else:
        config["CONN_HEALTH_CHECKS"] = True
    return config | {"CONN_MAX_AGE": 60}


DATABASES = {"default": _database()}

MEDIA_ROOT = env.path("MEDIA_ROOT", default=DATA_DIR / "media").resolve()
CACHE_DIR = env.path("CACHE_DIR", default=DATA_DIR / "cache").resolve()
# Uploads go to disk above 2.5 MB; nothing larger than the photo limit plus the form is taken.
MAX_PHOTO_BYTES = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

REDIS_URL = environment.redis_url() or embedded_url(DATA_DIR)

ENGINES = ("studio", "diffusion")
# A queue of jobs for each engine, and one of drafts, which waits for it.
RQ_QUEUES = {
    queue: {
        "URL": REDIS_URL,
        "DEFAULT_TIMEOUT": 3600,
        "SERIALIZER": "rq.serializers.JSONSerializer",
    }
    for engine in ENGINES
    for queue in (engine, f"{engine}_drafts")
}
RQ = {"COMMIT_MODE": "auto"}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL}], "prefix": "nanococoa"},
    },
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "nanococoa",
    },
}

# --- accounts -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator",
                 "CommonPasswordValidator", "NumericPasswordValidator")
]  # fmt: skip
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "generation:new_ad"
LOGOUT_REDIRECT_URL = "generation:home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # the page can show what is typed
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
EMAIL_CONFIG = environment.mail("console://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="nanoCocoa <hello@localhost>")

# --- language -------------------------------------------------------------------------------------

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("한국어")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["nanococoa.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Seoul")
USE_I18N = True
USE_TZ = True

# --- static files ---------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=DATA_DIR / "static").resolve()
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = LOCAL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- safety ---------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not LOCAL)
SECURE_HSTS_SECONDS = 0 if LOCAL else env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOCAL
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Sign-in attempts are counted per address: without this all visitors would share the proxy's.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- generation -----------------------------------------------------------------------------------

# Copy is counted in grapheme clusters: what a person calls a character.
MAX_COPY_LENGTH = env.int("MAX_COPY_LENGTH", default=20)
# The engines that this site runs workers of; what may be chosen is among them, the first is taken
# where nothing is.
ENGINES_OFFERED = env.list(
    "ENGINES", default=["studio"], validate=validate.ContainsOnly(ENGINES)
) or ["studio"]
DEFAULT_ENGINE = env.str(
    "DEFAULT_ENGINE", default=ENGINES_OFFERED[0], validate=validate.OneOf(ENGINES_OFFERED)
)
# With no GPU worker able to work for this many seconds, its jobs wait for one or go to the studio.
DIFFUSION_FALLBACK = env.str(
    "DIFFUSION_FALLBACK", default="wait", validate=validate.OneOf(("wait", "studio"))
)
DIFFUSION_GRACE = env.float("DIFFUSION_GRACE", default=30.0, validate=validate.Range(min=0))
# Models of the diffusion engine by their keys in its catalogue, empty for the catalogue's defaults;
# LETTERING_MODEL "none" leaves letters as they are rendered. The way that backgrounds are painted:
# "empty" sets the product into a scene, "around" paints the scene round the product.
BACKGROUND_MODEL = env.str("NANOCOCOA_BACKGROUND_MODEL", default="")
LETTERING_MODEL = env.str("NANOCOCOA_LETTERING_MODEL", default="")
BACKGROUND_WAY = env.str("NANOCOCOA_BACKGROUND_WAY", default="empty")
# Unfinished jobs one team may have waiting or running at a time.
MAX_UNFINISHED_JOBS_PER_TEAM = env.int("MAX_UNFINISHED_JOBS_PER_TEAM", default=10)

# Prompts and copy suggestions by a language model: any server that speaks OpenAI's API. Without a
# key the prompt book answers.
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-5-mini")

# What one API caller may ask for (https://limits.readthedocs.io writes rates).
API_READ_RATE = env.str("API_READ_RATE", default="1200/minute")
API_WRITE_RATE = env.str("API_WRITE_RATE", default="60/minute")
# Seconds an events poll may wait; proxies cut idle answers at 60.
API_LONGEST_POLL = env.int("API_LONGEST_POLL", default=25)
# Webhooks go to public https addresses only; a site on a network of its own may say otherwise.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.bool("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)

# The form's jobs run without a render engine, in a second: for browser tests and demonstrations.
FORCE_TEST_MODE = env.bool("FORCE_TEST_MODE", default=False)

# A file beside standard error, one per process that is started with it: 5 x 10 MB are kept.
LOG_FILE = env.str("LOG_FILE", default="")
LOG_FILE_BYTES, LOG_FILES_KEPT = 10 * 1024 * 1024, 5
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "file": {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": LOG_FILE or os.devnull,
            "maxBytes": LOG_FILE_BYTES,
            "backupCount": LOG_FILES_KEPT,
            "encoding": "utf-8",
            "delay": True,
            "formatter": "line",
        },
    },
    "loggers": {"daphne": {"level": "WARNING"}},
    "root": {
        "handlers": ["stderr", "file"] if LOG_FILE else ["stderr"],
        "level": env.str("LOG_LEVEL", default="INFO").upper(),
    },
}
