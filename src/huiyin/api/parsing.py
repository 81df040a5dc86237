"""Reading request bodies: strictly, and only what is declared as what it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from huiyin.api.problems import Malformed, UnsupportedMediaType
from huiyin.intake import strict_json


class StrictParser(Parser):
    """JSON in UTF-8 without repeated keys. Rows of events answer for their own repeated keys."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise UnsupportedMediaType(_("Send JSON with “Content-Type: application/json”."))
        by_row = request.path.endswith("/events")
        try:
            found = strict_json.loads(request.body, keep_repeating=by_row)
        except strict_json.RepeatedKey as error:
            raise Malformed(_("A key is given twice."), field=error.key[:60]) from error
        except strict_json.Malformed as error:
            raise Malformed(_("The body is not JSON in UTF-8.")) from error
        if isinstance(found, strict_json.Repeating):
            raise Malformed(_("A key is given twice."), field=found.key[:60])
        return found
