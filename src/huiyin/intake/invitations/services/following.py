"""What others report: that a message arrived or did not, and that a person was erased."""

from __future__ import annotations

from huiyin.intake.invitations.models import OPEN, Planned, Reply, State, Why
from huiyin.notices.sms.models import DeliveryReceipt
from huiyin.reviews.models import Case

_STATES = {
    DeliveryReceipt.Outcome.ARRIVED: State.ARRIVED,
    DeliveryReceipt.Outcome.FAILED: State.LOST,
}


def came_of(message: str, outcome: DeliveryReceipt.Outcome) -> None:
    """Write what the receipts of our ``message`` say, if it was an invitation or a reply."""
    state = _STATES.get(outcome)
    if state is None or not message:
        return
    # One that was perhaps handed over was, when there is a receipt.
    known = (State.UNDER_WAY, State.HANDED, State.UNSURE)
    for model in (Planned, Reply):
        model.objects.filter(reference=message, state__in=known).update(state=state, next_at=None)


def forget_person(case: Case) -> None:
    """The person of ``case`` was erased: nobody is asked any more, and no number leads here."""
    rows = Planned.objects.filter(event__case=case)
    keys = list(rows.values_list("pk", flat=True))
    Planned.objects.filter(pk__in=keys, state__in=OPEN).update(
        state=State.ENDED, why=Why.ERASED, next_at=None
    )
    Planned.objects.filter(pk__in=keys).update(number_hash=b"")
