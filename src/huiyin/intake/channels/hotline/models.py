"""Rating by telephone: who is to be rung, the calls that were made or came in, and what was heard.

Nobody's number stands here: a call names the service, and the relay looks the number up.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huiyin.directory.models import Organisation, Staff
from huiyin.intake.channels.hotline.dialogue import State
from huiyin.kernel.models import Row
from huiyin.matters.models import Matter
from huiyin.reviews.models import ServiceEvent


class Outcome(models.TextChoices):
    """What came of a call, in the words of whoever made it."""

    RATED = "rated", _("rated")
    TOLD = "told", _("the reasons were told")
    NOT_REACHED = "not_reached", _("not reached")
    LATER = "later", _("call later")
    REFUSED = "refused", pgettext_lazy("a call", "did not want to rate")
    WRONG_NUMBER = "wrong_number", _("wrong number")
    OPT_OUT = "opt_out", _("wants no more calls")


# After these there is nobody left to ring.
FINAL = frozenset(
    {Outcome.RATED, Outcome.TOLD, Outcome.REFUSED, Outcome.WRONG_NUMBER, Outcome.OPT_OUT}
)


class Reported(models.TextChoices):
    """What the telephony provider saw of a call."""

    RINGING = "ringing", _("ringing")
    ANSWERED = "answered", _("answered")
    NO_ANSWER = "no_answer", _("no answer")
    BUSY = "busy", _("busy")
    UNAVAILABLE = "unavailable", _("number not available")
    FAILED = "failed", _("failed")


# Nobody spoke with anybody.
NOBODY_SPOKE = frozenset({Reported.NO_ANSWER, Reported.BUSY, Reported.UNAVAILABLE, Reported.FAILED})


class ListedCall(Row):
    """A citizen who is to be rung about one service. Its code is all that a call centre gets."""

    class Purpose(models.TextChoices):
        RATING = "rating", _("ask for a rating")
        # A bad rating by key alone, whose giver asked to be rung: the reasons go to its unit.
        DETAIL = "detail", _("ask for the reasons")

    class State(models.TextChoices):
        WAITING = "waiting", _("to be called")
        TAKEN = "taken", _("being called")
        DONE = "done", pgettext_lazy("a call", "done")

    code = models.CharField(_("code"), max_length=12, unique=True)
    purpose = models.CharField(_("purpose"), max_length=6, choices=Purpose)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    event = models.ForeignKey(ServiceEvent, models.PROTECT, related_name="listed_calls")
    # Of the invitations' ladder, which is told when the call is done.
    plan_id = models.UUIDField(null=True)
    # The matter that the reasons are for.
    matter = models.ForeignKey(Matter, models.PROTECT, null=True, related_name="+")
    # The keyed hash by which a caller's number is found again.
    number_hash = models.BinaryField(max_length=32)
    listed_at = models.DateTimeField()
    not_before = models.DateTimeField(_("not before"))
    expires_at = models.DateTimeField(_("until"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    # Who rings them now; null while a machine does.
    agent = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "event", "purpose"], name="one_listed_call_a_purpose"
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=models.Q(state="taken", agent__isnull=False),
                name="one_call_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(state="waiting"),
                name="calls_to_be_made",
            ),
            models.Index(
                fields=["number_hash"],
                condition=~models.Q(state="done"),
                name="open_calls_by_number",
            ),
        ]
        verbose_name = _("listed call")
        verbose_name_plural = _("listed calls")

    def __str__(self) -> str:
        return self.code


class Call(Row):
    """One telephone call: placed by the relay for an agent or a call centre, or held by the IVR."""

    class Way(models.TextChoices):
        AGENT = "agent", _("agent")
        CENTRE = "centre", _("call centre")
        IVR = "ivr", _("by keys")

    # Also what the relay and the telephony platform call it, and the reference of the review.
    code = models.CharField(_("code"), max_length=12, unique=True)
    way = models.CharField(_("way"), max_length=6, choices=Way)
    listed = models.ForeignKey(ListedCall, models.PROTECT, null=True, related_name="calls")
    # Of the simulator: nothing is ever stored of what is said.
    trial = models.BooleanField(default=False)
    # Null: an agent placed none, a caller could not be matched, or it is a trial.
    event = models.ForeignKey(ServiceEvent, models.PROTECT, null=True, related_name="+")
    agent = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for at"))
    # When the relay or the platform took it over; null: it did not.
    placed_at = models.DateTimeField(_("placed at"), null=True)
    reported = models.CharField(_("reported"), max_length=11, choices=Reported, blank=True)
    seconds = models.PositiveIntegerField(_("seconds"), null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    # Why the lane did not take a rating: the code of the problem.
    refusal = models.CharField(max_length=40, blank=True)

    # Of a call that came in: what the platform calls it, and the caller.
    incoming_id = models.CharField(max_length=64, null=True, unique=True)
    number_hash = models.BinaryField(max_length=32, null=True)
    # Of a dialogue by keys; see dialogue.py.
    language = models.CharField(max_length=10, default="zh-hans")
    state = models.CharField(max_length=14, choices=State, blank=True)
    # The services a caller may choose from, newest first: [event id, …].
    options = models.JSONField(default=list)
    level = models.PositiveSmallIntegerField(null=True)
    tags = models.JSONField(default=list)
    call_back = models.BooleanField(default=False)
    missed = models.PositiveSmallIntegerField(default=0)
    heard = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Confirmed, and then the platform was heard of no more.
            models.Index(
                fields=["heard_at"],
                condition=models.Q(state__in=["reasons", "giving"]),
                name="confirmed_not_given",
            ),
        ]
        verbose_name = _("call")
        verbose_name_plural = _("calls")

    def __str__(self) -> str:
        return self.code


class Heard(Row):
    """What the telephony platform told of a call, once for each number. Append-only."""

    class Kind(models.TextChoices):
        STARTED = "started", "started"
        DIGIT = "digit", "digit"
        SILENCE = "silence", "silence"
        HUNG_UP = "hung_up", "hung up"

    call = models.ForeignKey(Call, models.PROTECT, related_name="hearings")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=7, choices=Kind)
    key = models.CharField(max_length=1, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["call", "sequence"], name="heard_once"),
        ]


class Action(Row):
    """What somebody did about a listed call. Append-only: nothing that was done is undone."""

    class Verb(models.TextChoices):
        LISTED = "listed", _("put on the list")
        TAKEN = "taken", _("taken from the list")
        RELEASED = "released", _("put back")
        PLACED = "placed", _("call placed")
        NOT_PLACED = "not_placed", _("call not placed")
        RECORDED = "recorded", _("outcome recorded")
        EXPORTED = "exported", _("given to the call centre")
        CONTRADICTED = "contradicted", _("the provider says that nobody answered")
        CLOSED = "closed", _("taken off the list")

    listed = models.ForeignKey(ListedCall, models.PROTECT, related_name="actions")
    verb = models.CharField(_("action"), max_length=12, choices=Verb)
    # Null: the platform.
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    call = models.ForeignKey(Call, models.PROTECT, null=True, related_name="actions")
    # In codes: an outcome, a problem, the name of a file's digest.
    detail = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("action")
        verbose_name_plural = _("actions")


class ResultRow(Row):
    """A row of a call centre's results that was taken: the same row again changes nothing.

    Append-only.
    """

    call = models.OneToOneField(Call, models.PROTECT, related_name="result_row")
    digest = models.BinaryField(max_length=32)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()
