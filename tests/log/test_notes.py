"""Signed notes: the specifications' own examples, and everything that is almost one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.log import notes
from huiyin.log.notes import (
    Checkpoint,
    Note,
    NoteInvalid,
    PrivateKey,
    Signature,
    SignatureInvalid,
    VerifierKey,
)
from tests.support.witness import Witness

pytestmark = pytest.mark.once

# golang.org/x/mod/sumdb/note: the keys and the note of its examples.
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SIGNED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_another_implementation_verifies_and_is_signed_alike() -> None:
    key = VerifierKey.parse(VKEY)
    note = Note.parse(SIGNED)
    assert note.verified_by([key]) == [key]
    private = PrivateKey.parse(SKEY)
    assert private.vkey == VKEY == str(key)
    assert private.export() == SKEY
    assert private.sign(note.body) == SIGNED == str(note)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_what_is_signed_verifies_and_one_changed_character_does_not(text) -> None:
    private = PrivateKey(name="hcp.example/log", seed=bytes(32))
    signed = private.sign(f"{text}\n")
    note = Note.parse(signed)
    assert note.body == f"{text}\n"
    assert note.verified_by([private.verifier]) == [private.verifier]
    with pytest.raises(SignatureInvalid):
        Note(f"{text}x\n", note.signatures).verified_by([private.verifier])


def test_a_signature_of_somebody_else_is_nobodys() -> None:
    one, other = PrivateKey.generate("a.example"), PrivateKey.generate("a.example")
    note = Note.parse(one.sign("text\n"))
    assert note.verified_by([other.verifier]) == []
    claimed = Signature("a.example", other.verifier.id, note.signatures[0].value)
    with pytest.raises(SignatureInvalid):
        Note(note.body, (claimed,)).verified_by([other.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— a.example AAAA",
        "text\n\n- a.example AAAAAAAA\n",
        "text\n\n— a.example  AAAAAAAA\n",
        "text\n\n— a b AAAAAAAA\n",
        "text\n\n— a+b AAAAAAAA\n",
        "text\n\n— a.example AAAAAA==\n",  # an id and nothing behind it
        "text\n\n— a.example AAAAAAB=\n",  # another spelling of the same bytes
        "text\n\n— a.example AAAA AAAA\n",
        "text\r\n\n— a.example AAAAAAAA\n",
        "te\x00xt\n\n— a.example AAAAAAAA\n",
        "text\n\n" + "— a.example AAAAAAAA\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(text) -> None:
    with pytest.raises(NoteInvalid):
        Note.parse(text)


def test_sixteen_signatures_are_read_as_the_specification_asks() -> None:
    assert len(Note.parse("text\n\n" + "— a.example AAAAAAAA\n" * 16).signatures) == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example",
        VKEY[:-1],
        VKEY.replace("c74f20a3", "c74f20a4"),
        VKEY.replace("c74f20a3", "C74F20A3"),
        VKEY.replace("PeterNeumann", "Peter Neumann"),
        VKEY.replace("PeterNeumann", ""),
        "a+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    ],
)
def test_what_is_no_verifier_key_is_refused(text) -> None:
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(text)


def test_a_damaged_private_key_is_refused_and_never_quoted() -> None:
    for damaged in (
        SKEY[:-4],
        SKEY.replace("c74f20a3", "c74f20a4"),
        SKEY[3:],
        SKEY[:-8] + "AAAAAAAA",
    ):
        with pytest.raises(NoteInvalid) as refusal:
            PrivateKey.parse(damaged)
        assert "AYEKFALV" not in str(refusal.value)


def test_a_checkpoint_is_written_as_the_specification_has_it() -> None:
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    said = Checkpoint.parse(body)
    assert (said.origin, said.size) == ("example.com/behind-the-sofa", 20852163)
    assert said.body == body
    for wrong in (
        body.replace("20852163", "020852163"),
        body.replace("20852163", "-1"),
        body.replace("20852163", ""),
        body.replace("CsUY", "CsU"),
        "\n1\n" + "A" * 43 + "=\n",
        "x\n1\n",
    ):
        with pytest.raises(NoteInvalid):
            Checkpoint.parse(wrong)


def test_a_cosignature_says_when_and_holds_for_its_checkpoint_alone() -> None:
    witness = Witness()
    private = PrivateKey.generate("hcp.example/log")
    checkpoint = private.sign(Checkpoint("hcp.example/log", 3, bytes(32)).body)
    line = Signature.parse(witness.cosign(checkpoint, at=1_700_000_000))
    body = Note.parse(checkpoint).body
    assert notes.cosigned_at(line, witness.key, body) == 1_700_000_000
    later = Signature(line.name, line.key_id, (1).to_bytes(8) + line.value[8:])
    for signature, key, said in (
        (line, witness.key, body.replace("\n3\n", "\n4\n")),
        (later, witness.key, body),
        (line, Witness().key, body),
        (Signature(line.name, line.key_id, line.value[:-1]), witness.key, body),
    ):
        with pytest.raises(SignatureInvalid):
            notes.cosigned_at(signature, key, said)
