"""The harness: which database, which settings, and what every test may ask for.

``pytest`` runs on SQLite; ``pytest --database=postgres`` runs the same tests on a PostgreSQL that
is started for the run and gone after it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis
import pytest

from tests.support.postgres import EmbeddedPostgres
from tests.support.throttles import throttles

pytest_plugins = ["tests.support.product", "tests.support.browser"]

DATA_DIR = pytest.StashKey[Path]()
POSTGRES = pytest.StashKey[EmbeddedPostgres | None]()

hypothesis.settings.register_profile("huiyin", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "huiyin")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres"],
        default="sqlite",
        help="the database that the tests run on (PostgreSQL is started for the run)",
    )
    parser.addoption("--matters", type=int, default=0, help="how far the random walk goes")
    parser.addoption("--seed", type=int, default=20260302, help="where the random walk goes")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the settings before Django reads them, whatever the caller's environment says."""
    for name in [name for name in os.environ if name.startswith("HUIYIN_")]:
        del os.environ[name]
    data_dir = Path(tempfile.mkdtemp(prefix="huiyin-test-"))
    config.add_cleanup(lambda: shutil.rmtree(data_dir, ignore_errors=True))
    config.stash[DATA_DIR] = data_dir
    config.stash[POSTGRES] = None
    # With several workers each has a server of its own, and the process that hands out the tests
    # needs none.
    hands_out_tests = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if config.getoption("database") == "postgres" and not hands_out_tests:
        config.stash[POSTGRES] = server = EmbeddedPostgres()
        config.add_cleanup(server.stop)
        os.environ["HUIYIN_DATABASE_URL"] = server.url("huiyin")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "huiyin.conf.settings",
        "HUIYIN_MODE": "demo",
        "HUIYIN_DATA_DIR": str(data_dir),
        "HUIYIN_BASE_URL": "http://testserver",
        "HUIYIN_ALLOWED_HOSTS": "testserver 127.0.0.1 localhost",
        "HUIYIN_SECRET_KEY": secrets.token_urlsafe(48),
        "HUIYIN_MASTER_KEY": secrets.token_urlsafe(32),
        "HUIYIN_LOG_LEVEL": "WARNING",
    }

    from django.conf import settings

    # pytest-django sets Django up only when its settings have been read.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Pages are rendered without collecting static files first; the end-to-end tests do collect.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    (data_dir / "static").mkdir()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Workers inherit our environment. With this in it they would read the settings before their
    own ``pytest_configure`` has said which database is meant."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


# Who asks for one of these meets the database of the run.
_MEETS_THE_DATABASE = frozenset({"db", "transactional_db", "postgres_server", "database_name"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What meets no database says the same on each: once is enough."""
    for item in items:
        asked_for = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") is None and not _MEETS_THE_DATABASE & {*asked_for}:
            item.add_marker(pytest.mark.once)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('database')}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(pytestconfig: pytest.Config) -> None:
    """SQLite on a real file: threads must meet the locks that they meet in production."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(pytestconfig.stash[DATA_DIR] / "t.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: object, database_name: str
) -> Iterator[None]:
    from django.db import connection
    from django.db.backends.base.operations import BaseDatabaseOperations

    from tests.support import databases

    wanted = "postgresql" if database_name == "postgres" else "sqlite"
    assert connection.vendor == wanted, f"the tests run on {connection.vendor}, not on {wanted}"
    with django_db_blocker.unblock():
        databases.remember_baseline(connection)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", databases.flush)
        yield


@pytest.fixture(autouse=True)
def _clock_of_today() -> Iterator[None]:
    """No test leaves the clock moved for the next one, nor a sealer that has waited for long."""
    from huiyin.kernel import clock
    from huiyin.log import sealing

    yield
    clock.set_offset(timedelta())
    sealing._seen_waiting = None


@pytest.fixture(autouse=True)
def _all_is_calm() -> Iterator[None]:
    """What one test tried in vain raises no alarm in the next."""
    from huiyin.intake.challenge import alarm

    yield
    alarm.clear()
    for brake in throttles():
        brake._buckets.clear()


@pytest.fixture
def log_folder(settings: object, tmp_path: Path) -> Path:
    """The data folder of a log of its own: its key file, and its public files below ``log``.

    Tests that publish or rotate ask for it; the others share a key, and write no files.
    """
    settings.HUIYIN_DATA_DIR = tmp_path
    settings.HUIYIN_LOG_KEY_FILE = tmp_path / "log.key"
    return tmp_path


@pytest.fixture
def frozen_clock() -> Iterator[object]:
    """The clock, held at Monday 4 March 2024, 10:00 in Shanghai; see ``FrozenClock``."""
    from huiyin.kernel import clock
    from tests.support.clock import FrozenClock

    with ExitStack() as stack:
        yield FrozenClock(stack, datetime(2024, 3, 4, 10, tzinfo=clock.LOCAL))


@pytest.fixture(scope="session")
def database_name(pytestconfig: pytest.Config) -> str:
    """``sqlite`` or ``postgres``."""
    return str(pytestconfig.getoption("database"))


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> EmbeddedPostgres | None:
    """The server of a run on PostgreSQL; None on SQLite."""
    return pytestconfig.stash[POSTGRES]
