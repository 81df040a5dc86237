"""What a proof says to people, and to machines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huiyin.verify.problems import Exit, Problem
from huiyin.verify.proving import Proof, Verdict
from huiyin.verify.words import clean, say


def exit_of(proof: Proof, problem: Problem | None) -> Exit:
    if problem is not None:
        return problem.exit
    return Exit.COUNTED if proof.verdict is Verdict.COUNTED else Exit.PROMISED


def lines(proof: Proof, problem: Problem | None, lang: str) -> list[str]:
    """The proof in plain words: the verdict first, then what it rests on, then what it is not."""
    told = []
    if problem is None:
        told.append(say(str(proof.verdict), {"deadline": proof.deadline}, lang))
    else:
        if problem.exit is not Exit.BROKEN:
            told.append(say("failed", {}, lang))
        told.append(say(problem.code, problem.params, lang))
    told.append("")
    told += [f"  ✓ {say(code, params, lang)}" for code, params in proof.proven]
    if problem is not None:
        told.append(f"  ✗ {say(problem.code, problem.params, lang)}")
    told += [f"  – {say(code, params, lang)}" for code, params in proof.notes]
    if problem is None:
        told.append(f"  – {say('not_said', {}, lang)}")
    for name, note in evidence_of(problem).items():
        told += ["", f"[{name}]", *map(clean, note.splitlines())]
    return told


def document(proof: Proof, problem: Problem | None) -> dict[str, Any]:
    """The same for machines; codes are stable."""
    checkpoint = proof.checkpoint
    return {
        "verdict": proof.verdict.value if problem is None and proof.verdict else "failed",
        "exit": int(exit_of(proof, problem)),
        "index": proof.index,
        "tree_size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "deadline": _plain(proof.deadline),
        "proven": [{"code": code, **_plain(params)} for code, params in proof.proven],
        "notes": [{"code": code, **_plain(params)} for code, params in proof.notes],
        "problem": {"code": problem.code, **_plain(problem.params)} if problem else None,
    }


def evidence_of(problem: Problem | None) -> dict[str, str]:
    """The two signed checkpoints that cannot both be true, if that is what is wrong."""
    found = problem.params.get("evidence") if problem else None
    return dict(found) if isinstance(found, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
