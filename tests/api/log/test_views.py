"""What the log's addresses answer: the files byte for byte, and nothing that moves in between."""

from __future__ import annotations

import gzip
import json
import uuid

import pytest
from django.db import transaction
from django.test import Client

from huiyin.api.log import views
from huiyin.kernel.throttle import Throttle
from huiyin.log import entries, files, keys, sealing, services, tiles
from huiyin.log.models import Cosignature, Entry, Leaf
from huiyin.log.notes import Checkpoint, Note, VerifierKey
from huiyin.log.publishing import publish
from tests import factories
from tests.support.witness import Witness

pytestmark = pytest.mark.django_db


@pytest.fixture
def grow(frozen_clock, settings, log_folder):
    settings.HUIYIN_EPOCH_MAX_SECONDS = 86400
    unit = factories.organisation()
    total = 0

    def append(count: int) -> list[Entry]:
        nonlocal total
        first, total = total, total + count
        with transaction.atomic():
            return [
                services.append(
                    kind="step",
                    organisation=unit,
                    subject_id=uuid.uuid4(),
                    public={"serial": serial},
                )
                for serial in range(first, total)
            ]

    def more(count: int) -> None:
        append(count)
        frozen_clock.move_by(days=1)
        assert sealing.seal_if_due()
        publish()

    more.append = append
    return more


def get(address: str, **headers: str):
    return Client().get(f"/log/{address}", headers=headers)


class TestTheCheckpoint:
    def test_is_the_file_and_may_be_kept_for_seconds(self, grow) -> None:
        assert get("checkpoint").status_code == 404
        grow(3)
        answer = get("checkpoint")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["Cache-Control"] == "public, max-age=3"
        assert answer.content == files.checkpoint_path().read_bytes()
        note = Note.parse(answer.content.decode())
        assert Checkpoint.parse(note.body).size == 3
        published = get("keys").json()
        assert published["origin"] == "huiyin-demo"
        assert note.verified_by([VerifierKey.parse(key["vkey"]) for key in published["keys"]])

    def test_who_has_it_is_told_so_until_the_next_epoch(self, grow) -> None:
        grow(3)
        etag = get("checkpoint")["ETag"]
        grow.append(2)
        again = get("checkpoint", if_none_match=etag)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        grow(1)
        assert get("checkpoint", if_none_match=etag).status_code == 200


class TestTiles:
    def test_every_tile_is_the_file_and_may_be_kept_for_ever(self, grow) -> None:
        grow(300)
        for name in ("0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/44"):
            answer = get(f"tile/{name}")
            assert answer.status_code == 200
            assert answer.content == (files.folder() / "tile" / name).read_bytes()
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        placed = Leaf.objects.order_by("index").values_list("entry__public", flat=True)
        leaves = [public.encode() for public in placed]
        bundle = get("tile/entries/001.p/44").content
        assert tiles.split_entries(bundle) == leaves[256:]
        hashes = tiles.split_hashes(get("tile/0/001.p/44").content)
        assert hashes == list(map(entries.leaf_hash, leaves[256:]))

    def test_a_partial_tile_stays_when_its_full_one_has_come(self, grow) -> None:
        grow(200)
        before = {
            name: get(f"tile/{name}").content for name in ("0/000.p/200", "entries/000.p/200")
        }
        grow(100)
        assert not files.tile_path(tiles.parse("0/000.p/200")).exists()
        for name, contents in before.items():
            answer = get(f"tile/{name}")
            assert (answer.status_code, answer.content) == (200, contents)

    def test_bundles_are_compressed_for_who_takes_it(self, grow) -> None:
        grow(100)
        plain = get("tile/entries/000.p/100")
        packed = get("tile/entries/000.p/100", accept_encoding="gzip, br")
        assert "Content-Encoding" not in plain
        assert packed["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.content) == plain.content
        assert plain["Vary"] == packed["Vary"] == "Accept-Encoding"
        assert len(packed.content) < len(plain.content) / 2

    @pytest.mark.parametrize(
        "name",
        [
            *("0/001", "0/000.p/4", "1/000", "1/000.p/1", "5/000", "entries/000", "0/x001/000"),
            *("0/000.p/0", "0/000.p/256", "0/000.p/03", "00/000", "64/000", "0/0", "0/x000/000"),
            *(
                "../checkpoint",
                "..%2fcheckpoint",
                "0/../../checkpoint",
                "0/%2e%2e/%2e%2e/checkpoint",
            ),
            *("../../log.key", "..%2f..%2flog.key", "0/000.p/3/..", "0/000%00", "0/000.p/.3.tmp"),
            *("", "0", "0/", "entries", "data/000", "0/٠٠٠", "0/000%0a"),
        ],
    )
    def test_everything_else_is_nothing(self, grow, name) -> None:
        grow(3)
        answer = get(f"tile/{name}")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not-found"
        assert answer["Cache-Control"] == "no-store"


class TestFinding:
    def test_a_sealed_entry_is_found_and_one_that_waits_is_like_none(self, grow) -> None:
        sealed = grow.append(3)
        grow(1)
        for entry in sealed:
            entry.refresh_from_db()
            assert get(f"find/{bytes(entry.leaf_hash).hex()}").json() == {"index": entry.leaf.index}
        (waiting,) = grow.append(1)
        none = get(f"find/{'0' * 64}")
        waits = get(f"find/{bytes(waiting.leaf_hash).hex()}")
        assert (none.status_code, none.content) == (404, waits.content)
        assert dict(none.headers) == dict(waits.headers)

    @pytest.mark.parametrize("word", ["", "0", "0" * 63, "0" * 65, "G" * 64, "A" * 64])
    def test_what_is_no_hash_is_nowhere(self, grow, word) -> None:
        assert get(f"find/{word}").status_code == 404


class TestCosignatures:
    @pytest.fixture(autouse=True)
    def _patient(self, monkeypatch) -> None:
        monkeypatch.setattr(views, "strangers", Throttle(burst=1000, per_minute=1000))

    def post(self, body: str | bytes):
        return Client(enforce_csrf_checks=True).post(
            "/log/cosignatures", body, content_type="text/plain"
        )

    def test_a_witness_that_is_ours_is_believed(self, grow, settings) -> None:
        witness = Witness()
        settings.HUIYIN_LOG_WITNESSES = [witness.key]
        grow(3)
        served = get("checkpoint").content.decode()
        line = witness.cosign(served)
        answer = self.post(line)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 1})
        publish()
        assert get("checkpoint").content.decode() == served + line

    @pytest.mark.parametrize(
        "body", [b"", b"\xff", b"x" * 40_000, "— a b\n".encode(), b"{}", "— w AAAAAAAA\n".encode()]
    )
    def test_anything_else_is_a_problem_and_changes_nothing(self, grow, settings, body) -> None:
        settings.HUIYIN_LOG_WITNESSES = [Witness().key]
        grow(3)
        answer = self.post(body)
        assert answer.status_code == 422
        assert answer["Content-Type"] == "application/problem+json"
        assert not Cosignature.objects.exists()

    def test_who_comes_too_often_has_to_wait(self, grow, monkeypatch) -> None:
        monkeypatch.setattr(views, "strangers", Throttle(burst=2, per_minute=1))
        assert [self.post("x").status_code for _ in range(3)] == [422, 422, 429]


def test_pages_of_any_site_may_read_it_and_no_language_or_cookie_changes_a_byte(grow) -> None:
    grow(3)
    for address in ("checkpoint", "keys", "tile/0/000.p/3", "nothing"):
        answers = [get(address, accept_language=language) for language in ("en", "zh")]
        for answer in answers:
            assert answer["Access-Control-Allow-Origin"] == "*"
            assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert not answer.cookies
        if address != "nothing":
            assert answers[0].content == answers[1].content
            assert dict(answers[0].headers) == dict(answers[1].headers)
            assert "Vary" not in answers[0]


@pytest.mark.parametrize("address", ["checkpoint", "keys", "tile/0/000.p/3", "cosignatures", "x"])
def test_other_methods_are_refused(grow, address) -> None:
    grow(3)
    takes = "post" if address == "cosignatures" else "get"
    for method in {"put", "delete", "patch", "post", "get"} - {takes}:
        answer = getattr(Client(), method)(f"/log/{address}")
        assert answer.status_code == 405
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["Allow"] == ("POST" if address == "cosignatures" else "GET, HEAD")


def test_keys_are_those_that_the_database_knows(grow) -> None:
    grow(1)
    keys.rotate()
    shown = json.loads(get("keys").content)
    assert [key["vkey"] for key in shown["keys"]] == [str(key) for key in keys.verifiers()]
    assert set(shown["keys"][0]) == {"vkey", "since", "retired", "introduction"}
    assert "PRIVATE" not in json.dumps(shown)
