"""Reading request bodies strictly, and writing answers that people can read, too."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import pydantic
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from huiyin.api.problems import Malformed, UnsupportedMediaType, invalid
from huiyin.intake import strict_json
from huiyin.intake.events.fields import field_name
from huiyin.kernel.problems import Invalid

Fields = TypeVar("Fields", bound=pydantic.BaseModel)


_WHY: dict[type[strict_json.Malformed], Promise] = {
    strict_json.NotFinite: gettext_lazy(
        "The body holds NaN or Infinity, which JSON does not know."
    ),
    strict_json.TooLong: gettext_lazy("A number in the body has too many digits."),
    strict_json.TooDeep: gettext_lazy("The body nests too deeply."),
}


class StrictParser(Parser):
    """JSON in UTF-8 without repeated keys. Rows of events answer for their own faults."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise UnsupportedMediaType(_("Send JSON with “Content-Type: application/json”."))
        by_row = request.path.endswith("/events")
        try:
            found = strict_json.loads(request.body, by_row=by_row)
        except strict_json.RepeatedKey as error:
            raise Malformed(_("A key is given twice."), field=field_name(error.key)) from error
        except strict_json.Malformed as error:
            raise Malformed(_WHY.get(type(error), _("The body is not JSON in UTF-8."))) from error
        if isinstance(found, strict_json.Repeating):
            raise Malformed(_("A key is given twice."), field=field_name(found.key))
        if not by_row:
            _need_whole_characters(found)
        return found


def read_form(request: HttpRequest, shape: type[Fields]) -> tuple[Fields, UploadedFile[Any]]:
    """The fields of a form as ``shape``, and its one file, which is called ``file``.

    Read by hand and not by the framework, so that a view can refuse first who may not send one.
    Raises ``UnsupportedMediaType``, ``Malformed`` or ``Invalid``.
    """
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType(
            _("Send a form with “Content-Type: multipart/form-data; boundary=…”.")
        )
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, ValueError, LookupError) as error:
        raise Malformed(_("The form cannot be read. Is its boundary right?")) from error
    names = [*texts, *files]
    for name in names:
        if len(texts.getlist(name)) + len(files.getlist(name)) > 1:
            raise Malformed(_("A field is given twice."), field=field_name(name))
    faults: list[dict[str, Any]] = [
        {"loc": ("form", name), "type": "extra_forbidden"} for name in files if name != "file"
    ]
    if "file" not in files:
        faults.append({"loc": ("form", "file"), "type": "file" if "file" in texts else "missing"})
    try:
        fields = shape.model_validate(
            {name: value for name, value in texts.items() if name != "file"}
        )
    except pydantic.ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        faults += [{**entry, "loc": ("form", *entry["loc"])} for entry in told]
    if faults:
        raise invalid(faults)
    upload = files["file"]
    if not isinstance(upload, UploadedFile):
        raise Invalid(field="file")
    return fields, upload


def _need_whole_characters(found: Any) -> None:
    """Refuse halves of characters, which JSON can escape and no text can hold."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Malformed(_("Contains characters that cannot be stored.")) from error


class Renderer(JSONRenderer):
    """Chinese as it is written, not as escapes."""

    json_dumps_params = {"ensure_ascii": False}
