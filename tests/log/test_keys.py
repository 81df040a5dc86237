"""The log's keys: made once, private, noticed when lost, rotated without a gap."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import uuid
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from huiyin.conf import startup
from huiyin.log import key_file, keys, sealing, services
from huiyin.log.errors import KeyUnusable
from huiyin.log.models import Checkpoint, LogKey, RetiredLogKey
from huiyin.log.notes import Note, PrivateKey, VerifierKey
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(log_folder) -> Path:
    return log_folder / "log.key"


def seal(frozen_clock, settings) -> Note:
    settings.HUIYIN_EPOCH_MAX_SECONDS = 86400
    with transaction.atomic():
        services.append(
            kind="step", organisation=factories.organisation(), subject_id=uuid.uuid4(), public={}
        )
    frozen_clock.move_by(days=1)
    assert sealing.seal_if_due()
    return Note.parse(Checkpoint.objects.latest("epoch").note)


class TestTheFirstStart:
    def test_makes_a_key_that_nobody_else_can_read(self, path) -> None:
        previous = os.umask(0)
        try:
            keys.establish()
        finally:
            os.umask(previous)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [key.vkey for key in key_file.read(path)] == [LogKey.objects.get().vkey]
        assert [one.name for one in path.parent.iterdir()] == ["log.key"]

    def test_is_made_once(self, path) -> None:
        first = keys.signer().vkey
        keys.establish()
        keys.establish()
        assert keys.signer().vkey == first == LogKey.objects.get().vkey

    def test_of_many_processes_one_makes_the_key(self, path) -> None:
        script = (
            "import sys; from pathlib import Path; from huiyin.log import key_file, notes;"
            "sys.stdin.readline();"
            "key_file.create(Path(sys.argv[1]), (notes.PrivateKey.generate('x'),));"
            "print(key_file.read(Path(sys.argv[1]))[0].vkey)"
        )
        running = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        said = {process.communicate(timeout=60)[0] for process in running}
        assert len(said) == 1
        assert [one.name for one in path.parent.iterdir()] == ["log.key"]


class TestRefusals:
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
    def test_a_key_file_that_others_can_read(self, path, mode) -> None:
        keys.establish()
        path.chmod(mode)
        with pytest.raises(KeyUnusable, match=r"can be read by others.*chmod 600"):
            keys.signer()
        with pytest.raises(startup.CommandError, match="chmod 600"):
            startup.check()

    @pytest.mark.parametrize("contents", ["", "\n\n", "nonsense\n", "PRIVATE+KEY+a+b+c\n"])
    def test_a_damaged_one(self, path, contents) -> None:
        keys.establish()
        path.write_text(contents)
        with pytest.raises(KeyUnusable, match="Put back the copy"):
            keys.check()

    def test_one_that_is_gone(self, path) -> None:
        keys.establish()
        path.unlink()
        with pytest.raises(KeyUnusable, match=r"is not there.*Put back the copy"):
            keys.signer()
        with pytest.raises(startup.CommandError, match="is not there"):
            startup.check()
        assert not path.exists()

    def test_one_of_another_log(self, path) -> None:
        keys.establish()
        path.unlink()
        key_file.create(path, (PrivateKey.generate("huiyin-demo"),))
        with pytest.raises(KeyUnusable, match="has never signed for this log"):
            keys.check()
        with pytest.raises(startup.CommandError, match="has never signed"):
            startup.check()
        with pytest.raises(KeyUnusable, match="has never signed"):
            keys.sign_with_all("text\n")

    def test_another_name(self, path, settings) -> None:
        keys.establish()
        settings.HUIYIN_LOG_NAME = "elsewhere.example/log"
        with pytest.raises(startup.CommandError, match="Set HUIYIN_LOG_NAME=huiyin-demo"):
            startup.check()

    def test_a_file_that_was_there_before_with_the_keys_of_another_name(self, path) -> None:
        key_file.create(path, (PrivateKey.generate("elsewhere.example/log"),))
        with pytest.raises(KeyUnusable, match="are those of elsewhere"):
            keys.check()


class TestRotation:
    def test_the_old_key_introduces_the_new_one(self, path, frozen_clock) -> None:
        keys.establish()
        old = keys.signer()
        frozen_clock.move_by(days=3)
        keys.rotate()
        new = keys.signer()
        assert new.vkey != old.vkey
        first, second = keys.published()["keys"]
        assert (first["vkey"], first["introduction"], first["retired"]) == (old.vkey, None, None)
        assert second["vkey"] == new.vkey
        note = Note.parse(second["introduction"])
        assert note.body == f"huiyin-demo/key\n{new.vkey}\n{second['since']}\n"
        assert note.verified_by([VerifierKey.parse(old.vkey)])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_both_sign_until_the_older_is_retired_and_what_it_signed_stays_verifiable(
        self, path, frozen_clock, settings
    ) -> None:
        before = seal(frozen_clock, settings)
        old = keys.signer()
        promise = Note.parse(old.sign("huiyin-demo/promise\n"))
        keys.rotate()
        new = keys.signer()
        during = seal(frozen_clock, settings)
        keys.retire(LogKey.objects.get(number=1))
        after = seal(frozen_clock, settings)
        signed_by = [
            [signature.key_id for signature in note.signatures] for note in (before, during, after)
        ]
        old_id, new_id = old.verifier.id, new.verifier.id
        assert signed_by == [[old_id], [old_id, new_id], [new_id]]
        published = [VerifierKey.parse(key["vkey"]) for key in keys.published()["keys"]]
        for note in (before, during, after, promise):
            assert note.verified_by(published)
        assert keys.published()["keys"][0]["retired"]
        assert [key.vkey for key in key_file.read(path)] == [new.vkey]
        startup.check()

    def test_a_process_that_runs_picks_up_the_new_key(self, path) -> None:
        keys.establish()
        seen = [keys.signer().vkey]
        # Another process, with another cache, rotates.
        key_file_before = key_file._last_read
        keys.rotate()
        key_file._last_read = key_file_before
        seen.append(keys.signer().vkey)
        assert seen == [key.vkey for key in LogKey.objects.order_by("number")]

    @pytest.mark.parametrize("instant", ["before the row", "before the file"])
    def test_one_that_was_cut_off_is_completed_when_it_is_called_again(
        self, path, monkeypatch, instant
    ) -> None:
        keys.establish()
        old = keys.signer().vkey

        def die(*_args, **_kwargs) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            if instant == "before the row":
                patch.setattr(LogKey.objects, "get_or_create", die)
            else:
                patch.setattr(Path, "replace", die)
            with pytest.raises(KeyboardInterrupt), transaction.atomic():
                keys.rotate()
        # Meanwhile the old key signs, and servers start.
        startup.check()
        assert keys.signer().vkey == old
        assert keys.rotation_is_unfinished()
        keys.rotate()
        assert not keys.rotation_is_unfinished()
        assert keys.signer().vkey == LogKey.objects.latest("number").vkey
        assert LogKey.objects.count() == 2

    def test_a_machine_with_the_older_file_signs_on_until_that_key_is_retired(
        self, path, frozen_clock, settings
    ) -> None:
        keys.establish()
        copy = path.read_bytes()
        keys.rotate()
        current = path.read_bytes()
        _put(path, copy)
        startup.check()
        assert keys.lags_behind()
        assert len(seal(frozen_clock, settings).signatures) == 1
        with pytest.raises(KeyUnusable, match="lacks the newest key"):
            keys.rotate()
        with pytest.raises(KeyUnusable, match="lacks the newest key"):
            keys.retire(LogKey.objects.get(number=1))
        _put(path, current)
        keys.retire(LogKey.objects.get(number=1))
        _put(path, copy)
        with pytest.raises(startup.CommandError, match=r"is retired.*old copy"):
            startup.check()

    def test_the_newest_key_is_not_retired(self, path) -> None:
        keys.establish()
        with pytest.raises(KeyUnusable, match="Rotate first"):
            keys.retire(LogKey.objects.get())
        assert not RetiredLogKey.objects.exists()


def _put(path: Path, contents: bytes) -> None:
    made = path.with_name("copied")
    made.write_bytes(contents)
    made.chmod(0o600)
    made.replace(path)


class TestTheCommand:
    def run(self, *words: str) -> str:
        said = StringIO()
        call_command("log_key", *words, stdout=said)
        return said.getvalue()

    def test_before_the_first_start_there_is_nothing_to_list(self, path) -> None:
        assert "no key yet" in self.run("list")
        assert not path.exists()

    def test_it_lists_rotates_and_retires(self, path) -> None:
        keys.establish()
        old = keys.signer().vkey
        assert "Key 2 signs from now on" in self.run("rotate")
        new = keys.signer().vkey
        first, second = self.run("list").splitlines()
        assert old in first
        assert first.endswith("signs checkpoints beside the newest")
        assert new in second
        assert second.endswith("signs")
        assert "Key 1 is retired" in self.run("retire", "1", "--yes")
        assert "retired" in self.run("list").splitlines()[0]
        assert "already" in self.run("retire", "1", "--yes")
        assert "PRIVATE" not in self.run("list")

    def test_what_cannot_be_undone_is_asked(self, path, monkeypatch) -> None:
        keys.establish()
        self.run("rotate")
        with pytest.raises(CommandError, match="say --yes"):
            self.run("retire", "1")
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda _question: "no")
        with pytest.raises(CommandError, match="Nothing was done"):
            self.run("retire", "1")
        assert not RetiredLogKey.objects.exists()
        monkeypatch.setattr("builtins.input", lambda _question: "1")
        self.run("retire", "1")
        assert RetiredLogKey.objects.count() == 1

    def test_what_is_wrong_is_said_in_a_sentence(self, path) -> None:
        keys.establish()
        with pytest.raises(CommandError, match="There is no key 7"):
            self.run("retire", "7", "--yes")
        with pytest.raises(CommandError, match="Rotate first"):
            self.run("retire", "1", "--yes")
        path.unlink()
        for words in (["list"], ["rotate"]):
            with pytest.raises(CommandError, match="Put back the copy"):
                self.run(*words)
