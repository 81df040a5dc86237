"""The product as a process: starting, refusing to start, being killed, stopping."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest

from tests.support.product import HUIYIN, Product, refused

pytestmark = pytest.mark.slow


def test_a_ten_megabyte_body_is_answered_with_413(product: Product) -> None:
    with product.client() as client:
        answer = client.post(
            "/api/v1/reviews",
            content=b"[" * 10_000_000,
            headers={"Content-Type": "application/json"},
        )
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too-large"


def test_a_head_without_end_is_cut_off(product: Product) -> None:
    with product.client() as client:
        try:
            answer = client.get("/healthz", headers={"X-Long": "x" * 3_000_000})
        except httpx.TransportError:
            pass  # it was still sending
        else:
            assert answer.status_code == 400
    with product.client() as client:
        assert client.get("/healthz", headers={"X-Long": "x" * 30_000}).status_code == 200
        said = client.post("/api/v1/reviews", content=b"[" * 300_000)
        assert said.status_code == 415


def test_the_server_does_not_say_what_it_is(product: Product) -> None:
    with product.client() as client:
        assert "server" not in client.get("/healthz").headers


def test_static_files_are_served_for_good(product: Product) -> None:
    with product.client() as client:
        page = client.get("/desk/login/").text
        address = page.split('href="/static/', 1)[1].split('"', 1)[0]
        answer = client.get(f"/static/{address}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_no_address_is_logged(product: Product) -> None:
    with product.client() as client:
        client.get("/r/a-secret-token")
        client.get("/s/a-secret-code")
    assert "a-secret" not in product.log()


def test_a_killed_product_is_ready_again_after_a_restart(fresh_product: Product) -> None:
    fresh_product.kill()
    with pytest.raises(httpx.TransportError), fresh_product.client() as client:
        client.get("/healthz")
    fresh_product.start()
    with fresh_product.client() as client:
        assert client.get("/readyz").json()["status"] == "ready"
    fresh_product.stop()
    assert "Traceback" not in fresh_product.log()


def test_a_port_in_use_is_refused_in_one_sentence(product: Product, tmp_path: object) -> None:
    settings = {}
    if product.database_url is None:
        # Past the claim on the embedded database, which would be refused first.
        settings["HUIYIN_DATABASE_URL"] = f"sqlite:///{product.data_dir / 'huiyin.sqlite3'}"
        settings["HUIYIN_DATA_DIR"] = str(tmp_path)
        settings["HUIYIN_LOG_KEY_FILE"] = str(product.data_dir / "log.key")
        settings |= product.keys()
    sentence = refused(product, "serve", **settings)
    assert f"Cannot listen on 127.0.0.1:{product.port}" in sentence


def test_what_may_run_beside_what_depends_on_the_database(
    product: Product, database_name: str
) -> None:
    if database_name == "sqlite":
        assert "Another Huiyin already serves" in refused(product, "serve", PORT="0")
        assert "--workers needs PostgreSQL" in refused(product, "serve", "--workers", "2")
        assert "does the background work itself" in refused(product, "work")
    else:
        with subprocess.Popen(
            # As under a supervisor: what is printed must not wait for the end of the process.
            [HUIYIN, "work"],
            env=product.environment | {"PYTHONUNBUFFERED": ""},
            stdout=subprocess.PIPE,
            text=True,
        ) as second:
            assert second.stdout is not None
            assert second.stdout.readline().startswith("Working: dispatcher")
            second.terminate()
            assert second.wait(30) == 0


def test_the_doctor_sees_the_loops_of_a_running_product(
    product: Product, database_name: str
) -> None:
    done = subprocess.run(
        [HUIYIN, "doctor", "--json"],
        env=product.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    found = {(row["about"], row["found"]): row["level"] for row in json.loads(done.stdout)}
    assert found["background", "dispatcher is at work"] == "ok"
    # The server of the tests would not survive a power cut, and the doctor must say so.
    assert done.returncode == (1 if database_name == "postgres" else 0)
    assert any("fsync is off" in what for _about, what in found) is (database_name == "postgres")


def test_a_database_without_tables_is_refused(product: Product, tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    sentence = refused(product, "serve", HUIYIN_DATABASE_URL=url)
    assert "Run: huiyin migrate" in sentence


def test_the_slow_and_the_idle_are_left_while_the_honest_are_served(product: Product) -> None:
    address, photos = ("127.0.0.1", product.port), b"x" * 60_000
    post = b"POST /api/v1/reviews HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with ExitStack() as stack:

        def connect() -> socket.socket:
            client = stack.enter_context(socket.create_connection(address, timeout=20))
            client.setblocking(False)
            return client

        staff = stack.enter_context(signed_in(product, "handler"))
        events = stack.enter_context(staff.stream("GET", "/desk/stream"))
        arriving = events.iter_bytes()
        assert next(arriving)
        # More than there once might be at all.
        idle = [connect() for _ in range(2_500)]
        loris, honest = connect(), connect()
        honest.sendall(post + b"Content-Length: %d\r\n\r\n" % len(photos))
        for second in range(12):
            with suppress(ConnectionError):
                loris.sendall(b"POST /api/v1/reviews"[second : second + 1])
            honest.sendall(photos[second * 5_000 : (second + 1) * 5_000])
            time.sleep(1)
        assert answer_to(loris).startswith(b"HTTP/1.1 408 ")
        # Whole, though no review.
        assert answer_to(honest).startswith(b"HTTP/1.1 400 ")
        assert all(answer_to(client) == b"" for client in idle)
        with product.client() as client:
            assert client.get("/healthz").status_code == 200
        assert next(arriving)


@contextmanager
def signed_in(product: Product, role: str) -> Iterator[httpx.Client]:
    account = product.account(role)
    with product.client() as client:
        page = client.get("/desk/login/").text
        token = page.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
        form = {"username": account["username"], "password": account["password"]}
        answer = client.post("/desk/login/", data={"csrfmiddlewaretoken": token} | form)
        assert answer.status_code == 302
        yield client


def answer_to(client: socket.socket) -> bytes:
    """The beginning of what the server said to ``client``; nothing when it only hung up."""
    client.settimeout(5)
    with suppress(ConnectionResetError):
        return client.recv(65536)
    return b""
