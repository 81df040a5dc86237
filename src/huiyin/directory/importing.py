"""Tables in and out of the administration pages: file formats, code look-ups, the verdict.

A file is judged row by row before anything is written, and is written whole or not at all. Rows
are keyed by the codes people know (division code, credit code, item code, user name).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import zip_longest
from typing import Any

import openpyxl
import tablib
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from import_export.formats import base_formats
from import_export.forms import ExportForm
from import_export.resources import Diff, ModelResource
from import_export.results import Result
from import_export.widgets import ForeignKeyWidget

# A spreadsheet runs a cell that starts so as a formula; an apostrophe keeps it text.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_ESCAPED = re.compile(r"'[=+\-@\t\r]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Xlsx(base_formats.XLSX):  # type: ignore[misc]
    """The first sheet of a workbook; all values are text."""

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        book = openpyxl.load_workbook(io.BytesIO(in_stream), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return _dataset([_text(value) for value in row] for row in sheet.values)

    def export_data(self, dataset: tablib.Dataset, **_options: Any) -> bytes:
        exported: bytes = super().export_data(_harmless(dataset))
        return exported


class Csv(base_formats.CSV):  # type: ignore[misc]
    """Comma-separated text: UTF-8, or GB18030 as spreadsheets in China save it."""

    CONTENT_TYPE = "text/csv; charset=utf-8"

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        try:
            text = in_stream.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = in_stream.decode("gb18030")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        return _dataset([_text(value) for value in row] for row in rows)

    def export_data(self, dataset: tablib.Dataset, **_options: Any) -> bytes:
        # The byte order mark tells spreadsheets that it is UTF-8.
        text: str = super().export_data(_harmless(dataset))
        return text.encode("utf-8-sig")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a code that a spreadsheet took for a number
    if hasattr(value, "date"):
        value = value.date()
    text = str(value).strip(" ")
    return text[1:] if _ESCAPED.match(text) else text


def _dataset(rows: Iterator[list[str]]) -> tablib.Dataset:
    """A data set of rows as wide as their header. Raises ``ValueError``."""
    headers = next(iter(rows), [])
    while headers and not headers[-1]:
        headers.pop()
    body = list(rows)
    while body and not any(body[-1]):
        body.pop()
    dataset = tablib.Dataset(headers=headers)
    for row in body:
        if any(row[len(headers) :]):
            raise ValueError("a row is wider than the header")
        dataset.append(
            [value for _header, value in zip_longest(headers, row, fillvalue="")][: len(headers)]
        )
    return dataset


def _harmless(dataset: tablib.Dataset) -> tablib.Dataset:
    safe = tablib.Dataset(headers=dataset.headers)
    for row in dataset:
        values = ["" if value is None else str(value) for value in row]
        safe.append([f"'{value}" if _FORMULA.match(value) else value for value in values])
    return safe


class ByCode(ForeignKeyWidget):  # type: ignore[misc]
    """A related row named by its code. Each code is looked up once a file."""

    def __init__(self, model: type[Model], field: str) -> None:
        super().__init__(model, field)
        self._found: dict[str, Model] = {}

    def clean(self, value: str, row: dict[str, str] | None = None, **_context: Any) -> Model | None:
        if not value:
            return None
        if value not in self._found:
            found = self.model.objects.filter(**{self.field: value}).first()
            if found is None:
                raise ValueError(
                    _("There is no %(what)s “%(code)s”.")
                    % {"what": self.model._meta.verbose_name, "code": value}
                )
            self._found[value] = found
        return self._found[value]


class _PlainDiff(Diff):  # type: ignore[misc]
    """What a row changes, without the inline styles that our security policy refuses."""

    def as_html(self) -> list[SafeString]:
        return [
            self._cell(str(old or ""), str(new or ""))
            for old, new in zip(self.left, self.right, strict=True)
        ]

    def _cell(self, old: str, new: str) -> SafeString:
        if self.new or old == new:
            return mark_safe(escape(new))  # noqa: S308 - escaped here
        removed = f"<del>{escape(old)}</del> " if old else ""
        return mark_safe(f"{removed}<ins>{escape(new)}</ins>")  # noqa: S308 - escaped here


class DirectoryResource(ModelResource):  # type: ignore[misc]
    """A table whose every row passes the model's own validators before anything is written."""

    class Meta:
        abstract = True
        clean_model_instances = True
        use_transactions = True
        skip_unchanged = True
        report_skipped = True
        store_row_values = True

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return _PlainDiff

    def before_import(self, dataset: tablib.Dataset, **_context: Any) -> None:
        known = [field.column_name for field in self.get_import_fields()]
        headers = dataset.headers or []
        problems = [
            *(_("Column “%s” is not known.") % name for name in headers if name not in known),
            *(
                _("Column “%s” is there twice.") % name
                for name in dict.fromkeys(headers)
                if headers.count(name) > 1
            ),
            *(
                _("Column “%s” is missing.") % self.fields[key].column_name
                for key in self.get_import_id_fields()
                if self.fields[key].column_name not in headers
            ),
        ]
        if problems:
            raise ValueError(" ".join(problems))

    def before_import_row(self, row: dict[str, str], **_context: Any) -> None:
        bad = [name for name, value in row.items() if _CONTROL.search(value)]
        if bad:
            raise ValidationError(
                {name: _("There is a control character in this value.") for name in bad}
            )

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Model | None:
        try:
            found: Model | None = super().get_instance(instance_loader, row)
        except ValueError:
            return None  # a key that names nothing; import_instance() says which
        return found


class DirectoryAdmin(ImportExportModelAdmin):  # type: ignore[misc]
    """A list that can be exported, and imported with a verdict for each row first."""

    formats = [Xlsx, Csv]
    export_form_class = ExportForm
    import_template_name = "directory/import.html"
    resource_classes: Iterable[type[DirectoryResource]]

    def get_import_context_data(self, **_context: Any) -> dict[str, Any]:
        [resource] = self.resource_classes
        columns = [
            (field.column_name, self.opts.get_field(field.attribute).verbose_name)
            for field in resource().get_import_fields()
        ]
        return {"columns": columns}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        form.add_error(
            "import_file",
            _("This is not a readable %(format)s file. Nothing was imported.")
            % {"format": dict(form.fields["format"].choices)[form.cleaned_data["format"]]},
        )

    def get_import_data_kwargs(self, **context: Any) -> dict[str, Any]:
        options: dict[str, Any] = super().get_import_data_kwargs(**context)
        return {**options, "rollback_on_validation_errors": True}

    def process_import(self, request: HttpRequest, **context: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().process_import(request, **context)
        except FileNotFoundError:  # confirmed twice, or too late
            messages.error(request, _("The uploaded file is gone. Please choose it again."))
            return self._start_again()
        return response

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Tell what was written. The directory may have changed since the preview."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(
                request,
                _("Nothing was imported: the data changed since the preview. Please try again."),
            )
            return self._start_again()
        response: HttpResponse = super().process_result(result, request)
        return response

    def _start_again(self) -> HttpResponseRedirect:
        app, model = self.get_model_info()
        return redirect(f"admin:{app}_{model}_import")
