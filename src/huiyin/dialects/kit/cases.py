"""What is sent, and what must be answered. Read ``of`` as the table it is.

Every case stands under one of two case numbers that are marked as tests and always the same for one
client, so that running it again adds nothing: at most two services and an imported review, ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from huiyin.dialects.keys import Secrets
from huiyin.dialects.kit.peers import Entry, Fujian, National, Peer, Said, Zhejiang
from huiyin.dialects.kit.words import Words
from huiyin.dialects.structs import Call

MARK = "HUIYIN-CHECK"
_BOMB = (
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    b"<a><projectNo>HUIYIN-CHECK</projectNo><userName>&b;</userName></a>"
)


@dataclass(frozen=True)
class Expected:
    """What an answer must be, and whether one is."""

    words: Words
    holds: Callable[[Said], bool]


TAKEN = Expected(
    Words("taken, or known from an earlier run", "成功，或此前检查时已收下"),
    lambda s: s.fine or s.repeats,
)
FINE = Expected(Words("success", "成功"), lambda said: said.fine)
REPEATED = Expected(
    Words("refused: 不能重复", "拒绝，提示“不能重复”"), lambda s: not s.fine and s.repeats
)
PARAMETER = Expected(Words("parameter error", "参数错误"), lambda said: said.is_parameter_error)
REFUSED = Expected(Words("refused", "拒绝"), lambda said: said.readable and not said.fine)


@dataclass(frozen=True)
class Case:
    sent: Words
    call: Call
    expected: Expected


@dataclass(frozen=True)
class Body:
    """For whom the services are pushed: a body of the platform, in the client's region."""

    uscc: str
    area: str
    name: str


def of(peer: Peer, body: Body, now: datetime) -> Iterator[Case]:
    """The cases for ``peer``, in order. ``now`` is in China's time."""

    def call(entry: Entry, **how: Secrets) -> Call:
        return peer.call(entry, at=now, **how)

    first, second, unknown = (number(peer, which) for which in ("1", "2", "none"))
    one = event(body, first, now)
    two = event(body, second, now, userName="𠮷田王䶮", vendorNote="检查")
    again = FINE if peer.repeat_is_success else REPEATED
    yield Case(Words("a service", "推送一项服务"), call(one), TAKEN)
    yield Case(Words("the same service again", "同一项服务再推送一次"), call(one), again)
    yield Case(Words("a rare name, an unknown field", "生僻字姓名，另有未知字段"), call(two), TAKEN)
    yield Case(Words("no taskName", "缺少 taskName"), call(without(one, "taskName")), PARAMETER)
    yield Case(
        Words("no case number", "缺少 projectNo"), call(without(one, "projectNo")), PARAMETER
    )
    yield Case(
        Words("a service of tomorrow", "办理时间在明天"),
        call(one | {"resultDate": text(now + timedelta(days=1))}),
        PARAMETER,
    )
    yield Case(
        Words("a body that does not exist", "机构代码不存在"),
        call(one | {"deptCode": "000000000000000000"}),
        PARAMETER,
    )
    good = review(first, now)
    yield Case(Words("a review", "上报一条评价"), call(good), TAKEN)
    yield Case(Words("the same review again", "同一条评价再报一次"), call(good), REPEATED)
    yield Case(
        Words("a review of an unknown service", "评价的服务未推送过"),
        call(review(unknown, now)),
        REFUSED,
    )
    yield Case(
        Words("a bad review without a reason", "差评没有标签也没有文字"),
        call(review(second, now) | {"satisfaction": "2"}),
        PARAMETER,
    )
    yield Case(Words("an unknown channel", "pf 代码不存在"), call(good | {"pf": "42"}), PARAMETER)
    yield Case(
        Words("a level of 6", "satisfaction 为 6"), call(good | {"satisfaction": "6"}), PARAMETER
    )
    yield Case(
        Words("the word of somebody else", "密钥不对"),
        call(one, secrets=_with_another_word(peer.secrets)),
        REFUSED,
    )
    yield Case(Words("garbage", "无法识别的内容"), _garbage(call(one)), REFUSED)
    yield from _of_the_dialect(peer, one, two, now)


def _of_the_dialect(peer: Peer, one: Entry, two: Entry, now: datetime) -> Iterator[Case]:
    """What only some dialects know."""
    if isinstance(peer, National):
        long_ago = now - timedelta(days=1)
        yield Case(
            Words("a time of yesterday", "请求时间是昨天"), peer.call(one, at=long_ago), REFUSED
        )
        # A second of its own: no other request of this run has the sign.
        first = peer.call(one, at=now - timedelta(seconds=7))
        stolen = peer.with_sign_of(first, peer.call(two, at=now))
        again = FINE if peer.repeat_is_success else REPEATED
        yield Case(Words("a sign", "一个签名"), first, again)
        yield Case(Words("the same sign, other content", "同一签名，内容不同"), stolen, REFUSED)
    if isinstance(peer, Fujian):
        yield Case(Words("in SOAP", "SOAP 方式"), peer.in_soap(one), REPEATED)
        yield Case(Words("an external entity", "外部实体"), peer.of_document(_BOMB), PARAMETER)
    if isinstance(peer, Zhejiang):
        yield Case(
            Words("userProp 5", "userProp 为 5"),
            peer.call({**one, "userProp": "5"}, at=now),
            PARAMETER,
        )
        declared = peer.call(one, at=now)
        wrong = "&".join(f"{name}={value}" for name, value in two.items()).encode("gb18030")
        yield Case(
            Words("GB 18030 that is not declared", "GB18030 编码却未声明"),
            Call(
                body=wrong,
                content_type=declared.content_type,
                authorization=declared.authorization,
            ),
            PARAMETER,
        )


def number(peer: Peer, which: str) -> str:
    """A case number that no other client uses: a service is known to who pushed it first."""
    client = f"{type(peer).__name__}/{peer.app_mark}".encode()
    return f"{MARK}-{hashlib.sha256(client).hexdigest()[:8]}-{which}"


def event(body: Body, number: str, now: datetime, **more: str) -> dict[str, str]:
    """A faultless service of ``body`` within the case ``number``."""
    served = text(now - timedelta(hours=1))
    return {
        "areaCode": body.area,
        "deptCode": body.uscc,
        "orgcode": body.uscc,
        "orgName": body.name,
        "taskType": "20",
        "taskCode": f"{body.uscc}2000000000001",
        "taskName": "接口检查",
        "projectNo": number,
        "proStatus": "3",
        "acceptDate": served,
        "resultDate": served,
        "serviceName": "办结",
        "serviceNumber": "1",
        "serviceTime": served,
        "userProp": "1",
        "userName": "接口检查",
        "userPageType": "999",
        "certKey": MARK,
        "mobile": "13800000000",
        **more,
    }


def review(number: str, now: datetime) -> dict[str, str]:
    """A good review of the service of ``event``."""
    return {
        "projectNo": number,
        "serviceNumber": "1",
        "assessNumber": "1",
        "pf": "2",
        "satisfaction": "5",
        "evalDetail": "",
        "writingEvaluation": "",
        "assessTime": text(now),
    }


def without(entry: Entry, name: str) -> dict[str, str]:
    return {other: value for other, value in entry.items() if other != name}


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _with_another_word(secrets: Secrets) -> Secrets:
    return Secrets(word=secrets.word[::-1] + "x", private=secrets.private, public=secrets.public)


def _garbage(call: Call) -> Call:
    return Call(
        body=b"\x00\xff<%%%" + b"A" * 64,
        content_type=call.content_type,
        authorization=call.authorization,
    )
