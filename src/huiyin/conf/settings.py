"""Django's settings. Everything that differs between places comes from the environment."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from huiyin.conf import environment as env
from huiyin.conf import log_filters, redaction

PACKAGE = Path(__file__).resolve().parent.parent

MODE = env.text("HUIYIN_MODE", "production")
if MODE not in {"production", "demo"}:
    raise ImproperlyConfigured(f"HUIYIN_MODE must be production or demo, not {MODE!r}.")
HUIYIN_DEMO = MODE == "demo"
DEBUG = False

# Where the embedded database, uploads and the demo's secrets live.
HUIYIN_DATA_DIR = Path(env.text("HUIYIN_DATA_DIR", "var")).resolve()
SECRET_KEY, HUIYIN_MASTER_KEY = env.secret_pair(demo=HUIYIN_DEMO, data_dir=HUIYIN_DATA_DIR)

# The address citizens and staff see; links in receipts, messages and QR codes start with it.
HUIYIN_BASE_URL = env.text(
    "HUIYIN_BASE_URL", f"http://127.0.0.1:{env.number('PORT', 8000)}" if HUIYIN_DEMO else ""
).rstrip("/")
if not HUIYIN_BASE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured(
        "HUIYIN_BASE_URL must be the address people use, such as https://hcp.example.gov.cn."
    )
_HTTPS = HUIYIN_BASE_URL.startswith("https://")

# The division code of the body that runs this platform, and the log's name.
HUIYIN_JURISDICTION = env.text("HUIYIN_JURISDICTION", "330000000000")
HUIYIN_LOG_NAME = env.log_name("HUIYIN_LOG_NAME", "huiyin-demo" if HUIYIN_DEMO else "huiyin")
# The log's private keys, made at the first start; and whose cosignatures are shown, as C2SP
# verifier keys. Its public files lie in the data folder, under log/.
HUIYIN_LOG_KEY_FILE = Path(
    env.text("HUIYIN_LOG_KEY_FILE", str(HUIYIN_DATA_DIR / "log.key"))
).resolve()
HUIYIN_LOG_WITNESSES = env.witnesses("HUIYIN_LOG_WITNESSES")

# Epochs (when the public may see something new): at least this many seconds and reviews (follow-up
# reviews count), but never longer than the maximum. The demo uses seconds, to be watched.
HUIYIN_EPOCH_SECONDS = env.number("HUIYIN_EPOCH_SECONDS", 4 if HUIYIN_DEMO else 3600)
HUIYIN_EPOCH_REVIEWS = env.number("HUIYIN_EPOCH_REVIEWS", 1 if HUIYIN_DEMO else 100)
HUIYIN_EPOCH_MAX_SECONDS = env.number("HUIYIN_EPOCH_MAX_SECONDS", 20 if HUIYIN_DEMO else 86400)
# Published counts from 1 to below this are not shown, nor what they could be computed from.
HUIYIN_SUPPRESS_BELOW = env.number("HUIYIN_SUPPRESS_BELOW", 5)

# Minutes by which the clock of a sending system may run ahead of ours.
HUIYIN_EVENT_SKEW_MINUTES = env.number("HUIYIN_EVENT_SKEW_MINUTES", 20)
# Reviews that may wait for their receipt in one web process; who comes then is asked to come back.
HUIYIN_LANE_QUEUE = env.number("HUIYIN_LANE_QUEUE", 2000)
# Wrong or unbound requests a minute, from one place or address block and in one process, after
# which forms for people without an invitation ask for a proof of work (0: never), and the seconds
# after which waiting counts as one.
HUIYIN_CHALLENGE_AFTER = env.number("HUIYIN_CHALLENGE_AFTER", 120)
HUIYIN_CHALLENGE_WAIT = env.number("HUIYIN_CHALLENGE_WAIT", 20)
# Who asks for /metrics has to know this; without one there is nothing.
HUIYIN_METRICS_TOKEN = env.text("HUIYIN_METRICS_TOKEN", "")
# Days for which an invitation can be answered.
HUIYIN_INVITATION_DAYS = env.number("HUIYIN_INVITATION_DAYS", 30)
# How many invitations by SMS one number gets a day (0: as many as there are).
HUIYIN_INVITATIONS_A_DAY = env.number("HUIYIN_INVITATIONS_A_DAY", 3)
# Rating on the spot: seconds for which a form that was opened can be sent; seconds within which the
# same browser is told that it has rated at this place already; days for which sheets with a QR code
# still lead to the form after new ones were made; and how many last digits of the mobile number
# are asked for with a case number (0: none).
HUIYIN_VISIT_SECONDS = env.number("HUIYIN_VISIT_SECONDS", 1800)
HUIYIN_ON_SITE_WINDOW_SECONDS = env.number("HUIYIN_ON_SITE_WINDOW_SECONDS", 600)
HUIYIN_QR_GRACE_DAYS = env.number("HUIYIN_QR_GRACE_DAYS", 14)
HUIYIN_QR_CASE_DIGITS = env.number("HUIYIN_QR_CASE_DIGITS", 4)
# Webhooks to private or loopback addresses are refused unless the operator allows them.
HUIYIN_WEBHOOK_PRIVATE = env.flag("HUIYIN_WEBHOOK_PRIVATE", HUIYIN_DEMO)
# Seconds in which a citizen may begin to rate on a device at the counter; who has begun has as long
# again to finish.
HUIYIN_DEVICE_WINDOW_SECONDS = env.number("HUIYIN_DEVICE_WINDOW_SECONDS", 60)
# Seconds without a touch after which a self-service terminal begins anew.
HUIYIN_KIOSK_IDLE_SECONDS = env.number("HUIYIN_KIOSK_IDLE_SECONDS", 45)
# Days that a terminal may keep a rating while its network is away; later it is refused.
HUIYIN_KIOSK_DAYS = env.number("HUIYIN_KIOSK_DAYS", 7)
# A notice that could not be delivered in this many tries, about a day, becomes a dead letter.
HUIYIN_NOTICE_TRIES = env.number("HUIYIN_NOTICE_TRIES", 16)
# In which order the channels of a member of staff are used who chose no order of their own.
HUIYIN_CHANNEL_ORDER = env.words("HUIYIN_CHANNEL_ORDER", "zwding,email,sms_http,sms_smpp")
# 浙政钉 (专有钉钉): host, the application's key and secret, the tenant; the application's name and
# the account that owns to-do items. Without a host nobody is told there.
HUIYIN_ZWDING_HOST = env.text("HUIYIN_ZWDING_HOST", "")
HUIYIN_ZWDING_APP_KEY = env.text("HUIYIN_ZWDING_APP_KEY", "")
HUIYIN_ZWDING_APP_SECRET = env.text("HUIYIN_ZWDING_APP_SECRET", "")
HUIYIN_ZWDING_TENANT_ID = env.text("HUIYIN_ZWDING_TENANT_ID", "")
HUIYIN_ZWDING_APP_NAME = env.text("HUIYIN_ZWDING_APP_NAME", "")
HUIYIN_ZWDING_CREATOR_ID = env.text("HUIYIN_ZWDING_CREATOR_ID", "")
# The mail server for notices to staff, smtps://user:password@host; without one nobody gets e-mail.
HUIYIN_SMTP_URL = env.text("HUIYIN_SMTP_URL", "")
HUIYIN_EMAIL_FROM = env.text("HUIYIN_EMAIL_FROM", "")
# The telephone and SMS gateway, as module:Class. Without one nobody is called or written to.
HUIYIN_RELAY = env.text("HUIYIN_RELAY", "")
# Text messages: the gateway through which citizens are written to (smpp, http), and our number.
HUIYIN_SMS_GATEWAY = env.text("HUIYIN_SMS_GATEWAY", "")
HUIYIN_SMS_SOURCE = env.text("HUIYIN_SMS_SOURCE", "")
# The message centre (SMPP 3.4).
HUIYIN_SMPP_HOST = env.text("HUIYIN_SMPP_HOST", "")
HUIYIN_SMPP_PORT = env.number("HUIYIN_SMPP_PORT", 2775)
HUIYIN_SMPP_SYSTEM_ID = env.text("HUIYIN_SMPP_SYSTEM_ID", "")
HUIYIN_SMPP_PASSWORD = env.text("HUIYIN_SMPP_PASSWORD", "")
HUIYIN_SMPP_SYSTEM_TYPE = env.text("HUIYIN_SMPP_SYSTEM_TYPE", "")
HUIYIN_SMPP_TLS = env.flag("HUIYIN_SMPP_TLS", False)
HUIYIN_SMPP_PER_SECOND = env.number("HUIYIN_SMPP_PER_SECOND", 20)
# Some centres write the id of a message in hex, and in decimal in its receipt.
HUIYIN_SMPP_RECEIPTS_DECIMAL = env.flag("HUIYIN_SMPP_RECEIPTS_DECIMAL", False)
# The provider's HTTP interface: a template's name or path; its settings are HUIYIN_SMS_HTTP_….
HUIYIN_SMS_TEMPLATE = env.text("HUIYIN_SMS_TEMPLATE", "")
# Calls: where a telephony provider takes them, the secret shared with it, and the longest call.
HUIYIN_CALLS_URL = env.text("HUIYIN_CALLS_URL", "")
HUIYIN_CALLS_SECRET = env.text("HUIYIN_CALLS_SECRET", "")
HUIYIN_CALLS_MAX_SECONDS = env.number("HUIYIN_CALLS_MAX_SECONDS", 1800)
# Ratings by telephone: the secret shared with the IVR platform, where it takes calls that it is to
# place, and in which hours it may.
HUIYIN_IVR_SECRET = env.shared_secret("HUIYIN_IVR_SECRET")
HUIYIN_IVR_URL = env.text("HUIYIN_IVR_URL", "")
if HUIYIN_IVR_URL and not HUIYIN_IVR_SECRET:
    raise ImproperlyConfigured("HUIYIN_IVR_URL needs HUIYIN_IVR_SECRET.")
HUIYIN_HOTLINE_FROM = env.number("HUIYIN_HOTLINE_FROM", 9)
HUIYIN_HOTLINE_UNTIL = env.number("HUIYIN_HOTLINE_UNTIL", 20)
# Paper forms: of a batch so many per cent, and one at least, are keyed by a second person; when
# more than so many per cent of those differ, the whole batch is keyed again.
HUIYIN_PAPER_SAMPLE_PERCENT = env.number("HUIYIN_PAPER_SAMPLE_PERCENT", 10)
HUIYIN_PAPER_ERROR_PERCENT = env.number("HUIYIN_PAPER_ERROR_PERCENT", 5)
# Reverse proxies in front of us whose X-Forwarded-For is believed.
HUIYIN_TRUSTED_PROXIES = env.words("HUIYIN_TRUSTED_PROXIES", "")

ALLOWED_HOSTS = env.words("HUIYIN_ALLOWED_HOSTS", "")
if not ALLOWED_HOSTS:
    _host = HUIYIN_BASE_URL.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
    ALLOWED_HOSTS = [_host, "127.0.0.1", "localhost", "[::1]"] if HUIYIN_DEMO else [_host]
CSRF_TRUSTED_ORIGINS = [HUIYIN_BASE_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "import_export",
    "huiyin.kernel",
    "huiyin.calendars",
    "huiyin.directory",
    "huiyin.log",
    "huiyin.matters",
    "huiyin.reviews",
    "huiyin.appeals",
    "huiyin.notices",
    "huiyin.intake",
    "huiyin.dialects",
    "huiyin.intake.devices",
    "huiyin.intake.invitations",
    "huiyin.intake.channels.hotline",
    "huiyin.intake.channels.paper",
    "huiyin.intake.embedding",
    "huiyin.indicators",
    "huiyin.oversight",
    "huiyin.web",
    "huiyin.web.portal",
    "huiyin.web.citizen",
    "huiyin.web.devices",
    "huiyin.web.desk",
    "huiyin.web.cockpit",
    "huiyin.web.arbiter",
    "huiyin.web.demo",
    "huiyin.api",
    "huiyin.conf",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "huiyin.conf.middleware.SecurityHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Below come those that look at the host, the session or the demo's clock: not for probes.
    "huiyin.conf.middleware.Probes",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
if HUIYIN_DEMO:
    # Before anything that asks what time it is.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware"),
        "huiyin.conf.middleware.DemoClock",
    )

ROOT_URLCONF = "huiyin.conf.urls"
ASGI_APPLICATION = "huiyin.conf.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huiyin.web.context.platform",
            ],
        },
    }
]

DATABASES = {
    "default": env.database(
        env.text("HUIYIN_DATABASE_URL", f"sqlite:///{HUIYIN_DATA_DIR / 'huiyin.sqlite3'}")
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "directory.Staff"
AUTHENTICATION_BACKENDS = ["huiyin.directory.permissions.DutyBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "/desk/login/"
LOGIN_REDIRECT_URL = "/desk/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = HUIYIN_DATA_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # No base_url: uploads are private and only leave through views that check who asks.
        "OPTIONS": {"location": HUIYIN_DATA_DIR / "uploads", "base_url": None},
    },
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
# What one request may carry is bounded by address in conf/body_limit.py, before Django sees it.
# This is the largest body that is read into memory: a call with 1,000 events.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 10

SESSION_COOKIE_NAME = "huiyin_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "huiyin.web.views.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
# A status page's address is its key: it must not leak to other sites.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HUIYIN_TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": redaction.Formatter,
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "filters": {
        name: {"()": "django.utils.log.CallbackFilter", "callback": callback}
        for name, callback in (
            ("not_ready", log_filters.not_ready),
            ("in_one_line", log_filters.in_one_line),
            ("redact", redaction.redact),
        )
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("HUIYIN_LOG_LEVEL", "INFO")},
    "loggers": {
        # Addresses hold invitation tokens and receipt codes: no access log of ours names them.
        "django.request": {"level": "ERROR", "filters": ["not_ready", "redact"]},
        "django.security.csrf": {"filters": ["redact"]},
        "django.security.DisallowedHost": {"filters": ["in_one_line"]},
        "httpx": {"level": "WARNING"},
    },
}
