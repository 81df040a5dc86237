"""``huiyin dialect-check URL --dialect NAME --key WORD``: does a gateway answer as its clients
expect?"""

from __future__ import annotations

import os
import sys
import unicodedata
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

import httpx

from huiyin.dialects.keys import Secrets
from huiyin.dialects.kit import cases
from huiyin.dialects.kit.links import cases_of_links
from huiyin.dialects.kit.peers import PEERS, Said
from huiyin.dialects.kit.words import Words
from huiyin.dialects.structs import Call
from huiyin.directory import codes

_LOCAL = ZoneInfo("Asia/Shanghai")
_LONGEST_ANSWER = 1024 * 1024
ANHUI = "anhui"
_DESCRIPTION = """\
Send a documented set of good and bad requests to a gateway, and say of each whether the answer is
what existing systems of that dialect expect. About twenty requests, to nobody else.

The two services it pushes have case numbers that begin with HUIYIN-CHECK, and the applicant is
“接口检查”. Run it as often as you like: what is there already is not stored again. They count as
services that nobody rated, so prefer an installation for tests.
"""
_EPILOG = """\
examples:
  huiyin dialect-check https://example.gov.cn --dialect zhejiang --app-mark nb-1 --key - \\
      --organisation 11330106XXXXXXXXXX --area 330106
  huiyin dialect-check http://127.0.0.1:8000 --dialect national --app-mark gj-1 --key WORD \\
      --public-key 04… --organisation 11330106XXXXXXXXXX --area 330106
  huiyin dialect-check https://example.gov.cn --dialect anhui --app-mark hf-1 \\
      --case-number HF2024… --area 340100

exit codes: 0 everything as expected; 1 something was not; 2 misuse; 6 no answer
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the check and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(_run(_chosen(arguments)))
    except httpx.HTTPError as error:
        print(f"huiyin dialect-check: no answer: {type(error).__name__}", file=sys.stderr)
        sys.exit(6)
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="huiyin dialect-check",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("url", help="the platform, such as https://example.gov.cn")
    parser.add_argument("--dialect", required=True, choices=[*PEERS, ANHUI])
    parser.add_argument("--app-mark", required=True, help="how the client names itself")
    parser.add_argument(
        "--key",
        default="",
        help="its word: appWord, app code or password; - reads it from standard input, which "
        "shows it to nobody else on this machine",
    )
    parser.add_argument("--public-key", default="", help="for SM2: 130 hexadecimal digits, 04…")
    parser.add_argument(
        "--organisation", default="", metavar="USCC", help="a body in the client's region"
    )
    parser.add_argument("--area", default="", metavar="CODE", help="its division, 6 or 12 digits")
    parser.add_argument(
        "--case-number", default="", help="anhui: a case with one service that was pushed lately"
    )
    parser.add_argument("--timeout", type=float, default=20, metavar="SECONDS")
    parser.add_argument("--lang", choices=["en", "zh"], help="default: by LANG")
    return parser


def _chosen(arguments: Sequence[str] | None) -> Namespace:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if not chosen.url.startswith(("http://", "https://")):
        parser.error("URL must begin with https:// or http://")
    if codes.twelve_digits(chosen.area) is None:
        parser.error("--area must be a division code of 6 or 12 digits")
    if chosen.dialect == ANHUI:
        if not chosen.case_number:
            parser.error("--case-number is needed: nothing can be pushed in this dialect")
        return chosen
    if not codes.is_uscc(chosen.organisation):
        parser.error("--organisation must be a unified social credit code of 18 characters")
    if chosen.key == "-":
        chosen.key = sys.stdin.readline().strip()
    if not chosen.key:
        parser.error("--key is needed")
    if chosen.dialect in {"national", "shandong", "beijing"} and len(chosen.public_key) < 128:
        parser.error("--public-key is needed: 130 hexadecimal digits that begin with 04")
    return chosen


def _run(chosen: Namespace) -> int:
    lang = chosen.lang or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    with httpx.Client(base_url=chosen.url.rstrip("/"), timeout=chosen.timeout) as http:
        return check(http, chosen, lang)


def check(http: httpx.Client, chosen: Namespace, lang: str) -> int:
    """Send everything and print what came of it; the exit code."""
    table = _Table(lang)
    if chosen.dialect == ANHUI:
        _check_links(http, chosen, table)
    else:
        _check_pushes(http, chosen, table)
    return table.end()


def _check_links(http: httpx.Client, chosen: Namespace, table: _Table) -> None:
    for link in cases_of_links(chosen.app_mark, chosen.area, chosen.case_number):
        answer = http.get(f"/gateways/anhui/page?{link.query}")
        passed = link.holds(answer.status_code, answer.headers)
        table.add(link.sent, link.expected, passed, f"HTTP {answer.status_code}")


def _check_pushes(http: httpx.Client, chosen: Namespace, table: _Table) -> None:
    secrets = Secrets(word=chosen.key, public=chosen.public_key[-128:])
    peer = PEERS[chosen.dialect](chosen.app_mark, secrets)
    body = cases.Body(chosen.organisation, chosen.area, "接口检查")
    now = datetime.now(_LOCAL)  # noqa: TID251 - a client's own clock
    for case in cases.of(peer, body, now):
        status, content = _send(http, f"/gateways/{chosen.dialect}", case.call)
        said = peer.said(content) if status == 200 else Said(fine=False, readable=False)
        passed = said.readable and case.expected.holds(said)
        answered = said.text if said.readable else f"HTTP {status}, ?"
        table.add(case.sent, case.expected.words, passed, answered)


def _send(http: httpx.Client, path: str, call: Call) -> tuple[int, bytes]:
    headers = {"Content-Type": call.content_type}
    if call.authorization:
        headers["Authorization"] = call.authorization
    answer = http.post(path, content=call.body, headers=headers)
    return answer.status_code, answer.content[:_LONGEST_ANSWER]


_HEADS = (
    Words(en="", zh="结果"),
    Words(en="sent", zh="发送"),
    Words(en="expected", zh="应答应为"),
    Words(en="answered", zh="应答"),
)
_PASSED, _FAILED = Words(en="ok", zh="通过"), Words(en="FAIL", zh="不符")
_END = Words(en="{passed} as expected, {failed} not.", zh="通过 {passed} 项，不符 {failed} 项。")


class _Table:
    """What was found, line by line."""

    _WIDTHS = (5, 34, 38)

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._passed = self._failed = 0
        self._line([pair.in_(lang) for pair in _HEADS])

    def add(self, sent: Words, expected: Words, passed: bool, answered: str) -> None:
        if passed:
            self._passed += 1
        else:
            self._failed += 1
        word = _PASSED if passed else _FAILED
        self._line((word.in_(self._lang), sent.in_(self._lang), expected.in_(self._lang), answered))

    def end(self) -> int:
        """The last line, and the exit code."""
        print("\n" + _END.in_(self._lang).format(passed=self._passed, failed=self._failed))
        return 1 if self._failed else 0

    def _line(self, cells: Sequence[str]) -> None:
        padded = [_wide(text, width) for text, width in zip(cells, self._WIDTHS, strict=False)]
        print("  ".join([*padded, *cells[len(self._WIDTHS) :]]).rstrip(), flush=True)


def _wide(text: str, width: int) -> str:
    """``text`` filled up to ``width`` columns; a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
    return text + " " * max(0, width - taken)
