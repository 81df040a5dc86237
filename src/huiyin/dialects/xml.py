"""XML that a stranger sent, read with nothing that XML can do beyond elements and text. Pure.

Expat with its own hooks and not ``defusedxml``: that one forbids the same declarations, but neither
counts elements nor their depth, and it builds trees that are then walked again. A document type is
refused where it begins, so that no entity is ever declared, none expanded and nothing fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from huiyin.dialects.encodings import text_of
from huiyin.dialects.errors import Code, Refused

MAX_DEPTH, MAX_ELEMENTS, MAX_BYTES = 16, 2000, 1024 * 1024
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
# What XML 1.0 cannot hold, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Element:
    """An element by its local name. A leaf has text and no children; others have children, and
    what stands between these is dropped."""

    name: str
    children: list[Element] = field(default_factory=list)
    text: str = ""
    namespace: str = ""

    @property
    def is_leaf(self) -> bool:
        return not self.children

    def leaves(self) -> Iterator[Element]:
        """All leaves below, or the element itself when it is one."""
        if self.is_leaf:
            yield self
        for child in self.children:
            yield from child.leaves()

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            yield from child.walk()


def read(data: bytes) -> Element:
    """The root of the document ``data``. Attributes and comments mean nothing here and are
    dropped. Raises ``Refused``."""
    if len(data) > MAX_BYTES:
        raise Refused(Code.TOO_LARGE, about="xml")
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    text = text_of(data, declared[1].decode("ascii") if declared else "")
    building = _Building()
    try:
        # Text, not bytes: what the document declares of its encoding no longer matters.
        building.parser.Parse(text.lstrip(), True)
    except (expat.ExpatError, ValueError) as error:
        raise Refused(Code.UNREADABLE, about="xml") from error
    if building.root is None:
        raise Refused(Code.UNREADABLE, about="xml")
    return building.root


class _Building:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._said: list[list[str]] = []
        self._elements = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _forbidden
        self.parser.EntityDeclHandler = _forbidden
        self.parser.UnparsedEntityDeclHandler = _forbidden
        self.parser.ExternalEntityRefHandler = _forbidden

    def _start(self, name: str, _attributes: object) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise Refused(Code.TOO_LARGE, about="xml")
        namespace, _space, local = name.rpartition(" ")
        element = Element(local, namespace=namespace)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._said.append([])

    def _end(self, _name: str) -> None:
        element, said = self._open.pop(), self._said.pop()
        if element.is_leaf:
            element.text = "".join(said)

    def _text(self, said: str) -> None:
        self._said[-1].append(said)


def _forbidden(*_what: object) -> int:
    raise Refused(Code.UNREADABLE, about="doctype")


def write(root: Element) -> bytes:
    """The document of ``root`` in UTF-8; ``read`` gives the same again, but for
    namespaces, which are left out. Raises ``ValueError`` for a
    name or a character that XML does not know."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_pieces(root)).encode()


def _pieces(element: Element) -> Iterator[str]:
    if not _NAME.fullmatch(element.name):
        raise ValueError("not a name of an element")
    if _IMPOSSIBLE.search(element.text):
        raise ValueError("a character that XML cannot hold")
    yield f"<{element.name}>"
    # A line break of old Macs would come back as another one.
    yield escape(element.text, {"\r": "&#13;"})
    for child in element.children:
        yield from _pieces(child)
    yield f"</{element.name}>"
