"""What systems in Fujian speak: XML, encrypted with SM4, pushed as it is or in a SOAP envelope.
Pure.

The XML is filled up with zeros, encrypted with SM4 in ECB mode and written as Base64. The key are
the first 16 characters of the MD5 of the client's app code, in hexadecimal. That is no signature:
whoever knows the app code can write anything, and the blocks of one message can be put together
anew without it. So only a text that is whole is read.

How the envelope names its parts is not known, and no name is relied upon: the ciphertext is the
longest text that can be one, and what stands beside it may name the client.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from huiyin.dialects import encodings, forms, xml
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.fields import as_json, entry_of
from huiyin.dialects.keys import Secrets
from huiyin.dialects.structs import Call, Envelope, Message
from huiyin.dialects.traits import FUJIAN, Traits
from huiyin.dialects.xml import Element

TRAITS = FUJIAN
_BLOCK = 16
# A message of an event has hundreds of bytes; anything shorter than this is a name or a code.
_SHORTEST = 2 * _BLOCK
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
# Under which a client may say who it is, the first that is there.
_WHO = ("appMark", "source", "sysNo")


def key_of(app_code: str, *, upper: bool = False) -> bytes:
    """The SM4 key that ``app_code`` stands for; ``upper`` when the MD5 is written in capitals."""
    digest = hashlib.md5(app_code.encode(), usedforsecurity=False).hexdigest()[:_BLOCK]
    return (digest.upper() if upper else digest).encode("ascii")


def _cipher(app_code: str, *, upper: bool) -> Cipher[modes.ECB]:
    # The dialect's choice, not ours.
    return Cipher(SM4(key_of(app_code, upper=upper)), modes.ECB())  # noqa: S305


def seal(plain: bytes, app_code: str, *, upper: bool = False) -> str:
    """``plain``, which must not end in a zero byte, as it is sent."""
    if plain.endswith(b"\0"):
        raise ValueError("a last zero byte would be taken for filling")
    writer = _cipher(app_code, upper=upper).encryptor()
    filled = plain + bytes(-len(plain) % _BLOCK)
    return encodings.to_base64(writer.update(filled) + writer.finalize())


def unseal(sealed: str, app_code: str) -> bytes:
    """The XML that was sealed. Raises ``Refused``; a text of another app code is not authentic.

    Nobody says whether the MD5 is written in capitals, so both are tried. What comes out of a wrong
    key is noise, whose beginning is not that of a document.
    """
    cipher = encodings.from_base64(sealed)
    if not cipher or len(cipher) % _BLOCK:
        raise Refused(Code.UNREADABLE, about="sm4")
    for upper in (False, True):
        reader = _cipher(app_code, upper=upper).decryptor()
        plain = (reader.update(cipher) + reader.finalize()).rstrip(b"\0")
        if plain.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" and b">" in plain[-3:]:
            return plain
    raise Refused(Code.NOT_AUTHENTIC)


def envelope(call: Call) -> Envelope:
    """Who sends, and the ciphertext; the second of the contents is the name of the SOAP operation
    and the third its namespace, both empty for a plain push. Raises ``Refused``."""
    beside: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    operation = namespace = ""
    for name, text in _texts(call):
        if name is _OPERATION:
            operation, _space, namespace = text.partition(" ")
        elif _may_be_sealed(text):
            found.append((name, text))
        elif text.strip():
            beside[name] = text.strip()
    if not found:
        raise Refused(Code.UNREADABLE, about="sm4")
    sealed = max(found, key=lambda one: len(one[1]))
    beside |= dict(one for one in found if one is not sealed)
    # A client that names itself nowhere is given an address that does.
    who = next((beside[name] for name in _WHO if beside.get(name)), "") or forms.mark_in(call)
    unknown = {name: as_json(text) for name, text in beside.items() if name not in _WHO}
    return Envelope(app_mark=who, contents=(sealed[1], operation, namespace), unknown=unknown)


# What stands for the name of the operation among the texts of a request.
_OPERATION = "\0operation"


def _texts(call: Call) -> Iterator[tuple[str, str]]:
    """Texts of a request with their names, wherever they stand."""
    if call.fields is not None:
        yield from call.fields.items()
        return
    begins = call.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begins == b"<":
        root = xml.read(call.body)
        if root.name == "Envelope":
            body = next((one for one in root.children if one.name == "Body"), None)
            if body is None or len(body.children) != 1:
                raise Refused(Code.UNREADABLE, about="soap")
            said = body.children[0]
            yield _OPERATION, f"{said.name} {said.namespace}"
            root = said
        for leaf in root.leaves():
            yield leaf.name, leaf.text
    elif b"=" in call.body.rstrip(b"= \r\n") or begins == b"{":
        for name, value in forms.fields_of(call).items():
            yield name, value if isinstance(value, str) else as_json(value)
    else:
        yield "", encodings.text_of(call.body)


def _may_be_sealed(text: str) -> bool:
    try:
        cipher = encodings.from_base64(text)
    except Refused:
        return False
    return len(cipher) >= _SHORTEST and len(cipher) % _BLOCK == 0


def message(outer: Envelope, secrets: Secrets, *, traits: Traits = TRAITS) -> Message:
    """What the client says whose app code the word is. Raises ``Refused``. The dialect knows no
    time, and a message that comes again holds nothing but what must not be repeated."""
    plain = unseal(outer.contents[0], secrets.word)
    entries = [entry_of(given, traits) for given in records(xml.read(plain))]
    return Message(entries=tuple(entries))


def records(root: Element) -> list[dict[str, Any]]:
    """The events or reviews of a document: every element that directly holds a ``projectNo``, with
    what stands outside of all of them; the whole document when there is none. Raises ``Refused``
    for an element that says two things."""
    found = list(_holders(root)) or [root]
    inside = {id(leaf) for one in found for leaf in one.leaves()}
    around = _values(leaf for leaf in root.leaves() if id(leaf) not in inside)
    records = []
    for one in found:
        own = _values(_parts(one))
        records.append({**{k: v for k, v in around.items() if k not in own}, **own})
    return records


def _holders(element: Element) -> Iterator[Element]:
    if any(child.name == "projectNo" and child.is_leaf for child in element.children):
        yield element
        return
    for child in element.children:
        yield from _holders(child)


def _parts(element: Element) -> Iterator[Element]:
    """The fields of a record: its leaves, and the list of clerks as it is."""
    if element.is_leaf or element.name == _PEOPLE:
        yield element
        return
    for child in element.children:
        yield from _parts(child)


_PEOPLE = "evaluatedPersonInfo"


def _values(fields: Iterable[Element]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for element in fields:
        value = element.text if element.is_leaf else _people(element)
        if values.setdefault(element.name, value) != value:
            raise Refused(Code.FIELD_INVALID, field=element.name)
    return values


def _people(element: Element) -> list[dict[str, str]]:
    """Clerks as elements, either one or a list of them."""
    if all(child.is_leaf for child in element.children):
        return [{child.name: child.text for child in element.children}]
    return [{leaf.name: leaf.text for leaf in one.leaves()} for one in element.children]


def request(
    entries: Sequence[Mapping[str, str]],
    *,
    app_mark: str,
    secrets: Secrets,
    operation: str = "",
) -> Call:
    """A request as a client sends it: a plain push, or a call of the SOAP ``operation``. Raises
    ``ValueError`` for a value that XML cannot hold."""
    plain = xml.write(
        Element(
            "evaluate",
            [
                Element("record", [Element(name, text=text) for name, text in one.items()])
                for one in entries
            ],
        )
    )
    sealed = seal(plain, secrets.word)
    if not operation:
        body = urlencode({"appMark": app_mark, "params": sealed}).encode()
        return Call(body=body, content_type="application/x-www-form-urlencoded")
    said = (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body>'
        f'<n:{operation} xmlns:n="urn:evaluate"><appMark>{escape(app_mark)}</appMark>'
        f"<params>{sealed}</params></n:{operation}></s:Body></s:Envelope>"
    )
    return Call(body=said.encode(), content_type="text/xml; charset=utf-8")
