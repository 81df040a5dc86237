"""One form for each step of the road. They check shapes; the rules are the services'."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db.models import TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem
from huiyin.matters.models import ContactAttempt, MeasureHead, ResultClass, RootCause
from huiyin.matters.services import MAX_TEXT, PlannedMeasure, PlannedMilestone
from huiyin.notices.services import MAX_MESSAGE


def _options(choices: type[TextChoices], *without: TextChoices) -> list[tuple[str, Any]]:
    """What can be chosen, each standing alone: with a capital."""
    return [(one.value, capfirst(one.label)) for one in choices if one not in without]


def long_text(
    label: Any,
    *,
    rows: int = 4,
    hint: Any = "",
    required: bool = True,
    limit: int = MAX_TEXT,
) -> Any:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=limit,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def day(label: Any, *, hint: Any = "", required: bool = True) -> Any:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=required,
        # What a browser's own day picker reads and sends, in every language.
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )


class StepForm(forms.Form):
    """A form that knows which version of the matter its reader saw."""

    # Answers are checked here, with words in the page's language, not by the browser.
    use_required_attribute = False
    # Names of groups of rows that a service may find fault with.
    groups: ClassVar[frozenset[str | None]] = frozenset()
    # Whether the form is made with the ``matter`` that its choices depend on.
    takes_matter: ClassVar[bool] = False
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group_errors: dict[str, list[str]] = {}

    @property
    def seen_version(self) -> int:
        """The version the reader saw; -1, which never exists, when it is not a number."""
        value = self.data.get(self.add_prefix("version"), "")
        return int(value) if value.isdecimal() and len(value) < 10 else -1

    def refuse(self, problem: Problem) -> None:
        """Show what a service said at the field it named, else above the form."""
        if problem.field in {field.name for field in self.visible_fields()}:
            self.add_error(problem.field, str(problem))
        elif problem.field is not None and problem.field in self.groups:
            self.group_errors.setdefault(problem.field, []).append(str(problem))
        else:
            self.add_error(None, str(problem))

    def typed(self) -> Iterator[tuple[str, str]]:
        """What the person wrote, field by field, so that it can be shown again to be copied."""
        for bound in self.visible_fields():
            field = bound.field
            if isinstance(field, forms.CharField) and (value := str(bound.value() or "").strip()):
                yield str(bound.label), value


class Call(StepForm):
    """Nothing but the button: the relay calls."""


class CallOutcome(StepForm):
    outcome = forms.ChoiceField(
        label=_("What came of the call?"),
        choices=_options(ContactAttempt.Outcome, ContactAttempt.Outcome.SENT),
        widget=forms.RadioSelect,
    )
    note = long_text(
        _("Note"), rows=3, required=False, hint=_("What was said. No telephone numbers, please.")
    )


class Message(StepForm):
    message = long_text(
        _("Message to the citizen"),
        limit=MAX_MESSAGE,
        hint=_("Sent through the platform; the citizen's number stays hidden."),
    )


class Verify(StepForm):
    facts = long_text(
        _("What did the callback establish?"),
        rows=5,
        hint=_("The facts, as the citizen and your own records tell them."),
    )
    # Offered where the policy has a shorter time for simple matters.
    simple = forms.BooleanField(label=_("A simple matter: the shorter time holds"), required=False)


class AskUnreachable(StepForm):
    reason = long_text(_("What was tried, and why more would not help"))


class DecideUnreachable(StepForm):
    reason = long_text(_("Reason"), hint=_("The unit reads it."))
    decision = forms.ChoiceField(choices=[("agree", ""), ("refuse", "")], required=True)

    def clean_decision(self) -> bool:
        return bool(self.cleaned_data["decision"] == "agree")


class Plan(StepForm):
    """Root cause, measures and milestones. A fixed number of rows, so that it needs no script."""

    MEASURES: ClassVar = 6
    MILESTONES: ClassVar = 8
    groups = frozenset({"measures", "milestones"})

    root_cause = forms.ChoiceField(
        label=_("Root cause"), choices=[("", _("Please choose")), *_options(RootCause)]
    )
    explanation = long_text(
        _("How it came about"), hint=_("What happened, and what would have prevented it?")
    )

    def __init__(self, *args: Any, nodes: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in range(1, self.MEASURES + 1):
            self.fields[f"measure_head_{row}"] = forms.ChoiceField(
                label=_("Heading"),
                choices=[("", _("Please choose")), *_options(MeasureHead)],
                required=False,
            )
            self.fields[f"measure_text_{row}"] = forms.CharField(
                label=_("Measure"),
                max_length=MAX_TEXT,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        planned = dict(enumerate(nodes, start=1))
        for row in range(1, self.MILESTONES + 1):
            node = planned.get(row)
            self.fields[f"milestone_title_{row}"] = forms.CharField(
                label=_("What is done"),
                max_length=120,
                required=False,
                initial=node.title if node else "",
            )
            self.fields[f"milestone_day_{row}"] = day(_("By"), required=False)
            self.fields[f"milestone_day_{row}"].initial = node.due_on if node else None

    def measure_rows(self) -> list[tuple[Any, Any]]:
        return self._rows("measure_head", "measure_text", self.MEASURES)

    def milestone_rows(self) -> list[tuple[Any, Any]]:
        return self._rows("milestone_title", "milestone_day", self.MILESTONES)

    def _rows(self, one: str, other: str, count: int) -> list[tuple[Any, Any]]:
        return [(self[f"{one}_{row}"], self[f"{other}_{row}"]) for row in range(1, count + 1)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        half = _("Fill in both, or leave both empty.")
        pairs = (
            ("measure_head", "measure_text", self.MEASURES),
            ("milestone_title", "milestone_day", self.MILESTONES),
        )
        for one, other, count in pairs:
            for row in range(1, count + 1):
                first, second = cleaned.get(f"{one}_{row}"), cleaned.get(f"{other}_{row}")
                known_wrong = {f"{one}_{row}", f"{other}_{row}"} & set(self.errors)
                if bool(first) != bool(second) and not known_wrong:
                    self.add_error(f"{other if first else one}_{row}", half)
        return cleaned

    @property
    def measures(self) -> list[PlannedMeasure]:
        return [
            PlannedMeasure(self.cleaned_data[f"measure_head_{row}"], text)
            for row in range(1, self.MEASURES + 1)
            if (text := self.cleaned_data[f"measure_text_{row}"])
        ]

    @property
    def milestones(self) -> list[PlannedMilestone]:
        return [
            PlannedMilestone(title, due_on)
            for row in range(1, self.MILESTONES + 1)
            if (title := self.cleaned_data[f"milestone_title_{row}"])
            and isinstance(due_on := self.cleaned_data[f"milestone_day_{row}"], date)
        ]


class ReachMilestone(StepForm):
    place = forms.IntegerField(min_value=1, max_value=Plan.MILESTONES, widget=forms.HiddenInput)


def document(label: Any, *, required: bool = True) -> Any:
    return forms.FileField(
        label=label,
        help_text=_("A picture (JPEG, PNG, WebP) or a PDF, up to 8 MB."),
        required=required,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )


class Evidence(StepForm):
    file = document(_("File"))
    caption = forms.CharField(label=_("What it shows"), max_length=200, required=False)


class Reply(StepForm):
    text = long_text(
        _("Reply to the citizen"),
        rows=7,
        hint=_("Plain words: what you found, what you did, what happens next. No personal data."),
    )
    result_class = forms.ChoiceField(
        label=_("Result"),
        choices=_options(ResultClass, ResultClass.VOIDED, ResultClass.WITHDRAWN),
        widget=forms.RadioSelect,
    )
    # Sent with the reply, so that nobody loses a typed reply over adding a file first.
    file = document(_("Evidence"), required=False)
    planned_for = day(
        _("Will be solved by"), required=False, hint=_("Only for “will be solved by a date”.")
    )
    legal_reason = long_text(
        _("Legal reason"),
        rows=3,
        required=False,
        hint=_("Only for “cannot be solved”: which law or rule stands in the way."),
    )


class ReturnReply(StepForm):
    reason = long_text(_("What has to change"), hint=_("The author reads it."))


class Approve(StepForm):
    """Nothing but the button, on a page of its own."""
