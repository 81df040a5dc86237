"""Addresses of rating pages as systems in Anhui write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from huiyin.dialects.anhui import codec
from huiyin.dialects.encodings import to_base64
from huiyin.dialects.kit.cases import MARK
from huiyin.dialects.kit.words import Words

Holds = Callable[[int, Mapping[str, str]], bool]


@dataclass(frozen=True)
class Link:
    sent: Words
    query: str
    expected: Words
    holds: Holds


_OPENS = Words("303 to a token, nothing kept", "303 跳转到令牌，不留痕迹")


def cases_of_links(source: str, area: str, number: str) -> Iterator[Link]:
    """The addresses, in order; ``number`` is a case with one service."""
    said = {
        "evaluateChannel": "PJQ",
        "projNo": number,
        "serviceCode": "1",
        "regionCode": area,
        "source": source,
        "version": codec.VERSION,
    }

    def link(en: str, zh: str, query: bytes, opens: bool) -> Link:
        if opens:
            return Link(Words(en, zh), query.decode(), _OPENS, _led_on)
        return Link(Words(en, zh), query.decode(), Words("404", "404"), _nothing)

    yield link("an address", "评价页地址", codec.query_of(said, name="params"), True)
    yield link("without a name", "参数没有名称", codec.query_of(said), True)
    personal = said | {"userName": "接口检查"}
    yield link("with a name in it", "地址中带有姓名", codec.query_of(personal, name="p"), True)
    unknown = said | {"projNo": f"{MARK}-none"}
    yield link("an unknown case", "办件不存在", codec.query_of(unknown), False)
    yield link("version 1", "version 为 1", codec.query_of(said | {"version": "1"}), False)
    once = to_base64(b"projNo=1").encode().replace(b"=", b"%3D")
    yield link("encoded once", "只编码一次", once, False)
    yield link("garbage", "无法识别的内容", b"params=%FF%00", False)


def _led_on(status: int, headers: Mapping[str, str]) -> bool:
    return (
        status == 303
        and "/r/" in headers.get("location", "")
        and "?" not in headers.get("location", "")
        and "no-store" in headers.get("cache-control", "")
        and headers.get("referrer-policy", "") == "no-referrer"
    )


def _nothing(status: int, _headers: Mapping[str, str]) -> bool:
    return status == 404
