"""A provider's HTTP interface as a document: how to send, and what its reports look like.

A template is TOML and holds texts with ``{placeholders}``, never code. It is read and checked once,
when the server starts; whatever in it cannot work is refused with the place and the reason. The
keys are described in docs/how-to/connect-an-sms-gateway.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*(?::[A-Za-z0-9_.\-]+)?)\}")
_SETTING = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9\-]{1,60}")
_SOURCE = re.compile(r"text|status|json:[^\s]{0,200}|(?:query|form|header):[A-Za-z0-9_.\-]{1,60}")

# What a text in [send] may name beside the settings and the computed values.
PERSONAL = frozenset({"to", "to_plus", "to_86", "text"})
PLAIN = frozenset(
    {
        "key",
        "reference",
        "source",
        "extension",
        "seconds",
        "milliseconds",
        "local_time",
        "nonce",
        "report_url",
        "inbound_url",
    }
)


class TemplateError(ValueError):
    """The document cannot be used; the text says where and why."""


class Sorted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Names and values in the order of the names: what many providers sign."""

    pair: str = "{name}={value}"
    join: str = "&"
    before: str = ""
    after: str = ""
    without: list[str] = []


class Digest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A digest over a text, or over the sorted fields."""

    algorithm: Literal["md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"]
    encoding: Literal["hex", "HEX", "base64"]
    over: str = ""
    sorted: Sorted | None = None
    key: str = ""


class Condition(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """True when what stands at ``source`` is one of ``equals`` or starts with ``starts_with``."""

    source: str
    equals: list[str] = []
    starts_with: list[str] = []


class Answer(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    status: list[int] = msgspec.field(default_factory=lambda: [200])
    accepted: Condition | None = None
    # Sending again cannot help.
    never: Condition | None = None
    # Where the provider's name of the message stands; “own”: it uses ours ({reference}).
    reference: str = "own"


class Send(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One POST for each message."""

    url: str
    body: Literal["form", "json", "text"]
    headers: dict[str, str] = {}
    # For form and json; a json value may hold lists and tables.
    fields: dict[str, Any] = {}
    # For text.
    text: str = ""
    compute: dict[str, Digest] = {}
    answer: Answer = Answer()
    # Whether the provider sends a message once, however often it gets it under the same {key}.
    knows_keys: bool = False


class Secret(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The provider sends a secret along."""

    source: str
    setting: str


class Signature(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The provider signs. ``digest.over`` may name {body}, {query:…}, {form:…} and {header:…}."""

    source: str
    digest: Digest


class Reply(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the provider wants to hear when we have stored what it brought."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    text: str = ""


class Report(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Delivery reports as the provider posts them."""

    reference: str
    outcome: str
    arrived: list[str]
    failed: list[str]
    under_way: list[str] = []
    error: str = ""
    each: str = ""
    secret: Secret | None = None
    signature: Signature | None = None
    reply: Reply = Reply()


class Inbound(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Messages of citizens as the provider posts them."""

    number: str
    text: str
    recipient: str = ""
    reference: str = ""
    each: str = ""
    secret: Secret | None = None
    signature: Signature | None = None
    reply: Reply = Reply()


class Template(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    send: Send
    # Names of settings it needs: NAME stands for the variable HUIYIN_SMS_HTTP_NAME.
    settings: list[str] = []
    report: Report | None = None
    inbound: Inbound | None = None


def load(name: str) -> Template:
    """The template that ships as ``name``, or the one in the file at that path.

    Raises ``TemplateError``.
    """
    try:
        if _NAME.fullmatch(name):
            file = resources.files(__package__) / "templates" / f"{name}.toml"
            text = file.read_text("utf-8")
        else:
            text = Path(name).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise TemplateError(f"no template can be read at {name!r}") from error
    return parse(text)


# Prepared before there are threads: see huiyin.matters.policy.
msgspec.json.Decoder(Template)


def parse(text: str) -> Template:
    """The template in ``text``. Raises ``TemplateError``."""
    try:
        template = msgspec.convert(tomllib.loads(text), Template)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise TemplateError(str(error)) from error
    for place, reason in _faults(template):
        raise TemplateError(f"{reason} - at `{place}`")
    return template


def placeholders(text: str) -> list[str]:
    return PLACEHOLDER.findall(text)


def texts(value: Any) -> Iterator[str]:
    """All texts in ``value``, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


Fault = tuple[str, str]


def _faults(template: Template) -> Iterator[Fault]:
    for name in template.settings:
        if not _SETTING.fullmatch(name):
            yield "settings", f"{name!r} is no name of a setting (upper case)"
    yield from _faults_of_sending(template)
    if template.report:
        yield from _faults_of_posts(template, template.report, "report")
        for key in ("reference", "outcome"):
            yield from _source(getattr(template.report, key), f"report.{key}")
        yield from _source(template.report.error, "report.error", needed=False)
    if template.inbound:
        yield from _faults_of_posts(template, template.inbound, "inbound")
        for key in ("number", "text"):
            yield from _source(getattr(template.inbound, key), f"inbound.{key}")
        for key in ("recipient", "reference"):
            yield from _source(getattr(template.inbound, key), f"inbound.{key}", needed=False)


def _faults_of_sending(template: Template) -> Iterator[Fault]:
    send, known = template.send, {*template.settings, *PLAIN}
    # Addresses end up in logs: nothing personal stands in one.
    yield from _unknown(send.url, known, "send.url", but="nothing personal in an address")
    if not send.url.startswith(("https://", "http://", "{")):
        yield "send.url", "must start with https://, http:// or a setting"
    for name, digest in send.compute.items():
        place = f"send.compute.{name}"
        if not _NAME.fullmatch(name) or name in known | PERSONAL:
            yield place, "a name in lower case that means nothing else yet"
        yield from _faults_of_digest(digest, known | PERSONAL, place)
        if digest.sorted is not None and send.body == "text":
            yield place, "there are no fields to sort in a text"
        known.add(name)
    for header, text in send.headers.items():
        if not _HEADER_NAME.fullmatch(header):
            yield "send.headers", f"{header!r} is no name of a header"
        yield from _unknown(text, known | PERSONAL, f"send.headers.{header}")
    for text in texts(send.fields):
        yield from _unknown(text, known | PERSONAL, "send.fields")
    yield from _unknown(send.text, known | PERSONAL, "send.text")
    if send.body == "text" and (send.fields or not send.text):
        yield "send.text", "a text body needs a text and has no fields"
    if send.body != "text" and (send.text or not send.fields):
        yield "send.fields", f"a {send.body} body needs fields and has no text"
    if send.body == "form" and not all(isinstance(value, str) for value in send.fields.values()):
        yield "send.fields", "the fields of a form are texts"
    wanted = (*send.headers.values(), *texts(send.fields), send.text)
    named = {name for text in wanted for name in placeholders(text)}
    if "text" not in named or not named & {"to", "to_plus", "to_86"}:
        yield "send", "neither the text nor the number may be missing"
    yield from _faults_of_answer(send.answer)


def _faults_of_answer(answer: Answer) -> Iterator[Fault]:
    if answer.reference != "own":
        yield from _source(answer.reference, "send.answer.reference", of_answer=True)
    for key in ("accepted", "never"):
        condition: Condition | None = getattr(answer, key)
        if condition is None:
            continue
        place = f"send.answer.{key}"
        yield from _source(condition.source, f"{place}.source", of_answer=True)
        if not condition.equals and not condition.starts_with:
            yield place, "says nothing to compare with"


def _faults_of_posts(template: Template, posts: Report | Inbound, place: str) -> Iterator[Fault]:
    if (posts.secret is None) == (posts.signature is None):
        yield place, "needs either a secret or a signature: else anybody could post"
    if posts.each and not posts.each.startswith("json:"):
        yield f"{place}.each", "must be json:… (a list)"
    if posts.secret is not None:
        yield from _source(posts.secret.source, f"{place}.secret.source")
        if posts.secret.setting not in template.settings:
            yield f"{place}.secret.setting", f"{posts.secret.setting!r} is not among the settings"
    if posts.signature is not None:
        yield from _source(posts.signature.source, f"{place}.signature.source")
        digest, inner = posts.signature.digest, f"{place}.signature.digest"
        known = {*template.settings, "body"}
        yield from _faults_of_digest(digest, known, inner, of_request=True)
        if not any(name in template.settings for name in placeholders(_everything_in(digest))):
            yield inner, "names no setting: without a secret anybody could sign"


def _everything_in(digest: Digest) -> str:
    parts = [digest.over, digest.key]
    if digest.sorted is not None:
        parts += [digest.sorted.before, digest.sorted.after]
    return "".join(parts)


def _faults_of_digest(
    digest: Digest, known: set[str], place: str, *, of_request: bool = False
) -> Iterator[Fault]:
    if bool(digest.over) == (digest.sorted is not None):
        yield place, "needs either over or sorted"
    if digest.algorithm.startswith("hmac-") != bool(digest.key):
        yield place, "an hmac needs a key, and nothing else has one"
    yield from _unknown(_everything_in(digest), known, place, of_request=of_request)
    if digest.sorted is not None:
        yield from _unknown(digest.sorted.pair, {"name", "value"}, f"{place}.sorted.pair")


def _unknown(
    text: str, known: set[str], place: str, *, but: str = "", of_request: bool = False
) -> Iterator[Fault]:
    for name in placeholders(text):
        part, colon, _rest = name.partition(":")
        if of_request and colon and part in ("query", "form", "header"):
            continue
        if name not in known:
            why = f" ({but})" if but and name in PERSONAL else ""
            yield place, f"{{{name}}} means nothing here{why}"


def _source(
    text: str, place: str, *, needed: bool = True, of_answer: bool = False
) -> Iterator[Fault]:
    if not text and not needed:
        return
    if not _SOURCE.fullmatch(text):
        yield place, f"{text!r} is no place (text, json:…, query:…, form:…, header:…)"
    elif of_answer and not (text in ("text", "status") or text.startswith("json:")):
        yield place, "an answer has a text, a status and json:… only"
    elif not of_answer and text == "status":
        yield place, "only an answer has a status"
