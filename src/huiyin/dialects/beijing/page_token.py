"""The token of Beijing's rating page: an MD5 with its salt woven in, 48 characters. Pure.

Sixteen groups of three: a digit of the hash, a character of the salt, a digit of the hash. MD5
proves little; what keeps others out is the service code, which cannot be guessed. The token is
checked because clients send it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from itertools import permutations

_GROUPS = 16
_FORM = re.compile(r"(?:[0-9a-fA-F][0-9A-Za-z][0-9a-fA-F]){16}")


def made(text: str, salt: str) -> str:
    """The token of ``text`` with a ``salt`` of 16 characters."""
    if len(salt) != _GROUPS:
        raise ValueError("a salt has 16 characters")
    digest = _md5(text + salt)
    return "".join(
        digest[2 * place] + salt[place] + digest[2 * place + 1] for place in range(_GROUPS)
    )


def fits(token: str, *texts: str) -> bool:
    """Whether ``token`` is one of any of ``texts``."""
    if not _FORM.fullmatch(token):
        return False
    digest = "".join(token[3 * place] + token[3 * place + 2] for place in range(_GROUPS)).lower()
    salt = token[1::3]
    return any(hmac.compare_digest(_md5(text + salt), digest) for text in texts)


def texts(*, service: str, app_mark: str, word: str) -> tuple[str, ...]:
    """What a client may make its token of, since places differ: the service code, with the word of
    the client, with its mark, or with both, in any order; or the word, alone or with the mark."""
    some = [(service,), (service, word), (service, app_mark), (word, app_mark), (word,)]
    some.append((service, word, app_mark))
    return tuple({"".join(order) for parts in some for order in permutations(parts)})


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
