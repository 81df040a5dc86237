from __future__ import annotations

import json
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from huiyin.conf import environment as env
from tests.support.product import HUIYIN


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("HUIYIN_SECRET_KEY")
    monkeypatch.delenv("HUIYIN_MASTER_KEY")
    return monkeypatch


@pytest.mark.usefixtures("no_keys")
def test_production_without_a_secret_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="HUIYIN_SECRET_KEY is missing"):
        env.secret_pair(demo=False, data_dir=tmp_path)
    assert not list(tmp_path.iterdir()), "production must not make keys of its own"


def test_a_short_secret_key_is_refused(no_keys: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_keys.setenv("HUIYIN_SECRET_KEY", "short")
    with pytest.raises(ImproperlyConfigured, match="shorter than 40"):
        env.secret_pair(demo=False, data_dir=tmp_path)


@pytest.mark.parametrize("key", ["", "short", "ü" * 43, "A" * 42, "A" * 44])
def test_a_master_key_that_is_not_32_bytes_is_refused(
    no_keys: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    no_keys.setenv("HUIYIN_SECRET_KEY", "s" * 40)
    no_keys.setenv("HUIYIN_MASTER_KEY", key)
    with pytest.raises(ImproperlyConfigured, match="32 bytes in URL-safe Base64"):
        env.secret_pair(demo=False, data_dir=tmp_path)


@pytest.mark.usefixtures("no_keys")
def test_a_demo_makes_its_keys_once_and_keeps_them_private(tmp_path: Path) -> None:
    first = env.secret_pair(demo=True, data_dir=tmp_path / "var")
    assert env.secret_pair(demo=True, data_dir=tmp_path / "var") == first
    file = tmp_path / "var" / "secrets.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text())) == {"secret_key", "master_key"}


def test_a_number_that_is_none_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_EPOCH_SECONDS", "soon")
    with pytest.raises(ImproperlyConfigured, match=r"HUIYIN_EPOCH_SECONDS .* not 'soon'"):
        env.number("HUIYIN_EPOCH_SECONDS", 1)


def test_words_are_split_at_commas_and_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_ALLOWED_HOSTS", "a.example, b.example  c.example")
    assert env.words("HUIYIN_ALLOWED_HOSTS", "") == ["a.example", "b.example", "c.example"]


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("", False)]
)
def test_flags_read_the_usual_words(
    monkeypatch: pytest.MonkeyPatch, value: str, meant: bool
) -> None:
    monkeypatch.setenv("HUIYIN_WEBHOOK_PRIVATE", value)
    assert env.flag("HUIYIN_WEBHOOK_PRIVATE", not meant) is meant


def test_the_embedded_database_is_durable_and_queues_writers() -> None:
    settings = env.database("sqlite:////data/a%20b.sqlite3")
    assert settings["NAME"] == "/data/a b.sqlite3"
    options = settings["OPTIONS"]
    assert isinstance(options, dict)
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


def test_a_postgresql_address_may_hold_escaped_characters() -> None:
    settings = env.database("postgres://us%40er:p%2Fw@db.example:6432/name")
    wanted = {"USER": "us@er", "PASSWORD": "p/w", "HOST": "db.example", "PORT": "6432"}
    assert settings.items() >= (wanted | {"NAME": "name"}).items()


def test_a_postgresql_address_may_name_a_socket() -> None:
    assert env.database("postgres://huiyin@/name?host=/run/pg")["HOST"] == "/run/pg"


def test_a_postgresql_address_may_hold_what_its_client_is_to_be_told() -> None:
    settings = env.database(
        "postgres://huiyin@db.example/name?sslmode=verify-full&sslrootcert=/etc/ssl/a+b%20c.pem"
        "&connect_timeout=5&application_name=huiyin&options=-c%20statement_timeout%3D9000"
    )
    options = settings["OPTIONS"]
    assert isinstance(options, dict)
    assert options.pop("pool")["min_size"] == 1
    assert options == {
        "prepare_threshold": 1_000_000_000,
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ssl/a+b c.pem",
        "connect_timeout": "5",
        "application_name": "huiyin",
        "options": "-c plan_cache_mode=force_generic_plan -c statement_timeout=9000",
    }


@pytest.mark.parametrize(
    "url", ["postgres://huiyin@db.example/name?ssl=true", "sqlite:////data/a.sqlite3?mode=ro"]
)
def test_a_parameter_that_would_be_ignored_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"not known: (ssl|mode);"):
        env.database(url)


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="starts with 'mysql'"):
        env.database("mysql://localhost/x")


GOOD = {
    "HUIYIN_SECRET_KEY": "s" * 20 + "ecret" * 4,
    "HUIYIN_MASTER_KEY": secrets.token_urlsafe(32),
    "HUIYIN_BASE_URL": "https://hcp.example.gov.cn",
}


def _huiyin(tmp_path: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(Path(sys.executable).parent), "HUIYIN_DATA_DIR": str(tmp_path)}
    return subprocess.run(
        [HUIYIN, *command],
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "HUIYIN_SECRET_KEY is missing"),
        (GOOD | {"HUIYIN_MODE": "test"}, "HUIYIN_MODE must be production or demo"),
        (GOOD | {"HUIYIN_MASTER_KEY": "x"}, "HUIYIN_MASTER_KEY must be 32 bytes"),
        (GOOD | {"HUIYIN_BASE_URL": ""}, "HUIYIN_BASE_URL must be the address people use"),
        (GOOD | {"HUIYIN_DATABASE_URL": "oracle://x"}, "HUIYIN_DATABASE_URL starts with"),
    ],
)
def test_the_command_says_what_is_missing_in_one_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    done = _huiyin(tmp_path, "check", **settings)
    assert done.returncode == 1
    assert done.stderr.startswith("huiyin: ")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_production_starts_when_everything_is_set(tmp_path: Path) -> None:
    done = _huiyin(tmp_path, "check", **GOOD)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "secrets.json").exists()
