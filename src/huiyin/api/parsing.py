"""Reading request bodies strictly, and writing answers that people can read, too."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from huiyin.api.problems import Malformed, UnsupportedMediaType
from huiyin.intake import strict_json
from huiyin.intake.events.fields import field_name


class StrictParser(Parser):
    """JSON in UTF-8 without repeated keys. Rows of events answer for their own repeated keys."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise UnsupportedMediaType(_("Send JSON with “Content-Type: application/json”."))
        by_row = request.path.endswith("/events")
        try:
            found = strict_json.loads(request.body, keep_repeating=by_row)
        except strict_json.RepeatedKey as error:
            raise Malformed(_("A key is given twice."), field=field_name(error.key)) from error
        except strict_json.Malformed as error:
            raise Malformed(_("The body is not JSON in UTF-8.")) from error
        if isinstance(found, strict_json.Repeating):
            raise Malformed(_("A key is given twice."), field=field_name(found.key))
        if not by_row:
            _need_whole_characters(found)
        return found


def _need_whole_characters(found: Any) -> None:
    """Refuse halves of characters, which JSON can escape and no text can hold."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Malformed(_("Contains characters that cannot be stored.")) from error


class Renderer(JSONRenderer):
    """Chinese as it is written, not as escapes."""

    json_dumps_params = {"ensure_ascii": False}
