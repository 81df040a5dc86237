"""django-helpdesk beside the lane: tickets that anybody submits by its public form, a second.

    script/bench helpdesk [--quick] [--json]

django-helpdesk 2.6 (BSD, from PyPI; versions in ``requirements-helpdesk.txt``) is installed into a
virtual environment of its own in the cache folder of whoever runs this, and served by gunicorn with
two processes of four threads, as small installations do, on the same PostgreSQL server as ours with
a database of its own. Its connections are kept, no mail leaves it, and the form is asked for once:
each ticket costs it one request.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg

from bench import lane, running, setting

if TYPE_CHECKING:
    from tests.support.postgres import EmbeddedPostgres

TICKETS, QUICK_TICKETS = 20_000, 2_000
WARM_UP_TICKETS = 200
TARGET = 40.0
_REQUIREMENTS = Path(__file__).with_name("requirements-helpdesk.txt")
_FORM = "/tickets/submit/"

_SETTINGS = """
SECRET_KEY = {secret!r}
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.humanize", "django.contrib.messages", "django.contrib.sessions",
    "django.contrib.sites", "django.contrib.staticfiles", "rest_framework", "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {{"context_processors": [
        "django.template.context_processors.debug", "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]}},
}}]
ROOT_URLCONF = "peer_urls"
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql", "NAME": "helpdesk", "USER": "postgres",
    "HOST": {host!r}, "CONN_MAX_AGE": 600,
}}}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
HELPDESK_TEAMS_MODE_ENABLED = False
SITE_ID = 1
STATIC_URL = "static/"
MEDIA_ROOT = {media!r}
USE_TZ = True
"""
_URLS = """
from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
"""
_WSGI = """
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
"""
_QUEUE = (
    "from helpdesk.models import Queue; "
    "Queue.objects.create(title='Reviews', slug='reviews', allow_public_submission=True)"
)


def main() -> None:
    chosen = setting.arguments(__doc__ or "", ("postgres",))
    figures = setting.Figures("helpdesk", as_json=chosen.json)
    programs = installed()
    with setting.store(chosen.store) as ground:
        os.environ |= running.EPOCHS
        setting.django()
        tickets = _tickets(programs, ground, quick=chosen.quick)
        p99 = f"{tickets['p99_ms']:.0f} ms"
        figures.say("django-helpdesk 2.6, public form", tickets["rate"], "tickets/s", p99=p99)
        reviews = _reviews(ground.folder, quick=chosen.quick)
        figures.say(
            "the lane",
            reviews,
            "reviews/s",
            ratio=f"{reviews / tickets['rate']:.1f}",
            target=f"at least {TARGET:.0f}",
        )


def installed() -> Path:
    """The folder of the programs of a virtual environment that holds what is pinned, made at the
    first call."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huiyin-bench"
    pinned = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache / f"helpdesk-{pinned}"
    done = folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [
                *(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"),
                *("--disable-pip-version-check", "--require-hashes", "-r", str(_REQUIREMENTS)),
            ],
            check=True,
            stdout=sys.stderr,
        )
        done.touch()
    return folder / "bin"


def _tickets(programs: Path, ground: setting.Store, *, quick: bool) -> dict[str, Any]:
    server = ground.server
    if server is None:
        raise RuntimeError("this bench is for PostgreSQL")
    many = QUICK_TICKETS if quick else TICKETS
    seconds = lane.QUICK_SECONDS if quick else lane.SECONDS
    server.create_database("helpdesk")
    with tempfile.TemporaryDirectory(prefix="huiyin-helpdesk-") as name:
        folder = Path(name)
        with _served(programs, folder, str(server.folder)) as port:
            cookie, token = _form(port)
            bodies = folder / "bodies"
            bodies.write_text("".join(_ticket(token, number) + "\n" for number in range(many)))
            arguments = (
                *(f"http://127.0.0.1:{port}{_FORM}", bodies),
                *(f"--connections={lane.CONNECTIONS}", f"--cookie={cookie}"),
                "--type=application/x-www-form-urlencoded",
            )
            running.load(*arguments, f"--requests={WARM_UP_TICKETS}")
            before = _stored(server)
            found = running.load(*arguments, f"--first={WARM_UP_TICKETS}", f"--seconds={seconds}")
        stored = _stored(server) - before
    # Sent on to the page of the ticket, each of them, and the ticket is there.
    if stored != found["statuses"].get("302") or found["answered"] != stored:
        raise SystemExit(f"{stored} tickets were stored, but {json.dumps(found)}")
    return found


def _reviews(folder: Path, *, quick: bool) -> float:
    from django.db import connections

    from bench import world

    many = lane.QUICK_REVIEWS if quick else lane.REVIEWS["postgres"]
    seconds = lane.QUICK_SECONDS if quick else lane.SECONDS
    found = lane.measure(folder, "postgres", world.offices(lane.UNITS), many, seconds)
    connections.close_all()
    return lane.rate_of(found)


@contextmanager
def _served(programs: Path, folder: Path, host: str) -> Iterator[int]:
    """django-helpdesk with one public queue; its port."""
    made = _SETTINGS.format(secret=secrets.token_hex(), host=host, media=str(folder / "media"))
    (folder / "peer_settings.py").write_text(made)
    (folder / "peer_urls.py").write_text(_URLS)
    (folder / "peer_wsgi.py").write_text(_WSGI)
    # None of ours: this is somebody else's program.
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = plain | {"DJANGO_SETTINGS_MODULE": "peer_settings", "PYTHONPATH": str(folder)}

    def django(*command: str) -> None:
        subprocess.run(
            [str(programs / "python"), "-m", "django", *command],
            check=True,
            cwd=folder,
            env=environment,
        )

    django("migrate", "--verbosity=0")
    django("loaddata", "--verbosity=0", "emailtemplate.json")
    django("shell", "--verbosity=0", "-c", _QUEUE)
    port = running.free_port()
    server = subprocess.Popen(
        [
            *(str(programs / "gunicorn"), f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=4"),
            *("--keep-alive=30", "--log-level=error", "peer_wsgi"),
        ],
        cwd=folder,
        env=environment,
    )
    try:
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _form(port: int) -> tuple[str, str]:
    """Cookie and token of the public form, once it is there."""
    until = time.monotonic() + 60  # noqa: TID251 - of another program
    while True:
        http = HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            http.request("GET", _FORM)
        except OSError:
            if time.monotonic() > until:  # noqa: TID251
                raise
            time.sleep(0.2)
            continue
        answer = http.getresponse()
        page = answer.read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if answer.status != 200 or token is None:
            raise SystemExit(f"the form of django-helpdesk answers {answer.status}: {page[:500]}")
        http.close()
        return (answer.getheader("set-cookie") or "").split(";")[0], token[1]


def _ticket(token: str, number: int) -> str:
    return urlencode(
        {
            "csrfmiddlewaretoken": token,
            "queue": 1,
            "title": f"社会保险登记 {number}",
            "body": "等了两个小时，没有人告诉我还缺什么材料。",
            "priority": 3,
            "submitter_email": f"citizen{number}@example.org",
        }
    )


def _stored(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.url("helpdesk")) as connection:
        row = connection.execute("SELECT count(*) FROM helpdesk_ticket").fetchone()
        return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
