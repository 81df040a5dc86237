"""What every dialect is decoded to, and what its reply is made of. Pure.

Attributes carry our way of writing; ``name=`` is what the national table calls the field. A value
is the text that was sent (numbers as their digits, lists as JSON), empty when it was not sent:
whether it is valid is decided by the same code that reads ``POST /api/v1/events``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, field

from huiyin.dialects.errors import Code


class PushedEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One service as a business system pushed it, in the terms of the national table."""

    area_code: str = field(default="", name="areaCode")
    dept_code: str = field(default="", name="deptCode")
    org_code: str = field(default="", name="orgcode")
    org_name: str = field(default="", name="orgName")
    task_type: str = field(default="", name="taskType")
    task_code: str = field(default="", name="taskCode")
    task_handle_item: str = field(default="", name="taskHandleItem")
    task_name: str = field(default="", name="taskName")
    project_no: str = field(default="", name="projectNo")
    project_name: str = field(default="", name="projectName")
    project_type: str = field(default="", name="projectType")
    promise_day: str = field(default="", name="promiseDay")
    promise_type: str = field(default="", name="promiseType")
    anticipate_day: str = field(default="", name="anticipateDay")
    anticipate_type: str = field(default="", name="anticipateType")
    pro_status: str = field(default="", name="proStatus")
    pro_channel: str = field(default="", name="proChannel")
    accept_date: str = field(default="", name="acceptDate")
    result_date: str = field(default="", name="resultDate")
    service_name: str = field(default="", name="serviceName")
    service_number: str = field(default="", name="serviceNumber")
    service_time: str = field(default="", name="serviceTime")
    hall_name: str = field(default="", name="hallName")
    window: str = ""
    pro_manager: str = field(default="", name="proManager")
    evaluated_person_info: str = field(default="", name="evaluatedPersonInfo")
    user_prop: str = field(default="", name="userProp")
    user_name: str = field(default="", name="userName")
    user_page_type: str = field(default="", name="userPageType")
    cert_key: str = field(default="", name="certKey")
    handle_user_name: str = field(default="", name="handleUserName")
    handle_user_page_type: str = field(default="", name="handleUserPageType")
    handle_user_page_code: str = field(default="", name="handleUserPageCode")
    mobile: str = ""
    data_source: str = field(default="", name="dataSource")
    app_mark: str = field(default="", name="appMark")
    source: str = ""
    sys_no: str = field(default="", name="sysNo")


class PushedReview(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A review that a business system brings: never one that counts in the headline."""

    area_code: str = field(default="", name="areaCode")
    dept_code: str = field(default="", name="deptCode")
    project_no: str = field(default="", name="projectNo")
    service_number: str = field(default="", name="serviceNumber")
    # 1 the first review of the service, 2 its follow-up.
    ordinal: str = field(default="1", name="assessNumber")
    pf: str = ""
    satisfaction: str = ""
    eval_detail: str = field(default="", name="evalDetail")
    writing_evaluation: str = field(default="", name="writingEvaluation")
    assess_time: str = field(default="", name="assessTime")
    anonymity_flag: str = field(default="", name="anonymityFlag")
    public_flag: str = field(default="", name="publicFlag")
    is_default: str = field(default="", name="isdefault")


EVENT_NAMES = tuple(one.encode_name for one in msgspec.structs.fields(PushedEvent))
REVIEW_NAMES = tuple(one.encode_name for one in msgspec.structs.fields(PushedReview))


def row_of(event: PushedEvent) -> dict[str, str]:
    """``event`` as a row of the national table, without what was not sent."""
    row: dict[str, str] = msgspec.to_builtins(event)
    return row


class Entry(Struct, frozen=True, kw_only=True):
    """One event or review of a request; ``unknown`` are fields that we have no place for, with
    their values as JSON: they are kept sealed, never dropped."""

    event: PushedEvent | None = None
    review: PushedReview | None = None
    # When it cannot even be read: what is wrong with it.
    code: Code | None = None
    field: str = ""
    unknown: Mapping[str, str] = {}


class Call(Struct, frozen=True, kw_only=True):
    """A request as it came. ``fields`` are those of a multipart form, which the server has read."""

    body: bytes = b""
    query: bytes = b""
    content_type: str = ""
    authorization: str = ""
    fields: Mapping[str, str] | None = None


class Envelope(Struct, frozen=True, kw_only=True):
    """The outer layer of a request, before anything is decrypted."""

    app_mark: str
    time: str = ""
    sign: str = ""
    # The encrypted or plain pieces within, in order.
    contents: tuple[Any, ...] = ()
    # Outer fields that the dialect does not know, with their values as JSON.
    unknown: Mapping[str, str] = {}


class Message(Struct, frozen=True, kw_only=True):
    """A request whose sender is who it says. ``sent_at`` is None in dialects without a time."""

    entries: tuple[Entry, ...]
    sent_at: datetime | None = None
    # What must not come a second time with other content; empty in dialects without a signature.
    nonce: bytes = b""


class Became(StrEnum):
    STORED = "stored"
    REPEATED = "repeated"
    REFUSED = "refused"


class Told(Struct, frozen=True, kw_only=True):
    """What became of one entry, for the reply. ``text`` is a sentence for the client's operators;
    ``service`` is by what the client finds the rating page (32 hexadecimal digits and a MAC)."""

    became: Became
    code: Code | None = None
    text: str = ""
    field: str = ""
    project_no: str = ""
    service_number: str = ""
    service: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = {}
