"""The commands ``huiyin verify`` and ``huiyin witness``; alone also ``huiyin-verify`` and
``python -m huiyin.verify``."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from huiyin.verify import clock, memory, report, witness
from huiyin.verify.notes import COSIGNATURE, read_vkey
from huiyin.verify.problems import Exit, FileUnreadable, Problem
from huiyin.verify.proving import Proof, prove
from huiyin.verify.receipt import MAX_BYTES, read_receipt
from huiyin.verify.remote import Log
from huiyin.verify.words import language, say

COMMANDS = ("verify", "witness")
_EXITS = """exit codes: 0 counted; 1 the receipt is not a promise of this log, or was altered;
2 misuse, or a file that cannot be read; 3 promised, and the time has not passed; 4 PROMISE BROKEN;
5 the log contradicts itself, its signature or what it said before; 6 no usable answer"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character shows its number; nothing breaks off.
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = words.pop(0) if words and words[0] in COMMANDS else "verify"
    run = _witness if command == "witness" else _verify
    try:
        sys.exit(run(words))
    except KeyboardInterrupt:
        sys.exit(130)


def _parser(command: str, description: str, epilog: str = "") -> ArgumentParser:
    parser = ArgumentParser(prog=f"huiyin {command}", description=description, epilog=epilog)
    parser.add_argument(
        "--log", required=True, metavar="URL", help="the log, such as https://example.gov.cn/log"
    )
    parser.add_argument("--lang", choices=["en", "zh"], help="default: by LANG")
    return parser


def _verify(words: list[str]) -> int:
    parser = _parser("verify", "Prove that the rating of a receipt is counted.", _EXITS)
    parser.add_argument("receipt", help="the receipt as a file (JSON); - reads standard input")
    parser.add_argument("--key", metavar="VKEY", help="a verifier key of the log that you trust")
    parser.add_argument("--memory", type=Path, metavar="FILE", help="what is remembered of the log")
    parser.add_argument(
        "--witness", action="append", default=[], metavar="VKEY", help="a witness to ask for"
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="for machines")
    chosen = parser.parse_args(words)
    proof, problem = Proof(), None
    try:
        _prove(proof, chosen)
    except Problem as found:
        problem = found
    if chosen.as_json:
        print(json.dumps(report.document(proof, problem), ensure_ascii=False, indent=2))
    else:
        print("\n".join(report.lines(proof, problem, language(chosen.lang))))
    return report.exit_of(proof, problem)


def _prove(proof: Proof, chosen: Namespace) -> None:
    log = Log(chosen.log)
    pinned = read_vkey(chosen.key) if chosen.key else None
    witnesses = [read_vkey(text, kind=COSIGNATURE) for text in chosen.witness]
    receipt = read_receipt(_contents(chosen.receipt))
    place = chosen.memory or memory.usual_place(receipt.log)
    remembered = memory.recall(place)
    try:
        prove(
            proof,
            receipt=receipt,
            log=log,
            now=clock.now(),
            pinned=pinned,
            memory=remembered,
            witnesses=witnesses,
        )
    except Problem as problem:
        # A broken promise says nothing against the tree; a contradiction must not be remembered.
        if problem.exit is Exit.BROKEN:
            _remember(place, proof)
        raise
    _remember(place, proof)


def _remember(place: Path, proof: Proof) -> None:
    if proof.checkpoint is None or proof.keyring is None:
        return
    keys = [listed.key.vkey for listed in proof.keyring.led]
    memory.remember(place, keys=keys, checkpoint=proof.checkpoint)


def _contents(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise FileUnreadable(path=name, reason=error) from None


def _witness(words: list[str]) -> int:
    parser = _parser(
        "witness",
        "Watch a log and cosign each checkpoint that takes nothing back.",
        "exit codes: 0 done; 2 misuse; 5 the log contradicts itself, nothing was cosigned; "
        "6 no usable answer",
    )
    parser.add_argument(
        "--key-file", type=Path, required=True, metavar="FILE", help="made on the first run"
    )
    parser.add_argument("--name", help="of the witness, when its key is made")
    parser.add_argument("--log-key", metavar="VKEY", help="a key of the log that you trust")
    parser.add_argument("--state", type=Path, metavar="FILE", help="the last cosigned checkpoint")
    often = parser.add_mutually_exclusive_group()
    often.add_argument("--every", type=_seconds, default=60, metavar="SECONDS", help="default: 60")
    often.add_argument("--once", action="store_true", help="look once and end")
    chosen = parser.parse_args(words)
    lang = language(chosen.lang)

    def tell(code: str, **params: object) -> None:
        print(say(code, params, lang), flush=True)

    try:
        signer = witness.load_or_make(chosen.key_file, name=chosen.name, tell=tell)
        tell("witness_key", vkey=signer.vkey)
        watch = witness.Watch(
            log=Log(chosen.log),
            signer=signer,
            state=chosen.state,
            pinned=read_vkey(chosen.log_key) if chosen.log_key else None,
            tell=tell,
        )
        watch.run(every=None if chosen.once else chosen.every)
    except Problem as problem:
        print(say(problem.code, problem.params, lang), file=sys.stderr)
        for name, note in report.evidence_of(problem).items():
            print(f"\n[{name}]\n{note}", file=sys.stderr)
        return problem.exit
    return Exit.COUNTED


def _seconds(text: str) -> int:
    seconds = int(text)
    if not 1 <= seconds <= 86400:
        raise ValueError(text)
    return seconds
