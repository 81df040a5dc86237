"""Writing the log's files: whole or not at all, never over what is there, again after a kill."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.db import connection, transaction

from huiyin.log import (
    agreement,
    checkpoints,
    entries,
    files,
    key_file,
    keys,
    notes,
    sealing,
    services,
    tiles,
    tree,
    witnesses,
)
from huiyin.log.errors import CosignatureInvalid, Disagreement
from huiyin.log.models import Checkpoint, Cosignature, LaterSignature, Leaf, LogKey
from huiyin.log.publishing import publish
from huiyin.log.tiles import Tile
from tests import factories
from tests.support.witness import Witness

pytestmark = pytest.mark.django_db


@pytest.fixture
def grow(frozen_clock, settings, log_folder):
    """Append that many entries and seal them."""
    settings.HUIYIN_EPOCH_MAX_SECONDS = 86400
    unit = factories.organisation()
    total = 0

    def more(count: int) -> None:
        nonlocal total
        with transaction.atomic():
            services.append_all(
                services.New(
                    kind="step",
                    organisation=unit,
                    subject_id=uuid.uuid4(),
                    public={"serial": total + place, "text": "等了三个小时"},
                )
                for place in range(count)
            )
        total += count
        frozen_clock.move_by(days=1)
        assert sealing.seal_if_due()

    return more


def written() -> dict[str, bytes]:
    folder = files.folder()
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def leaves() -> list[bytes]:
    placed = Leaf.objects.order_by("index").values_list("entry__public", flat=True)
    return [public.encode() for public in placed]


def check_as_a_reader() -> int:
    """Read the checkpoint and every file that a tree of its size has; how many entries."""
    note, said = files.read_checkpoint()
    assert note.verified_by(keys.verifiers())
    everything = leaves()[: said.size]
    hashes = [entries.leaf_hash(leaf) for leaf in everything]
    assert said.root == tree.root(hashes)
    for start in range(0, said.size, 256):
        width = min(256, said.size - start)
        bundle = files.tile_path(Tile(None, start // 256, width)).read_bytes()
        assert tiles.split_entries(bundle) == everything[start : start + width]
        tile = files.tile_path(Tile(0, start // 256, width)).read_bytes()
        assert tiles.split_hashes(tile) == hashes[start : start + width]
    roots = [tree.root(hashes[start : start + 256]) for start in range(0, said.size - 255, 256)]
    partial = tiles.partial(1, said.size)
    if partial:
        assert tiles.split_hashes(files.tile_path(partial).read_bytes()) == roots
    return said.size


def test_nothing_is_written_before_the_first_epoch(log_folder) -> None:
    assert not publish()
    assert not files.folder().exists()


def test_every_file_of_the_tree_is_there_and_says_what_the_log_says(grow) -> None:
    for count, total in ((1, 1), (254, 255), (1, 256), (1, 257), (600, 857)):
        grow(count)
        publish()
        assert check_as_a_reader() == total
    # Partial tiles go when the full one is there, and no other file is left.
    assert set(written()) == {
        "checkpoint",
        *(f"tile/{level}/{index:03d}" for level in ("0", "entries") for index in range(3)),
        "tile/0/003.p/89",
        "tile/entries/003.p/89",
        "tile/1/000.p/1",
        "tile/1/000.p/3",
    }


def test_several_epochs_that_were_missed_are_written_in_one_round(grow) -> None:
    for count in (3, 300, 5):
        grow(count)
    publish()
    assert check_as_a_reader() == 308


def test_a_round_without_news_touches_nothing(grow, django_assert_max_num_queries) -> None:
    grow(3)
    publish()
    before = {path: path.stat().st_mtime_ns for path in files.folder().rglob("*")}
    with django_assert_max_num_queries(3):
        assert not publish()
    assert {path: path.stat().st_mtime_ns for path in files.folder().rglob("*")} == before


def test_an_empty_folder_gets_the_same_files_again(grow, log_folder) -> None:
    for count in (200, 100):
        grow(count)
        publish()
    before = written()
    files.folder().rename(log_folder / "lost")
    publish()
    # Those of older checkpoints alone are made no more.
    gone = {name for name in before if name.startswith("tile") and ".p/200" in name}
    assert written() == {name: kept for name, kept in before.items() if name not in gone}


@pytest.mark.parametrize("after", range(8))
def test_a_round_that_was_cut_off_is_completed_by_the_next(grow, monkeypatch, after) -> None:
    grow(250)
    publish()
    old = files.checkpoint_path().read_bytes()
    grow(300)
    count = 0
    write = files.Writer._write

    def cut_off(writer: files.Writer, path: Path, contents: bytes) -> None:
        nonlocal count
        if count == after:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f".{path.name}.tmp").write_bytes(contents[: len(contents) // 2])
            raise KeyboardInterrupt
        count += 1
        write(writer, path, contents)

    with monkeypatch.context() as patch:
        patch.setattr(files.Writer, "_write", cut_off)
        with pytest.raises(KeyboardInterrupt):
            publish()
    # Until all is there, readers go on with the older checkpoint.
    assert files.checkpoint_path().read_bytes() == old
    assert check_as_a_reader() == 250
    publish()
    assert check_as_a_reader() == 550
    assert not list(files.folder().rglob(".*.tmp"))


@pytest.mark.parametrize("name", ["0/000", "entries/001", "0/002.p/38", "1/000.p/2"])
def test_a_tile_with_other_bytes_is_an_error_and_is_never_overwritten(grow, name) -> None:
    grow(10)
    publish()
    path = files.folder() / "tile" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"something else")
    old = files.checkpoint_path().read_bytes()
    grow(540)
    with pytest.raises(Disagreement, match="is not what the log says"):
        publish()
    assert path.read_bytes() == b"something else"
    assert files.checkpoint_path().read_bytes() == old


def test_a_partial_tile_that_was_changed_is_found_when_the_log_grows(grow) -> None:
    grow(300)
    publish()
    path = files.folder() / "tile/0/001.p/44"
    changed = bytes(44 * 32)
    path.write_bytes(changed)
    grow(1)
    with pytest.raises(Disagreement):
        publish()
    assert path.read_bytes() == changed


def test_entries_that_were_changed_after_sealing_are_not_published(grow, lifted) -> None:
    grow(3)
    publish()
    grow(3)
    before = written()
    lifted("UPDATE log_entry SET public = replace(public, '三个', '十个')")
    with pytest.raises(Disagreement, match="not those that were sealed"):
        publish()
    assert written() == before


@pytest.fixture
def lifted():
    """Run SQL as somebody does who may switch off triggers."""

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(statement)
                cursor.execute("SET LOCAL session_replication_role = origin")
                return
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(statement)
            for _name, sql in triggers:
                cursor.execute(sql)

    return run


class TestAgreement:
    def test_a_database_that_was_restored_from_an_old_copy_is_not_gone_on_with(
        self, grow, lifted
    ) -> None:
        grow(3)
        grow(4)
        publish()
        agreement.check()
        lifted("DELETE FROM log_checkpoint WHERE epoch_id = 2")
        with pytest.raises(Disagreement, match=r"7 entries of the log are published.* has 3"):
            agreement.check()
        with pytest.raises(Disagreement):
            publish()

    def test_nor_one_that_went_on_after_that(self, grow, log_folder, lifted) -> None:
        grow(3)
        publish()
        lifted("UPDATE log_checkpoint SET size = 4")
        with pytest.raises(Disagreement, match="first 3 entries are not those"):
            agreement.check()

    def test_a_checkpoint_of_another_log_is_found(self, grow, settings) -> None:
        grow(3)
        publish()
        stranger = notes.PrivateKey.generate(settings.HUIYIN_LOG_NAME)
        body = files.read_checkpoint()[0].body
        files.checkpoint_path().write_text(stranger.sign(body))
        with pytest.raises(Disagreement, match="not signed by a key of this log"):
            agreement.check()

    def test_a_signature_that_was_altered_is_found(self, grow) -> None:
        grow(3)
        publish()
        text = files.checkpoint_path().read_text()
        body = files.read_checkpoint()[0].body
        files.checkpoint_path().write_text(text.replace(body, body.replace("\n3\n", "\n2\n")))
        with pytest.raises(Disagreement, match="not signed by a key of this log"):
            agreement.check()

    def test_another_name_is_found_on_the_disk_too(self, grow, settings, monkeypatch) -> None:
        grow(3)
        publish()
        settings.HUIYIN_LOG_NAME = "elsewhere.example/log"
        with pytest.raises(Disagreement, match="HUIYIN_LOG_NAME is elsewhere"):
            agreement.check_files()

    @pytest.mark.parametrize("contents", [b"", b"\xff\xfe", b"huiyin-demo\n3\n", b"x\ny\nz\n\n"])
    def test_a_file_that_is_no_checkpoint_is_found(self, grow, contents) -> None:
        grow(3)
        publish()
        files.checkpoint_path().write_bytes(contents)
        with pytest.raises(Disagreement, match="is no checkpoint"):
            agreement.check()


class TestWitnesses:
    @pytest.fixture
    def witness(self, settings) -> Witness:
        witness = Witness()
        settings.HUIYIN_LOG_WITNESSES = [Witness("other.example/w").key, witness.key]
        return witness

    def test_a_cosignature_stands_below_the_checkpoint(self, grow, witness) -> None:
        grow(3)
        publish()
        served = files.checkpoint_path().read_text()
        line = witness.cosign(served)
        assert witnesses.accept(line) == 1
        publish()
        assert files.checkpoint_path().read_text() == served + line
        # Who cosigned may look again, and cosign what is cosigned.
        assert witnesses.accept(witness.cosign(served + line, at=1_700_000_000)) == 1
        assert Cosignature.objects.count() == 1
        publish()
        assert files.checkpoint_path().read_text() == served + line
        agreement.check()

    def test_the_next_checkpoint_has_none_until_it_is_cosigned(self, grow, witness) -> None:
        grow(3)
        publish()
        first = files.checkpoint_path().read_text()
        grow(3)
        # A witness that was slow: kept, but it says nothing of the newer checkpoint.
        assert witnesses.accept(witness.cosign(first)) == 1
        publish()
        assert files.checkpoint_path().read_text() == checkpoints.newest().note

    @pytest.mark.parametrize("wrong", ["unknown", "other text", "future", "log", "none", "many"])
    def test_what_is_no_cosignature_of_ours_is_refused_and_nothing_is_stored(
        self, grow, witness, wrong, frozen_clock
    ) -> None:
        grow(3)
        served = checkpoints.newest().note
        now = int(frozen_clock.now.timestamp())
        good = witness.cosign(served)
        text = {
            "unknown": Witness("witness.example/w1").cosign(served),
            "other text": witness.cosign(served.replace("\n3\n", "\n4\n")),
            "future": witness.cosign(served, at=now + 3600),
            "log": served.rpartition("\n\n")[2],
            "none": "\n",
            "many": good * 65,
        }[wrong]
        with pytest.raises(CosignatureInvalid):
            witnesses.accept(text if wrong in {"none", "many"} else good + text)
        assert not Cosignature.objects.exists()

    def test_a_witness_that_is_no_longer_named_is_shown_no_longer(
        self, grow, witness, settings
    ) -> None:
        grow(3)
        publish()
        witnesses.accept(witness.cosign(files.checkpoint_path().read_text()))
        publish()
        assert witness.name in files.checkpoint_path().read_text()
        settings.HUIYIN_LOG_WITNESSES = []
        publish()
        assert files.checkpoint_path().read_text() == Checkpoint.objects.get().note


class TestANewKey:
    def served(self) -> notes.Note:
        return notes.Note.parse(files.checkpoint_path().read_text())

    def test_signs_the_checkpoint_that_is_served_beside_the_old_one(self, grow) -> None:
        grow(3)
        publish()
        before = self.served()
        old = keys.signer()
        keys.rotate()
        new = keys.signer()
        assert publish()
        assert not publish()
        after = self.served()
        assert after.body == before.body
        assert after.signatures == (*before.signatures, new.signature(before.body))
        assert after.verified_by([new.verifier]) == [new.verifier]
        assert after.verified_by([old.verifier]) == [old.verifier]
        agreement.check()
        # Older checkpoints stay as they are, and the next one is signed by both when it is sealed.
        grow(2)
        assert not publish()
        assert len(self.served().verified_by([old.verifier, new.verifier])) == 2
        assert LaterSignature.objects.count() == 1

    def test_after_two_rotations_all_three_sign(self, grow) -> None:
        grow(3)
        for _ in range(2):
            keys.rotate()
            while publish():
                pass
        assert self.served().verified_by(keys.verifiers()) == keys.verifiers()

    def test_stands_above_the_witnesses(self, grow, settings) -> None:
        witness = Witness()
        settings.HUIYIN_LOG_WITNESSES = [witness.key]
        grow(3)
        publish()
        line = witness.cosign(files.checkpoint_path().read_text())
        assert witnesses.accept(line) == 1
        publish()
        keys.rotate()
        publish()
        publish()
        assert [one.name for one in self.served().signatures][-1] == witness.name
        assert len(self.served().signatures) == 3

    def test_a_round_that_was_cut_off_is_completed_by_the_next(self, grow, monkeypatch) -> None:
        grow(3)
        publish()
        keys.rotate()
        assert publish()

        def die(*_args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(files.Writer, "_write", die)
            with pytest.raises(KeyboardInterrupt):
                publish()
        assert len(self.served().signatures) == 1
        assert not publish()
        assert len(self.served().signatures) == 2

    def test_that_the_database_does_not_know_signs_nothing(self, grow, log_folder) -> None:
        grow(3)
        publish()
        before = self.served()
        stranger = notes.PrivateKey.generate(keys.origin())
        key_file.replace(log_folder / "log.key", (stranger,))
        assert not publish()
        assert self.served() == before

    def test_nor_one_that_is_retired(self, grow, log_folder) -> None:
        grow(3)
        publish()
        held = key_file.read(log_folder / "log.key")
        keys.rotate()
        publish()
        keys.retire(LogKey.objects.get(number=1))
        grow(1)
        publish()
        key_file.replace(log_folder / "log.key", held)
        assert not publish()
        assert len(self.served().signatures) == 1

    def test_does_not_sign_what_no_key_of_the_log_has_signed(self, grow, lifted) -> None:
        grow(3)
        publish()
        keys.rotate()
        newest = checkpoints.newest()
        forged = newest.note.replace("\n3\n", "\n4\n")
        with pytest.raises(Disagreement, match="not signed by a key of this log"):
            checkpoints.sign_again(newest, forged)
        assert not LaterSignature.objects.exists()


def test_two_publishers_at_once_write_one_log(grow) -> None:
    grow(300)
    with files.alone() as first:
        assert first
        publish()
        assert files.read_checkpoint() is None
    publish()
    assert check_as_a_reader() == 300
