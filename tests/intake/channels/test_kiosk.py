"""What a terminal kept while its network was away: signed, delivered once, or refused by name."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from huiyin.intake.channels.kiosk import delivering, slips
from huiyin.intake.channels.kiosk.delivering import PREFIX, Signed, deliver
from huiyin.intake.devices import errors, services
from huiyin.intake.devices.models import Device
from huiyin.kernel import clock, ids
from huiyin.kernel.problems import Problem
from huiyin.matters.models import Matter
from huiyin.reviews.errors import IdempotencyKeyReused
from huiyin.reviews.models import Channel, Review, ReviewOrigin, ServiceEvent, Trust
from huiyin.reviews.receipts import Receipt, hash_of
from huiyin.reviews.services import Verdict
from tests import factories
from tests.support.clock import FrozenClock


class Terminal:
    """A terminal as its page is one: a key, and ratings signed with it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.device, self.bearer = factories.device(kind=Device.Kind.KIOSK, public_key=point)

    def said(self, **changes: Any) -> str:
        said = {
            "device": str(self.device.pk),
            "visit": str(slips.visit_of(ids.new_code(slips.CODE_LENGTH))),
            "level": 5,
            "tags": [],
            "claimed_at": clock.now().isoformat(),
        }
        return json.dumps(said | changes)

    def sign(self, said: str, prefix: bytes = PREFIX) -> Signed:
        r, s = decode_dss_signature(self.key.sign(prefix + said.encode(), ec.ECDSA(SHA256())))
        return Signed(said, r.to_bytes(32) + s.to_bytes(32))

    def rating(self, **changes: Any) -> Signed:
        return self.sign(self.said(**changes))

    def deliver(self, *ratings: Signed, sent_at: datetime | None = None) -> list[Verdict]:
        return deliver(device=self.device, ratings=ratings, sent_at=sent_at or clock.now())


@pytest.fixture
def terminal(db: None) -> Terminal:
    return Terminal()


def test_a_rating_is_a_review_on_the_spot_and_its_slip_leads_to_it(terminal: Terminal) -> None:
    code = ids.new_code(slips.CODE_LENGTH)
    assert slips.receipt_code_of(code) is None
    claimed = clock.now() - timedelta(days=2)

    [receipt] = terminal.deliver(
        terminal.rating(visit=str(slips.visit_of(code)), claimed_at=claimed.isoformat())
    )

    assert isinstance(receipt, Receipt)
    review = Review.objects.get()
    assert (review.channel, review.trust, review.level) == (Channel.KIOSK, Trust.ON_SITE, 5)
    assert review.organisation == terminal.device.organisation
    assert ServiceEvent.objects.get().place == terminal.device.place
    assert ReviewOrigin.objects.get().claimed_at == claimed
    assert abs(review.accepted_at - clock.now()) < timedelta(minutes=1)
    assert slips.receipt_code_of(code) == receipt.code
    assert slips.receipt_code_of(ids.grouped(code).lower()) == receipt.code
    assert bytes(review.code_hash) == hash_of(receipt.code)


def test_a_bad_rating_opens_its_matter(terminal: Terminal) -> None:
    terminal.deliver(terminal.rating(level=1, tags=["115"]))
    assert Matter.objects.get().organisation == terminal.device.organisation


def test_sent_again_it_gets_the_same_receipt(terminal: Terminal) -> None:
    rating = terminal.rating()
    # A tab that signs the same words again makes another signature.
    again = terminal.sign(rating.said)
    assert again.signature != rating.signature
    first = terminal.deliver(rating)
    assert terminal.deliver(rating, rating, again) == first * 3
    assert Review.objects.count() == 1


def test_another_rating_under_the_same_visit_is_refused(terminal: Terminal) -> None:
    visit = str(slips.visit_of(ids.new_code(slips.CODE_LENGTH)))
    [first, other] = terminal.deliver(
        terminal.rating(visit=visit), terminal.rating(visit=visit, level=4)
    )
    assert isinstance(first, Receipt)
    assert isinstance(other, IdempotencyKeyReused)
    assert Review.objects.count() == 1


def test_one_that_is_wrong_harms_no_other(terminal: Terminal) -> None:
    verdicts = terminal.deliver(
        terminal.rating(),
        Signed(terminal.said(), bytes(64)),
        terminal.rating(level=1),
        terminal.rating(),
    )
    assert [isinstance(one, Receipt) for one in verdicts] == [True, False, False, True]
    assert [one.code for one in verdicts if isinstance(one, Problem)] == [
        "signature-wrong",
        "detail-missing",
    ]


def test_a_signature_is_for_these_words_by_this_key_of_this_device(terminal: Terminal) -> None:
    said = terminal.said()
    good = terminal.sign(said)
    other = Terminal()
    for wrong in (
        Signed(said.replace('"level": 5', '"level": 4'), good.signature),
        Signed(said + " ", good.signature),
        other.sign(said),
        terminal.sign(said, prefix=b""),
        terminal.sign(said, prefix=b"huiyin.rating.2\n"),
        Signed(said, good.signature[:-1]),
        Signed(said, good.signature + b"\0"),
        Signed(said, b""),
        Signed(said, bytes(64)),
        Signed(said, b"\xff" * 64),
        terminal.rating(device=str(other.device.pk)),
    ):
        [verdict] = terminal.deliver(wrong)
        assert isinstance(verdict, errors.SignatureWrong), wrong
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"visit": str(uuid.uuid4())},
        {"visit": "x"},
        {"level": "5"},
        {"level": 5.5},
        {"tags": "115"},
        {"tags": ["x" * 11]},
        {"tags": ["115"] * 41},
        {"claimed_at": "2026-03-01T10:00:00"},
        {"claimed_at": "yesterday"},
        {"text": "x"},
    ],
)
def test_words_that_are_none_of_ours_are_refused(
    terminal: Terminal, changes: dict[str, Any]
) -> None:
    [verdict] = terminal.deliver(terminal.rating(**changes))
    assert isinstance(verdict, errors.RatingInvalid)


def test_nobodys_event_can_be_taken_for_a_visit(terminal: Terminal) -> None:
    event = factories.event(terminal.device.organisation)
    [verdict] = terminal.deliver(terminal.rating(visit=str(event.pk)))
    assert isinstance(verdict, errors.RatingInvalid)


def test_a_rating_lasts_seven_days_by_the_terminals_own_clock(terminal: Terminal) -> None:
    wrong_clock = clock.now() - timedelta(days=900)
    limit = wrong_clock - timedelta(days=7)
    [kept, over] = terminal.deliver(
        terminal.rating(claimed_at=limit.isoformat()),
        terminal.rating(claimed_at=(limit - timedelta(seconds=1)).isoformat()),
        sent_at=wrong_clock,
    )
    assert isinstance(kept, Receipt)
    assert isinstance(over, errors.RatingExpired)


@pytest.mark.parametrize("claimed", ["1970-01-01T00:00:09Z", "9999-12-31T23:59:59Z"])
def test_a_clock_that_was_never_set_costs_nobody_their_rating(
    terminal: Terminal, claimed: str
) -> None:
    [verdict] = terminal.deliver(
        terminal.rating(claimed_at=claimed), sent_at=datetime.fromisoformat(claimed)
    )
    assert isinstance(verdict, Receipt)
    assert not ReviewOrigin.objects.exists()


def test_a_terminal_that_pairs_anew_with_its_signing_key_loses_nothing(
    terminal: Terminal,
) -> None:
    rating, device = terminal.rating(), terminal.device
    code = services.renew_code(device=device, staff=device.registered_by)
    paired, _key = services.pair(
        code=code, public_key=bytes(device.public_key or b""), software="2"
    )
    [verdict] = deliver(device=paired, ratings=[rating], sent_at=clock.now())
    assert isinstance(verdict, Receipt)


def test_what_a_revoked_terminal_kept_is_refused(
    terminal: Terminal, frozen_clock: FrozenClock
) -> None:
    services.revoke(device=terminal.device, staff=terminal.device.registered_by)
    [verdict] = terminal.deliver(terminal.rating())
    assert isinstance(verdict, Problem)
    assert verdict.code == "place-closed"


def test_a_tablet_delivers_nothing(db: None) -> None:
    device, _key = factories.device()
    with pytest.raises(errors.DeviceOfAnotherKind):
        deliver(device=device, ratings=[], sent_at=clock.now())


@given(st.text())
def test_any_text_is_a_rating_or_a_named_refusal(text: str) -> None:
    with pytest.raises(errors.RatingInvalid):
        delivering.read(text)


@pytest.mark.parametrize("typed", ["", "x", "0" * 16, "é" * 16, "0" * 400])
@pytest.mark.django_db
def test_a_code_that_is_no_slips_finds_nothing(typed: str) -> None:
    assert slips.receipt_code_of(typed) is None
