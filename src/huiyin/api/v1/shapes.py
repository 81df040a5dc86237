"""Shapes that several parts of the API share: strict input, and what answers are made of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr
from pydantic_core import PydanticCustomError

from huiyin.kernel.text import is_blank, is_printable
from huiyin.matters.services import MAX_TEXT


class Body(BaseModel):
    """A request body: every field known, nothing turned into something else."""

    model_config = ConfigDict(extra="forbid", strict=True)


def need_storable(value: str) -> str:
    """For ``AfterValidator``: text that can be kept and shown."""
    if not is_printable(value):
        raise PydanticCustomError("control_characters", "control characters")
    return value


def _only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("date_type", "not a day")
    return value


def need_visible(value: str) -> str:
    """For ``AfterValidator``: text with something in it to see."""
    if is_blank(value):
        raise PydanticCustomError("string_too_short", "nothing to see")
    return value


# What staff write, and what they may leave empty.
Text = Annotated[
    StrictStr,
    Field(min_length=1, max_length=MAX_TEXT),
    AfterValidator(need_storable),
    AfterValidator(need_visible),
]
Remark = Annotated[StrictStr, Field(max_length=MAX_TEXT), AfterValidator(need_storable)]
Line = Annotated[StrictStr, Field(max_length=200), AfterValidator(need_storable)]
Day = Annotated[date, Field(strict=False), BeforeValidator(_only_text)]
Version = Annotated[
    int, Field(strict=True, ge=0, le=2**31 - 1, description="The matter's version as you saw it.")
]


class Named(Schema):
    """A code that stays the same, and its words in the language asked for."""

    code: str
    words: str


class Tag(Schema):
    code: str
    kind: str
    label: str
    label_en: str


class LevelTags(Schema):
    level: int
    words: str
    tags: list[Tag]


class Deadline(Schema):
    """A clock: ``due_at``, the first moment too late, is 24:00 local time of ``last_day``."""

    clock: Named
    round: int
    started_at: datetime
    due_at: datetime
    last_day: date
    stopped_at: datetime | None
    in_time: bool | None = Field(description="Whether it was kept; null while the clock runs.")
    overdue: bool
    provisional: bool = Field(description="The calendar of a year it touches is not announced yet.")


def named(choice: Any) -> Named:
    """A member of a Django choices class as code and words."""
    return Named(code=choice.value, words=str(choice.label))
