"""Settings of the assembly. What differs between starts comes from the environment."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from openIMIS.openimisapps import MODULES

_FOLDER = Path(os.environ["OPENIMIS_FOLDER"])
_DATABASE = urlsplit(os.environ["OPENIMIS_DATABASE"])

SECRET_KEY = os.environ["OPENIMIS_SECRET"]
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "openIMIS.urls"
WSGI_APPLICATION = "openIMIS.wsgi.application"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = False
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
AUTH_USER_MODEL = "core.User"
MEDIA_ROOT = str(_FOLDER / "media")
FRONT = Path(os.environ["OPENIMIS_FRONT"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "rules",
    "graphene_django",
    "graphql_jwt.refresh_token.apps.RefreshTokenConfig",
    "django_filters",
    "simple_history",
    "axes",
    "django_apscheduler",
    *MODULES,
]
# The tables are made from the models: the modules' first migrations expect a database that was there before them.
MIGRATION_MODULES = dict.fromkeys(
    [*MODULES, "auth", "contenttypes", "sessions", "axes", "refresh_token", "django_apscheduler"]
)
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.middleware.DefaultAxesAttributesMiddleware",
    "core.middleware.GraphQLRateLimitMiddleware",
    "core.middleware.SecurityHeadersMiddleware",
    "axes.middleware.AxesMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "graphql_jwt.backends.JSONWebTokenBackend",
    "django.contrib.auth.backends.ModelBackend",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _DATABASE.hostname,
        "PORT": _DATABASE.port,
        "USER": _DATABASE.username,
        "NAME": _DATABASE.path.lstrip("/"),
        "CONN_MAX_AGE": None,
    }
}
# Nothing that a test changes in the database may be hidden by a cache; the graph of districts, which openIMIS
# keeps nowhere else, does not change.
_NONE = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
CACHES = {
    "default": _NONE,
    "coverage": _NONE,
    "location": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "TIMEOUT": None},
}
CACHE_OBJECT_DEFAULT = False
CACHE_OBJECT_TTL = 1

GRAPHENE = {
    "SCHEMA": "openIMIS.schema.schema",
    "RELAY_CONNECTION_MAX_LIMIT": 100,
    "MIDDLEWARE": ["graphql_jwt.middleware.JSONWebTokenMiddleware"],
}
GRAPHQL_JWT = {
    # The front end sends "JWT undefined" and means its cookie: that must not count as a token.
    "JWT_AUTH_HEADER_PREFIX": "Bearer",
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_LONG_RUNNING_REFRESH_TOKEN": True,
    "JWT_EXPIRATION_DELTA": timedelta(days=1),
    "JWT_REFRESH_EXPIRATION_DELTA": timedelta(days=30),
    "JWT_ENCODE_HANDLER": "core.jwt.jwt_encode_user_key",
    "JWT_DECODE_HANDLER": "core.jwt.jwt_decode_user_key",
    "JWT_ALLOW_ANY_CLASSES": ["graphql_jwt.mutations.ObtainJSONWebToken"],
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["openIMIS.rest.Authentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": str(_FOLDER / "queue"),
    "data_folder_out": str(_FOLDER / "queue"),
    "control_folder": str(_FOLDER / "control"),
}
CELERY_TASK_IGNORE_RESULT = True

# Names that openIMIS's modules read.
MODE = "test"
IS_TESTING = False
MSSQL = False
ROW_SECURITY = True
SCHEDULER_AUTOSTART = False
SCHEDULER_CONFIG: dict[str, str] = {}
SCHEDULER_JOBS: list[dict[str, object]] = []
SCHEDULER_CUSTOM: list[dict[str, object]] = []
RATELIMIT_GROUP, RATELIMIT_KEY, RATELIMIT_RATE = "graphql", "ip", "1000/s"
PASSWORD_MIN_LENGTH = PASSWORD_UPPERCASE = PASSWORD_LOWERCASE = PASSWORD_DIGITS = PASSWORD_SYMBOLS = 0
AXES_ENABLED = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCK_OUT_AT_FAILURE = True
AXES_LOCKOUT_PARAMETERS = ["username"]
EMAIL_HOST_USER = ""
FRONTEND_URL = ""


def SITE_ROOT() -> str:
    """The part of the address that all of the interface has in common."""
    return "api/"
