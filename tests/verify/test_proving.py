"""``huiyin verify`` against a served log that is honest, and one that is not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huiyin.verify import memory
from tests.verify.conftest import Result
from tests.verify.small_log import NOW, ORIGIN, SigningKey, SmallLog, leaf_hash, note, serving

pytestmark = pytest.mark.once

Verify = Callable[..., Result]


def sign_anew(receipt: dict[str, Any], key: SigningKey, **changed: Any) -> dict[str, Any]:
    """``receipt`` with other members and a promise that fits them."""
    receipt = receipt | changed
    entry_hash = base64.b64encode(bytes.fromhex(receipt["entry_hash"])).decode()
    body = (
        f"{receipt['log']}/promise\n{entry_hash}\n{receipt['accepted_at']}\n"
        f"{receipt['maximum_delay']}\n"
    )
    return receipt | {"promise": note(body, key)}


def with_entry(receipt: dict[str, Any], key: SigningKey, **changed: Any) -> dict[str, Any]:
    """``receipt`` whose promised entry says something else than the receipt."""
    entry = json.dumps(json.loads(receipt["entry"]) | changed, ensure_ascii=False)
    return sign_anew(receipt, key, entry=entry, entry_hash=leaf_hash(entry.encode()).hex())


def test_a_rating_in_the_log_is_proven(verify: Verify, log: SmallLog) -> None:
    result = verify(log.receipt(3))
    assert result.code == 0, result.out
    assert result.out.startswith("PROVEN: your rating is counted")
    assert "index 3 (from 0) of 5 entries" in result.out
    assert log.keys[0].vkey in result.out  # taken on trust, and it says so


def test_it_says_the_same_in_chinese(verify: Verify, log: SmallLog) -> None:
    result = verify(log.receipt(3), "--lang", "zh")
    assert result.code == 0
    assert result.out.startswith("已证明：您的评价已计入公开日志。")


def test_the_answer_of_the_api_is_a_receipt_too(verify: Verify, log: SmallLog) -> None:
    assert verify({"receipt": log.receipt(0)}).code == 0


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 513, 1000])
def test_every_entry_is_proven_whatever_the_size(verify: Verify, log: SmallLog, size: int) -> None:
    log.entries.clear()
    log.add(size)
    for number in {0, size // 2, size - 1}:
        found = verify(log.receipt(number), "--json")
        assert (found.code, found.json["index"], found.json["tree_size"]) == (0, number, size)


def test_only_the_tiles_that_the_proof_needs_are_fetched(verify: Verify, log: SmallLog) -> None:
    log.add(700)
    del log.files["/log/tile/0/000"]
    log.files = {path: body for path, body in log.files.items() if "/entries/" not in path}
    assert verify(log.receipt(300)).code == 0


def test_a_partial_tile_that_is_gone_is_taken_from_the_full_one(
    verify: Verify, log: SmallLog
) -> None:
    log.add(7)
    old_checkpoint = log.files["/log/checkpoint"]
    log.add(300)
    log.files["/log/checkpoint"] = old_checkpoint
    assert verify(log.receipt(3)).code == 0


def test_what_is_not_sealed_yet_is_promised(verify: Verify, log: SmallLog) -> None:
    result = verify(log.receipt(77))
    assert result.code == 3
    assert "by 2026-12-01 08:15:30 UTC at the latest" in result.out


def test_a_promise_whose_time_has_passed_is_broken(
    verify: Verify, log: SmallLog, at: Callable[..., None]
) -> None:
    at(NOW + timedelta(hours=24, minutes=2))
    result = verify(log.receipt(77))
    assert result.code == 4
    assert result.out.startswith("PROMISE BROKEN")
    assert verify(log.receipt(3)).code == 0


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("level", 5, "entry_differs"),
        ("tags", ["101"], "entry_differs"),
        ("ordinal", 2, "entry_differs"),
        ("organisation", "11330106MB0000002B", "entry_differs"),
        ("text", "很满意", "text_differs"),
        ("salts", {"text": "0" * 64}, "text_differs"),
        ("entry", "{}", "entry_differs"),
        ("entry_hash", "0" * 64, "promise_differs"),
        ("accepted_at", "2026-11-29T08:15:30.123Z", "promise_differs"),
        ("maximum_delay", 10**6, "promise_differs"),
        ("log", "another", "promise_differs"),
        ("promise", "nothing", "promise_malformed"),
    ],
)
def test_an_altered_receipt_is_found(
    verify: Verify, log: SmallLog, member: str, value: object, code: str
) -> None:
    result = verify(log.receipt(3) | {member: value}, "--json")
    assert (result.code, result.json["problem"]["code"]) == (1, code)


@pytest.mark.parametrize(
    "changed",
    [{"level": 2}, {"level": True}, {"tags": []}, {"day": "2026-11-29"}, {"ordinal": 2}],
)
def test_an_entry_that_says_something_else_than_the_receipt_is_found(
    verify: Verify, log: SmallLog, changed: dict[str, Any]
) -> None:
    result = verify(with_entry(log.receipt(3), log.keys[0], **changed), "--json")
    assert (result.code, result.json["problem"]["code"]) == (1, "entry_differs")


def test_a_receipt_without_salts_says_that_the_words_are_not_proven(
    verify: Verify, log: SmallLog
) -> None:
    receipt = log.receipt(3) | {"text": ""}
    del receipt["salts"]
    result = verify(receipt)
    assert result.code == 0
    assert "nothing was proven about the words" in result.out


def test_a_forged_promise_is_found(verify: Verify, log: SmallLog) -> None:
    forger = SigningKey()
    result = verify(log.receipt(3, key=forger), "--json")
    assert (result.code, result.json["problem"]["code"]) == (1, "promise_key_unknown")
    # With the key's own hash in front of a signature that is not its own.
    forger.hash = log.keys[0].hash
    result = verify(log.receipt(3, key=forger), "--json")
    assert (result.code, result.json["problem"]["code"]) == (1, "promise_forged")


def test_a_receipt_of_another_log_is_told_apart(verify: Verify) -> None:
    result = verify(SmallLog("elsewhere").receipt(0), "--json")
    assert (result.code, result.json["problem"]["code"]) == (1, "promise_of_another_log")


# Keys


def test_receipts_from_before_and_after_a_rotation_verify(verify: Verify, log: SmallLog) -> None:
    old, before = log.keys[0], log.receipt(1)
    assert verify(before).code == 0
    log.rotate()
    log.rotate()
    after = log.receipt(2)
    for arguments in ([], ["--key", old.vkey], ["--key", log.keys[1].vkey]):
        assert verify(before, *arguments).code == 0
        assert verify(after, *arguments).code == 0
    log.retired[old.vkey] = "2026-11-30T08:15:31Z"
    log.publish()
    assert verify(before, "--key", old.vkey).code == 0


def test_an_older_key_than_the_pinned_one_proves_only_what_is_in_the_log(
    verify: Verify, log: SmallLog
) -> None:
    before, never = log.receipt(1), log.receipt(77)
    log.rotate()
    pinned = ["--key", log.keys[1].vkey, "--json"]
    assert verify(before, *pinned).code == 0
    result = verify(never, *pinned)
    assert (result.code, result.json["problem"]["code"]) == (1, "promise_key_not_led")


def test_a_promise_dated_after_its_key_was_retired_is_refused(
    verify: Verify, log: SmallLog
) -> None:
    old = log.keys[0]
    log.rotate()
    log.retired[old.vkey] = "2026-11-30T08:00:00Z"
    log.publish()
    result = verify(log.receipt(1, key=old), "--json")
    assert (result.code, result.json["problem"]["code"]) == (1, "promise_key_retired")


def test_a_key_that_nobody_introduced_is_refused(verify: Verify, log: SmallLog) -> None:
    assert verify(log.receipt(1)).code == 0
    listed = json.loads(log.files["/log/keys"])
    stranger = SigningKey()
    listed["keys"].append(
        {"vkey": stranger.vkey, "since": "2026-12-01T00:00:00Z", "introduction": None}
    )
    log.files["/log/keys"] = json.dumps(listed).encode()
    result = verify(log.receipt(1, key=stranger), "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "chain_broken")


def test_another_log_under_the_same_name_is_not_mistaken_for_the_remembered_one(
    verify: Verify, log: SmallLog
) -> None:
    assert verify(log.receipt(1)).code == 0
    log.keys[:] = [SigningKey()]
    log.publish()
    result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "key_not_led")
    result = verify(log.receipt(1), "--json", "--key", SigningKey().vkey)
    assert (result.code, result.json["problem"]["code"]) == (5, "key_not_led")


# A log that lies


def test_a_log_that_takes_an_entry_back_is_found(verify: Verify, log: SmallLog) -> None:
    assert verify(log.receipt(1)).code == 0
    log.entries.pop()
    log.publish()
    result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "shrunk")
    assert result.json["problem"]["evidence"]["old"].startswith(f"{ORIGIN}\n5\n")


@pytest.mark.parametrize("grown", [0, 4])
def test_a_log_that_changes_an_entry_is_found(verify: Verify, log: SmallLog, grown: int) -> None:
    assert verify(log.receipt(1)).code == 0
    log.entries[0] = log.review(0, level=5)[1]
    log.add(grown)
    result = verify(log.receipt(1))
    assert result.code == 5
    assert "changed what it had signed" in result.out
    assert result.out.count(f"{ORIGIN}\n") == 2  # both signed checkpoints, as evidence
    # What was remembered stays, so that it is found again.
    assert verify(log.receipt(1)).code == 5


def test_growth_is_no_fault(verify: Verify, log: SmallLog) -> None:
    for more in (1, 2, 250, 300):
        assert verify(log.receipt(1)).code == 0
        log.add(more)
    result = verify(log.receipt(1))
    assert "Nothing was taken back" in result.out


def test_a_place_that_is_not_the_entrys_is_found(verify: Verify, log: SmallLog) -> None:
    never = log.receipt(77)
    log.files[f"/log/find/{never['entry_hash']}"] = b'{"index": 2}'
    result = verify(never, "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "not_included")


def test_a_checkpoint_signed_by_somebody_else_is_refused(verify: Verify, log: SmallLog) -> None:
    body = log.files["/log/checkpoint"].decode().split("\n\n")[0] + "\n"
    log.files["/log/checkpoint"] = note(body, SigningKey()).encode()
    result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "not_signed")


def test_a_checkpoint_that_was_altered_is_refused(verify: Verify, log: SmallLog) -> None:
    log.files["/log/checkpoint"] = log.files["/log/checkpoint"].replace(b"\n5\n", b"\n6\n")
    result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "signature_wrong")


def test_tiles_that_do_not_fit_the_signed_root_are_told_from_a_fork(
    verify: Verify, log: SmallLog
) -> None:
    assert verify(log.receipt(1)).code == 0
    log.add(1)
    path = "/log/tile/0/000.p/6"
    log.files[path] = bytes(32) + log.files[path][32:]
    result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (5, "root_wrong")


# Witnesses


def test_witnesses_are_shown_when_asked_for(verify: Verify, log: SmallLog) -> None:
    witness, absent = SigningKey("witness", 4), SigningKey("absent", 4)
    body = log.files["/log/checkpoint"].decode().split("\n\n")[0] + "\n"
    moment = int(NOW.timestamp())
    signed = witness.private.sign(f"cosignature/v1\ntime {moment}\n{body}".encode())
    payload = base64.b64encode(witness.hash + moment.to_bytes(8) + signed).decode()
    log.cosignatures.append(f"— witness {payload}\n")
    log.publish()
    result = verify(log.receipt(1), "--witness", witness.vkey, "--witness", absent.vkey)
    assert result.code == 0
    assert "The witness “witness” saw the same tree at 2026-11-30 08:15:30 UTC" in result.out
    assert "The witness “absent” has not signed" in result.out


# The memory


def test_the_memory_is_private_and_can_be_put_elsewhere(
    verify: Verify, log: SmallLog, tmp_path: Path
) -> None:
    place = tmp_path / "elsewhere" / "memory.json"
    assert verify(log.receipt(1), "--memory", str(place)).code == 0
    assert place.stat().st_mode & 0o777 == 0o600
    assert not memory.usual_place(ORIGIN).exists()
    assert verify(log.receipt(1)).code == 0
    assert memory.usual_place(ORIGIN).exists()


@pytest.mark.parametrize("written", [b"", b"{}", b"[1]", b"\xff", b'{"v":1,"keys":[]}'])
def test_a_memory_that_cannot_be_read_is_not_begun_anew(
    verify: Verify, log: SmallLog, tmp_path: Path, written: bytes
) -> None:
    place = tmp_path / "memory.json"
    place.write_bytes(written)
    result = verify(log.receipt(1), "--memory", str(place), "--json")
    assert (result.code, result.json["problem"]["code"]) == (2, "memory_unreadable")
    assert place.read_bytes() == written


# The way there


def test_a_redirect_to_another_host_is_refused(verify: Verify, log: SmallLog) -> None:
    with serving(log) as elsewhere:
        log.files["/log/keys"] = f"redirect:{elsewhere}/keys".encode()
        result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (6, "redirect_refused")


def test_an_answer_that_is_too_large_is_cut_off(verify: Verify, log: SmallLog) -> None:
    log.files["/log/checkpoint"] = b"x" * 100_000
    result = verify(log.receipt(1), "--json")
    assert (result.code, result.json["problem"]["code"]) == (6, "too_large")


def test_nobody_there_is_said(verify: Verify, log: SmallLog) -> None:
    result = verify(log.receipt(1), "--log", "http://127.0.0.1:1/log", "--json")
    assert (result.code, result.json["problem"]["code"]) == (6, "unreachable")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "log",
        "ftp://a/log",
        "http://",
        "http://a:b@c/",
        "http://a/?b",
        "http://a:99999",
        "http://a b/",
    ],
)
def test_an_address_that_is_none_is_said(verify: Verify, log: SmallLog, address: str) -> None:
    result = verify(log.receipt(1), "--log", address, "--json")
    assert (result.code, result.json["problem"]["code"]) == (2, "address_invalid")


def test_the_site_will_do_as_the_logs_address(verify: Verify, log: SmallLog, address: str) -> None:
    assert verify(log.receipt(1), "--log", address.removesuffix("/log")).code == 0
    assert verify(log.receipt(1), "--log", address + "/").code == 0
