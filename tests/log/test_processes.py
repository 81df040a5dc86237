"""The log in processes of its own: killed between index and tile, taken over, rotated, restarted,
and run by a role that cannot change it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support import log_reader
from tests.support.postgres import EmbeddedPostgres
from tests.support.product import HUIYIN, Product, refused

pytestmark = pytest.mark.slow

# Appends entries, seals them and dies by SIGKILL before the file of that number is written.
_SEAL_AND_DIE = """
import os, signal, sys, uuid
import django
django.setup()
from django.db import transaction
from huiyin.directory.models import Organisation
from huiyin.log import files, publishing, sealing, services

left = int(sys.argv[1])
write = files.Writer._write

def write_or_die(writer, path, contents):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    write(writer, path, contents)

files.Writer._write = write_or_die
unit = Organisation.objects.first()
with transaction.atomic():
    services.append_all(
        services.New("step", unit, uuid.uuid4(), {"serial": place}) for place in range(300)
    )
assert sealing.seal_if_due()
publishing.publish()
"""

# Begins to seal and never comes to the end.
_SEAL_FOR_EVER = """
import sys, time
import django
django.setup()
from huiyin.log import checkpoints, sealing

def hang(epoch):
    print("sealing", flush=True)
    time.sleep(600)

checkpoints.add = hang
sealing.seal_if_due()
"""


def python(product: Product, script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=product.environment
        | {"DJANGO_SETTINGS_MODULE": "huiyin.conf.settings", "HUIYIN_EPOCH_MAX_SECONDS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def published(product: Product) -> int:
    checkpoint = product.data_dir / "log" / "checkpoint"
    return int(checkpoint.read_text().split("\n")[1]) if checkpoint.exists() else 0


def test_a_sealer_killed_between_index_and_tile_is_completed_by_the_next(
    fresh_product: Product,
) -> None:
    with fresh_product.client() as client:
        log_reader.wait_until(client, 1)
        size = len(log_reader.read(client))
        for instant in (0, 1, 2, 4):
            fresh_product.kill()
            killed = python(fresh_product, _SEAL_AND_DIE, str(instant))
            killed.communicate(timeout=60)
            assert killed.returncode == -signal.SIGKILL
            before = published(fresh_product)
            fresh_product.start()
            log_reader.wait_until(client, before + 300)
            entries = log_reader.read(client)
            assert len(entries) >= size + 300
            size = len(entries)


def test_another_sealer_takes_over_when_one_dies(fresh_product: Product) -> None:
    with fresh_product.client() as client:
        log_reader.wait_until(client, 1)
    fresh_product.kill()
    # So that something waits.
    python(fresh_product, _SEAL_AND_DIE, "0").communicate(timeout=60)
    append = _SEAL_AND_DIE.partition("assert sealing")[0]
    python(fresh_product, append, "9").communicate(timeout=60)
    hanging = python(fresh_product, _SEAL_FOR_EVER)
    assert hanging.stdout.readline() == "sealing\n"
    seals = "import django; django.setup(); from huiyin.log import sealing; "
    seals += "print(sealing.seal_if_due())"
    if fresh_product.database_url:
        # Nobody waits for the one that holds the lock.
        assert python(fresh_product, seals).communicate(timeout=60)[0] == "False\n"
    hanging.kill()
    hanging.communicate(timeout=60)
    assert python(fresh_product, seals).communicate(timeout=60)[0] == "True\n"
    fresh_product.start()
    with fresh_product.client() as client:
        log_reader.wait_until(client, 600)
        log_reader.read(client)


def test_a_rotation_is_noticed_by_processes_that_run(fresh_product: Product) -> None:
    with fresh_product.client() as client:
        log_reader.wait_until(client, 1)
        before = client.get("/log/checkpoint").text
        fresh_product.run("log-key", "rotate")
        old, new = (key["vkey"] for key in client.get("/log/keys").json()["keys"])
        size = log_reader.size_of(client)
        _append(fresh_product)
        log_reader.wait_until(client, size + 300)
        both = client.get("/log/checkpoint").text.rpartition("\n\n")[2]
        assert both.count("— ") == 2
        fresh_product.run("log-key", "retire", "1", "--yes")
        size = log_reader.size_of(client)
        _append(fresh_product)
        log_reader.wait_until(client, size + 300)
        assert client.get("/log/checkpoint").text.rpartition("\n\n")[2].count("— ") == 1
        log_reader.read(client)
        first, second = client.get("/log/keys").json()["keys"]
        assert (first["vkey"], second["vkey"]) == (old, new)
        assert first["retired"]
        assert before.rpartition("\n\n")[2].count("— ") == 1
    fresh_product.restart()
    with fresh_product.client() as client:
        log_reader.read(client)


def test_the_server_refuses_to_start_with_what_does_not_belong_together(
    fresh_product: Product, tmp_path: Path
) -> None:
    with fresh_product.client() as client:
        log_reader.wait_until(client, 1)
    fresh_product.stop()
    key = fresh_product.data_dir / "log.key"
    command = "serve" if fresh_product.database_url is None else "work"
    elsewhere = tmp_path / "log.key"
    assert "is not there" in refused(fresh_product, command, HUIYIN_LOG_KEY_FILE=str(elsewhere))
    assert not elsewhere.exists()
    assert "Set HUIYIN_LOG_NAME=huiyin-demo" in refused(fresh_product, command, HUIYIN_LOG_NAME="x")
    assert "no spaces" in refused(fresh_product, command, HUIYIN_LOG_NAME="a log")
    assert "no verifier key" in refused(fresh_product, command, HUIYIN_LOG_WITNESSES="x+1+y")
    key.chmod(0o644)
    assert "chmod 600" in refused(fresh_product, command)
    key.chmod(0o600)
    assert "FAIL" not in _log_lines(fresh_product)
    fresh_product.start()
    fresh_product.stop()


def _log_lines(product: Product) -> str:
    done = subprocess.run(
        [HUIYIN, "doctor"], env=product.environment, capture_output=True, text=True, check=False
    )
    return "\n".join(line for line in done.stdout.splitlines() if "  log  " in line)


def test_a_role_without_the_right_to_change_the_log_runs_the_product(
    fresh_product: Product, postgres_server: EmbeddedPostgres | None
) -> None:
    if postgres_server is None:
        refusal = refused(fresh_product, "database-role", "huiyin_app")
        assert "the embedded database has none" in refusal
        return
    owners = fresh_product.database_url
    fresh_product.kill()
    said = fresh_product.run("database-role", "huiyin_app")
    assert "huiyin_app may run Huiyin" in said
    assert fresh_product.run("database-role", "huiyin_app")  # safe to repeat
    assert 'GRANT SELECT, INSERT ON "log_entry"' in fresh_product.run(
        "database-role", "huiyin_app", "--print"
    )
    assert "another one" in refused(fresh_product, "database-role", "postgres")
    url = owners.replace("postgres@", "huiyin_app@")
    fresh_product.environment["HUIYIN_DATABASE_URL"] = url
    fresh_product.start()
    with fresh_product.client() as client:
        log_reader.wait_until(client, 1)
        size = log_reader.size_of(client)
        token = fresh_product.demo["invitations"][0].rpartition("/")[2]
        said = {"token": token, "level": 1, "text": "等了三个小时"}
        answer = client.post("/api/v1/reviews", json=said)
        assert answer.status_code == 201, answer.text
        log_reader.wait_until(client, size + 1)
        log_reader.read(client)
    assert "Traceback" not in fresh_product.log()
    with psycopg.connect(url, autocommit=True) as connection:
        for table in (
            *("log_entry", "log_leaf", "log_epoch", "log_checkpoint", "log_cosignature"),
            *("log_logkey", "log_retiredlogkey", "reviews_review", "matters_step"),
        ):
            for statement in (
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                f"DROP TABLE {table} CASCADE",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
        for statement in (
            "UPDATE log_entry SET public = public",
            "UPDATE reviews_review SET level = 5",
            "UPDATE reviews_reviewcontent SET text = ''",
            "SET session_replication_role = replica",
            "CREATE TABLE mine (x int)",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        # A lawful request may erase a person's words.
        connection.execute("DELETE FROM reviews_reviewcontent WHERE false")


def _append(product: Product) -> None:
    """Append 300 entries that the product's own sealer finds."""
    append = _SEAL_AND_DIE.partition("assert sealing")[0]
    done = python(product, append, "9")
    _said, wrong = done.communicate(timeout=60)
    assert done.returncode == 0, wrong
