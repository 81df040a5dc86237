"""Every address of the product × everybody who might ask for it.

The table below says of each address who finds something there. It is held against the URL
configuration itself: an address that is added without an entry fails the first test, and so does
an entry whose address is gone. Everybody else is sent to sign in or finds nothing, whatever the
method,
and nothing in the database has changed afterwards.

What each party may *do* on a matter that it sees is the transition table's; the last tests try
every step that the table does not give a party.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import cache, cached_property
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from PIL import Image

from huiyin.api import auth
from huiyin.api.gateways import views as gateways
from huiyin.api.openapi import document
from huiyin.api.v1 import events as pushed
from huiyin.api.v1 import receipts
from huiyin.directory.models import Duty, Organisation, Role, Staff
from huiyin.intake.channels.hotline import services as hotline
from huiyin.intake.channels.hotline.models import ListedCall
from huiyin.intake.channels.paper import services as paper
from huiyin.intake.channels.paper.entries import Entry
from huiyin.intake.channels.paper.models import Batch, PaperForm
from huiyin.intake.devices.models import Device
from huiyin.kernel import clock
from huiyin.kernel.throttle import Throttle
from huiyin.kernel.uploads import accept_photo
from huiyin.matters import services
from huiyin.matters.models import Consequence, Evidence
from huiyin.matters.queries import possible_events
from huiyin.matters.table import Event, State
from huiyin.reviews.models import Photo, Place, PlaceKind, ReviewContent, ServiceEvent
from huiyin.web.desk.models import SavedView
from huiyin.web.desk.picture import FORM_EVENTS
from tests import factories
from tests.appeals.support import FILE, appealed, heard
from tests.factories import Loop
from tests.security.verbs import VERBS, WITHOUT_VERSION
from tests.support.epochs import seal

# Says nothing of the database, and takes long.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


class For(Enum):
    """Who finds something at an address."""

    ANYBODY = "anybody, also without signing in"
    RECEIPT = "whoever has the receipt's code"
    PROVIDER = "a provider who signs what it sends"
    SYSTEM = "a business system with its key"
    GATEWAY = "an existing system that signs in its dialect, and whom it sends"
    CHANNEL = "a channel adapter with its key"
    DEVICE = "a device with its key"
    STAFF = "everybody who is signed in"
    SEES = "whoever may see the matter"
    SUPERVISES = "the supervisor of the matter's unit"
    CONCERNED = "whom a consequence is about, and who supervises or audits them"
    OWNER = "whose saved list it is"
    OVERSEES = "supervisors and auditors"
    LOOKS_AFTER = "supervisors and administrators, who look after devices"
    LOOKS_AFTER_IT = "those who look after the devices of the unit"
    OVERSEES_IT = "supervisors and auditors of the matter's unit"
    AUDITS = "auditors"
    AUDITS_IT = "auditors of the unit"
    RINGS = "whoever rings for a hotline or keeps its list"
    AGENT = "agents of a hotline"
    LISTS = "supervisors of a hotline"
    AGENTS_CALL = "the agent who has taken the call"
    KEYS = "handlers, approvers and supervisors"
    KEYS_IT = "those of the batch's organisation"
    ARBITRATES = "arbiters"
    CASE = "the arbiter who may decide on the matter"
    MANAGES = "supervisors and administrators of whatever units"
    MANAGES_IT = "supervisors and administrators of the matter's unit"
    ADMINISTERS = "administrators of the whole jurisdiction"


ADDRESSES: dict[str, For] = {
    # public
    "": For.ANYBODY,
    "about/": For.ANYBODY,
    "privacy/": For.ANYBODY,
    "reviews/": For.ANYBODY,
    "breakdown/": For.ANYBODY,
    "regions/<str:code>/": For.ANYBODY,
    "organisations/<str:uscc>/": For.ANYBODY,
    "i18n/setlang/": For.ANYBODY,
    "text-size/": For.ANYBODY,
    "styleguide/": For.ANYBODY,
    "desk/login/": For.ANYBODY,
    "desk/logout/": For.ANYBODY,
    "s/": For.ANYBODY,
    "i/<str:code>": For.ANYBODY,
    "i/<str:code>/invitations": For.ANYBODY,
    "r/<str:token>": For.ANYBODY,
    # what devices show
    "device/": For.ANYBODY,
    "device/<language:language>/": For.ANYBODY,
    "device/counter/<language:language>/": For.ANYBODY,
    "device/kiosk/<language:language>/": For.ANYBODY,
    "device/kiosk/worker.js": For.ANYBODY,
    "device/counter/stream": For.DEVICE,
    "slip/": For.ANYBODY,
    "slip/<str:code>": For.RECEIPT,
    "r/<str:token>/invitations": For.ANYBODY,
    "embed/r/<str:token>": For.ANYBODY,
    "embed/v<str:version>.js": For.ANYBODY,
    "demo/": For.ANYBODY,
    "demo/portal/<str:token>": For.ANYBODY,
    "demo/app/<str:token>": For.ANYBODY,
    "r/<str:token>/not-here": For.ANYBODY,
    "q/<str:sheet>": For.ANYBODY,
    # the log's files
    "log/checkpoint": For.ANYBODY,
    "log/tile/<tile:tile>": For.ANYBODY,
    "log/keys": For.ANYBODY,
    "log/find/<leaf_hash:leaf_hash>": For.ANYBODY,
    "log/cosignatures": For.ANYBODY,
    "log/": For.ANYBODY,
    # the citizen, by the receipt's code
    "s/<str:code>": For.RECEIPT,
    "s/<str:code>/progress": For.RECEIPT,
    "s/<str:code>/receipt.json": For.RECEIPT,
    "s/<str:code>/again": For.RECEIPT,
    "s/<str:code>/decline": For.RECEIPT,
    "s/<str:code>/write": For.RECEIPT,
    "s/<str:code>/end-contact": For.RECEIPT,
    "s/<str:code>/hearing": For.RECEIPT,
    "s/<str:code>/pretended": For.RECEIPT,
    "s/<str:code>/withdraw": For.RECEIPT,
    "s/<str:code>/qr.png": For.RECEIPT,
    "s/<str:code>/photos/<uuid:photo_id>": For.RECEIPT,
    # providers
    "gateways/ivr": For.PROVIDER,
    "gateways/sms/reports": For.PROVIDER,
    "gateways/sms/messages": For.PROVIDER,
    "gateways/calls": For.PROVIDER,
    # existing systems
    "gateways/national": For.GATEWAY,
    "gateways/national/events": For.GATEWAY,
    "gateways/national/reviews": For.GATEWAY,
    "gateways/shandong": For.GATEWAY,
    "gateways/shandong/events": For.GATEWAY,
    "gateways/shandong/reviews": For.GATEWAY,
    "gateways/shandong/page": For.GATEWAY,
    "gateways/beijing": For.GATEWAY,
    "gateways/beijing/page": For.GATEWAY,
    "gateways/fujian": For.GATEWAY,
    "gateways/fujian/events": For.GATEWAY,
    "gateways/fujian/reviews": For.GATEWAY,
    "gateways/zhejiang": For.GATEWAY,
    "gateways/zhejiang/events": For.GATEWAY,
    "gateways/zhejiang/reviews": For.GATEWAY,
    "gateways/anhui/page": For.GATEWAY,
    "gateways/pingtan": For.GATEWAY,
    "gateways/pingtan/events": For.GATEWAY,
    "gateways/pingtan/reviews": For.GATEWAY,
    # the operator, who knows a token
    "metrics": For.PROVIDER,
    # the desk
    "desk/": For.STAFF,
    "desk/password/": For.STAFF,
    "desk/notices/preferences": For.STAFF,
    "desk/give": For.STAFF,
    "desk/views": For.STAFF,
    "desk/views/<uuid:key>/delete": For.OWNER,
    "desk/away/": For.STAFF,
    "desk/stream": For.STAFF,
    "desk/consequences/": For.STAFF,
    "desk/consequences/<uuid:key>": For.CONCERNED,
    "desk/devices/": For.LOOKS_AFTER,
    "desk/devices/new": For.LOOKS_AFTER,
    "desk/devices/<uuid:key>": For.LOOKS_AFTER_IT,
    "desk/devices/<uuid:key>/code": For.LOOKS_AFTER_IT,
    "desk/devices/<uuid:key>/revoke": For.LOOKS_AFTER_IT,
    "telephone/simulator/": For.ANYBODY,  # in the demo; see tests/web/test_simulator.py
    "desk/telephone/": For.RINGS,
    "desk/telephone/next": For.AGENT,
    "desk/telephone/lists": For.LISTS,
    "desk/telephone/lists/fetch": For.LISTS,
    "desk/telephone/<matter_code:code>": For.AGENTS_CALL,
    "desk/telephone/<matter_code:code>/place": For.AGENTS_CALL,
    "desk/telephone/<matter_code:code>/put-back": For.AGENTS_CALL,
    "desk/telephone/<matter_code:code>/record": For.AGENTS_CALL,
    "desk/paper/": For.KEYS,
    "desk/paper/new": For.KEYS,
    "desk/paper/<matter_code:code>/": For.KEYS_IT,
    "desk/paper/<matter_code:code>/key": For.KEYS_IT,
    "desk/paper/<matter_code:code>/remove": For.KEYS_IT,
    "desk/paper/<matter_code:code>/finish": For.KEYS_IT,
    "desk/paper/<matter_code:code>/check": For.KEYS_IT,
    "desk/paper/<matter_code:code>/differences": For.KEYS_IT,
    "desk/paper/<matter_code:code>/release": For.KEYS_IT,
    "desk/paper/<matter_code:code>/forms/<uuid:key>/scan": For.KEYS_IT,
    "desk/places/": For.MANAGES,
    "desk/places/new": For.MANAGES,
    "desk/places/sheets": For.MANAGES,
    "desk/places/<uuid:key>": For.MANAGES_IT,
    "desk/places/<uuid:key>/rotate": For.MANAGES_IT,
    "desk/places/<uuid:key>/revoke": For.MANAGES_IT,
    "desk/places/<uuid:key>/settle": For.MANAGES_IT,
    "desk/administration/": For.ADMINISTERS,
    "desk/time/": For.ADMINISTERS,
    "desk/invitations/": For.ADMINISTERS,
    "desk/invitations/switch": For.ADMINISTERS,
    "desk/invitations/opt-out": For.ADMINISTERS,
    "desk/matters/<matter_code:code>": For.SEES,
    "desk/matters/<matter_code:code>/print": For.SEES,
    "desk/matters/<matter_code:code>/approval": For.SEES,
    "desk/matters/<matter_code:code>/photos/<int:place>": For.SEES,
    "desk/matters/<matter_code:code>/evidence/<uuid:evidence_id>": For.SEES,
    "desk/matters/<matter_code:code>/<step:name>": For.SEES,
    "desk/matters/<matter_code:code>/consequence": For.SUPERVISES,
    "desk/appeals/<matter_code:code>": For.SEES,
    "desk/appeals/<matter_code:code>/statement": For.SEES,
    "desk/appeals/<matter_code:code>/evidence/<uuid:evidence_id>": For.SEES,
    "desk/arbitration/": For.ARBITRATES,
    "desk/arbitration/<matter_code:code>": For.CASE,
    "desk/arbitration/<matter_code:code>/ruling": For.CASE,
    "desk/arbitration/<matter_code:code>/recusal": For.CASE,
    # the cockpit
    "cockpit/": For.OVERSEES,
    "cockpit/late/": For.OVERSEES,
    "cockpit/soon/": For.OVERSEES,
    "cockpit/decisions/": For.OVERSEES,
    "cockpit/orders/": For.OVERSEES,
    "cockpit/orders/<slug:code>": For.OVERSEES_IT,
    "cockpit/sources/": For.OVERSEES,
    "cockpit/faults/": For.OVERSEES,
    "cockpit/faults/<uuid:fault_id>": For.OVERSEES_IT,
    "cockpit/delays/": For.OVERSEES,
    "cockpit/words/": For.AUDITS,
    "cockpit/words/<uuid:review_id>": For.AUDITS_IT,
    # the API
    "api/": For.ANYBODY,
    "api/v1/openapi.json": For.ANYBODY,
    "api/v1/tags": For.ANYBODY,
    "api/v1/figures": For.ANYBODY,
    "api/v1/figures/slices": For.ANYBODY,
    "api/v1/published": For.ANYBODY,
    "api/v1/invitations/inspect": For.ANYBODY,
    "api/v1/reviews": For.ANYBODY,
    "api/v1/sessions": For.ANYBODY,
    "api/v1/events": For.SYSTEM,
    "api/v1/reviews/batch": For.CHANNEL,
    "api/v1/devices/pair": For.ANYBODY,
    "api/v1/devices/me": For.DEVICE,
    "api/v1/devices/heartbeat": For.DEVICE,
    "api/v1/devices/ratings": For.DEVICE,
    "api/v1/devices/keys": For.DEVICE,
    "api/v1/devices/deliveries": For.DEVICE,
    "api/v1/devices/<device_id>/wake": For.SYSTEM,
    "api/v1/devices/<device_id>/wakes/<wake_id>": For.SYSTEM,
    "api/v1/receipts/<code>": For.RECEIPT,
    "api/v1/receipts/<code>/follow-up/decline": For.RECEIPT,
    "api/v1/receipts/<code>/statements": For.RECEIPT,
    "api/v1/receipts/<code>/fake-rectification": For.RECEIPT,
    "api/v1/receipts/<code>/withdrawal": For.RECEIPT,
    "api/v1/matters": For.STAFF,
    "api/v1/arbitration": For.STAFF,
    "api/v1/consequences": For.STAFF,
    "api/v1/consequences/<consequence_id>/objection": For.CONCERNED,
    "api/v1/consequences/<consequence_id>/decision": For.CONCERNED,
    "api/v1/matters/<code>": For.SEES,
    "api/v1/matters/<code>/photos/<place>": For.SEES,
    "api/v1/matters/<code>/evidence": For.SEES,
    "api/v1/matters/<code>/evidence/<evidence_id>": For.SEES,
    "api/v1/matters/<code>/appeals": For.SEES,
    "api/v1/matters/<code>/appeals/evidence/<evidence_id>": For.SEES,
    **{
        f"api/v1/matters/<code>/{verb.replace('milestones/1', 'milestones/<place>')}": For.SEES
        for verb in VERBS
    },
}
# Django's own pages are many, and all for the same people.
_ADMINISTRATION = "admin/"
_BACK = ("/desk/matters/", "/desk/arbitration/", "/desk/appeals/")


def _routes(found: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in found:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        else:
            yield route


def _addresses() -> dict[str, For]:
    """Every address there is, and who finds something there. ``KeyError`` for one unheard of."""
    return {
        route: ADDRESSES[route] if not route.startswith(_ADMINISTRATION) else For.ADMINISTERS
        for route in sorted(set(_routes(get_resolver().url_patterns)))
        if route != "admin/login/"  # leads to the desk's, see test_one_way_in
    }


def test_every_address_has_somebody_whom_it_is_for() -> None:
    there_are = {
        route
        for route in _routes(get_resolver().url_patterns)
        if not route.startswith(_ADMINISTRATION)
    }
    assert there_are - set(ADDRESSES) == set(), "say in ADDRESSES whom these are for"
    assert set(ADDRESSES) - there_are == set(), "these are gone"


def _hotline(made: Loop) -> Organisation:
    """The hotline that the arbiter works at."""
    return Organisation.objects.get(pk=made.arbiter.organisation_id)


@dataclass
class World:
    """A matter under appeal with everybody around it."""

    made: Loop
    _browsers: dict[str, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        made = self.made
        above = Organisation.objects.get(pk=made.organisation.parent_id)
        elsewhere = factories.organisation("外地机关", at=factories.region("331100000000"))
        staff = factories.staff
        self.people: dict[str, Staff] = {
            "handler": made.handler,
            "approver": made.approver,
            "supervisor": made.supervisor,
            "handler of a joint unit": made.joint_handler,
            "clerk concerned": made.clerk,
            "arbiter": made.arbiter,
            "auditor": staff(Role.AUDITOR, over=factories.region(factories.PROVINCE)),
            "administrator": staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE)),
            "administrator of a county": staff(Role.ADMINISTRATOR, over=factories.region()),
            "handler of another unit": made.outsider,
            "approver of another unit": staff(Role.APPROVER, of=factories.organisation()),
            "supervisor of another line": staff(Role.SUPERVISOR, of=elsewhere),
            "auditor of elsewhere": staff(Role.AUDITOR, of=elsewhere),
            "arbiter of the same line": staff(
                Role.ARBITER, of=above, over=factories.region(factories.PROVINCE)
            ),
            "arbiter of elsewhere": staff(Role.ARBITER, of=elsewhere),
            "hotline agent": staff(Role.HANDLER, of=_hotline(self.made)),
            "hotline supervisor": staff(Role.SUPERVISOR, of=_hotline(self.made)),
            "colleague without a duty": factories.colleague(made.organisation),
            "handler until yesterday": staff(Role.HANDLER, of=made.organisation),
            "closed account": staff(Role.SUPERVISOR, of=above),
        }
        yesterday = clock.today() - timedelta(days=1)
        former = Duty.objects.filter(staff=self.people["handler until yesterday"])
        former.update(starts_on=yesterday, ends_on=yesterday)

    @cached_property
    def bearers(self) -> dict[str, str]:
        """Tokens of sessions on the API; the closed account's was made before it was closed."""
        return {
            name: auth.sign_in(
                Client().request().wsgi_request,
                username=person.username,
                password=factories.PASSWORD,
            )[0]
            for name, person in self.people.items()
        }

    def browser(self, who: str) -> Client:
        """A browser in which ``who`` is signed in; the same again each time."""
        if who not in self._browsers:
            self._browsers[who] = Client(raise_request_exception=False)
            if who in self.people:
                self._browsers[who].force_login(self.people[who])
        return self._browsers[who]

    def finds(self, who: str, audience: For) -> bool:
        """Whether ``who`` finds something at an address for ``audience``."""
        seers = {"handler", "approver", "supervisor", "handler of a joint unit", "clerk concerned"}
        overseers = {"supervisor", "auditor", "supervisor of another line", "auditor of elsewhere"}
        overseers |= {"hotline supervisor"}
        managers = {"supervisor", "administrator", "administrator of a county"}
        arbiters = {"arbiter", "arbiter of the same line", "arbiter of elsewhere"}
        administrators = {"administrator", "administrator of a county"}
        signed_in = set(self.people) - {"closed account"}
        return (
            who
            in {
                For.ANYBODY: {*self.people, "nobody"},
                For.RECEIPT: {"nobody"},
                For.PROVIDER: set[str](),
                For.SYSTEM: set[str](),
                For.GATEWAY: set[str](),
                For.CHANNEL: set[str](),
                For.DEVICE: set[str](),
                For.LOOKS_AFTER: {"supervisor", "supervisor of another line", "hotline supervisor"}
                | administrators,
                For.LOOKS_AFTER_IT: {"supervisor"} | administrators,
                For.STAFF: signed_in,
                For.SEES: seers | {"arbiter", "auditor"},
                For.SUPERVISES: {"supervisor"},
                For.CONCERNED: {"clerk concerned", "supervisor", "auditor"},
                For.OWNER: {"handler"},
                For.OVERSEES: overseers,
                For.OVERSEES_IT: {"supervisor", "auditor"},
                For.AUDITS: {"auditor", "auditor of elsewhere"},
                For.AUDITS_IT: {"auditor"},
                For.RINGS: {"hotline agent", "hotline supervisor"},
                For.AGENT: {"hotline agent"},
                For.LISTS: {"hotline supervisor"},
                For.AGENTS_CALL: {"hotline agent"},
                For.KEYS: {
                    *("handler", "approver", "supervisor", "handler of a joint unit"),
                    *("handler of another unit", "approver of another unit"),
                    *("supervisor of another line", "hotline agent", "hotline supervisor"),
                },
                For.KEYS_IT: {"handler", "approver", "supervisor"},
                For.ARBITRATES: arbiters,
                For.CASE: {"arbiter"},
                For.MANAGES: managers | {"supervisor of another line", "hotline supervisor"},
                For.MANAGES_IT: managers,
                For.ADMINISTERS: {"administrator"},
            }[audience]
        )


PEOPLE = (
    "nobody",
    "handler",
    "approver",
    "supervisor",
    "handler of a joint unit",
    "clerk concerned",
    "arbiter",
    "auditor",
    "administrator",
    "administrator of a county",
    "handler of another unit",
    "approver of another unit",
    "supervisor of another line",
    "auditor of elsewhere",
    "arbiter of the same line",
    "arbiter of elsewhere",
    "hotline agent",
    "hotline supervisor",
    "colleague without a duty",
    "handler until yesterday",
    "closed account",
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    for place, name in (
        (auth, "wrong_bearers"),
        (auth, "wrong_passwords"),
        (pushed, "calls"),
        (receipts, "wrong_codes"),
        (gateways, "strangers"),
    ):
        monkeypatch.setattr(place, name, Throttle(burst=10_000, per_minute=10_000))
    picture = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "JPEG")
    picture.seek(0)
    made = factories.loop(joint=True, photos=[accept_photo(picture, name="a.jpg", field="photos")])
    appealed(made)
    heard(made)
    factories._verify(made)
    factories._plan(made)
    services.add_evidence(**made.now(made.handler), file=FILE)
    services.record_consequence(
        matter=made.matter,
        staff=made.supervisor,
        concerned=made.clerk,
        measure="x",
        reason="x",
        legal_basis="x",
        starts_on=clock.today(),
        ends_on=clock.today(),
    )
    factories.device(made.organisation)
    SavedView.objects.create(staff=made.handler, name="x", query="")
    factories.review(factories.event(made.organisation), level=5, text="请打13858001234。")
    seal()
    factories.place(made.organisation)
    made.again()
    batch = paper.open_batch(
        staff=made.handler,
        organisation=made.organisation,
        counter=None,
        day=clock.today(),
        forms=2,
    )
    paper.key_form(batch=batch, staff=made.handler, number="A-1", entry=Entry(5), scan=FILE)
    world = World(made)
    hotline.list_calls([hotline.Wanted(factories.event(made.organisation), clock.now())])
    hotline.take_next(staff=world.people["hotline agent"])
    return world


def _filled(route: str, made: Loop, receipt: str) -> str:
    """The address of ``route`` for this matter; every ``<…>`` is given its value."""
    evidence = Evidence.objects.get().pk
    if "appeals" in route:
        evidence = made.matter.appeals.get().evidence.get().pk
    by_name = {
        "code": receipt if re.match(r"s/|slip/|api/v1/receipts", route) else made.matter.code,
        "place": "1",
        "evidence_id": evidence,
        "photo_id": Photo.objects.get().pk,
        "consequence_id": Consequence.objects.get().pk,
        "fault_id": made.matter.pk,
        "review_id": ReviewContent.objects.exclude(held_back=[]).get().pk,
        "token": "x",
        "version": "1",
        "sheet": "x",
        "tile": "0/000.p/1",
        "leaf_hash": "0" * 64,
        "uscc": made.organisation.uscc,
        "name": "verify",
        "key": Consequence.objects.get().pk,
        "content_type_id": "1",
        "object_id": made.matter.pk,
        "id": made.handler.pk,
        "language": "en",
        "device_id": Device.objects.get().pk,
        "wake_id": made.matter.pk,
    }
    if route.startswith("desk/views"):
        by_name["key"] = SavedView.objects.get().pk
    if route.startswith("desk/devices"):
        by_name["key"] = Device.objects.get().pk
    if route.startswith("desk/telephone"):
        by_name["code"] = ListedCall.objects.get().code
    if route.startswith("desk/paper"):
        by_name |= {"code": Batch.objects.get().code, "key": PaperForm.objects.get().pk}
    if route.startswith("desk/places"):
        by_name["key"] = Place.objects.get(kind=PlaceKind.QR).pk
    if route.startswith("regions"):
        by_name["code"] = factories.COUNTY
    # Django's own two regular expressions.
    address = re.sub(r"\^\(\?P<app_label>(\w+).*", r"\1/", route)
    address = address.replace("(?P<url>.*)$", "nothing")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(by_name[found[1]]), address)


def _body(route: str, made: Loop) -> dict[str, Any]:
    """What a request to the API says, complete as the schema wants it: rights are the only thing
    that can be missing."""
    verb = route.partition("<code>/")[2].replace("<place>", "1")
    said = VERBS.get(verb) or {}
    if route.endswith("/objection"):
        said = {"objection": "x"}
    elif route.endswith("consequence_id>/decision"):
        said = {"keep": True, "answer": "x"}
    elif route.startswith("api/v1/receipts") and not route.endswith("decline"):
        return {"reason": ""} if route.endswith("withdrawal") else {"text": "x"}
    return said | ({} if verb in WITHOUT_VERSION | {""} else {"version": made.matter.version})


@cache
def _paths() -> dict[str, Any]:
    return dict(document()["paths"])


@cache
def _methods(route: str) -> set[str]:
    """Those that the API knows there; pages are asked with both."""
    if not route.startswith("api/v1/"):
        return {"GET", "POST"}
    path = re.sub(r"<(\w+)>", r"{\1}", f"/{route}")
    return {method.upper() for method in _paths().get(path, {"get": None})} & {
        "GET",
        "POST",
    }


def _ask(
    route: str, method: str, world: World, who: str, *, receipt: str = "H" * 16, bearer: str = ""
) -> Any:
    made = world.made
    address = _filled(route, made, receipt)
    client = world.browser(who)
    if route.startswith(("api/", "gateways/")):
        client = Client(raise_request_exception=False)
        bearer = bearer or world.bearers.get(who, "")
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        if method == "GET":
            return client.get(address, headers=headers)
        body = json.dumps(_body(route, made))
        return client.post(address, body, content_type="application/json", headers=headers)
    if method == "GET":
        return client.get(address)
    return client.post(address, {"version": made.matter.version, "reason": "x", "to": "hour"})


def _fields(model: type[Model]) -> list[str]:
    # Signing in is no change that somebody could be refused.
    return [one.attname for one in model._meta.concrete_fields if one.attname != "last_login"]


def _everything() -> dict[str, str]:
    """A digest of every table but the sessions."""
    return {
        model._meta.label: hashlib.sha256(
            repr(sorted(map(str, model._default_manager.values_list(*_fields(model))))).encode()
        ).hexdigest()
        for model in apps.get_models()
        if model._meta.label != "sessions.Session"
    }


def _turned_away(route: str, who: str, status: int, location: str) -> bool:
    """Whether this is how ``who``, for whom the address is not, is turned away there."""
    is_known = who not in {"nobody", "closed account"}
    if route.startswith("api/"):
        by_key = ADDRESSES[route] in {For.SYSTEM, For.CHANNEL, For.DEVICE}
        return status == (404 if is_known and not by_key else 401)
    if route == "desk/stream":
        return status == 403
    if route == "device/counter/stream":
        return status == 401
    if route.startswith(_ADMINISTRATION) and status == 302:
        return location.startswith(("/admin/login/", "/desk/login/", "/admin/?")) or (
            route == "admin/logout/" and location == "/admin/"
        )
    return status == 404 if is_known else status == 302 and location.startswith("/desk/login/")


@pytest.mark.parametrize("who", PEOPLE)
def test_whom_an_address_is_not_for_finds_nothing_there_and_changes_nothing(
    who: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.bearers  # noqa: B018  (sessions begin before the account is closed)
    if who == "closed account":
        world.people[who].is_active = False
        world.people[who].save()
    before, wrong, guesses = _everything(), [], 0
    for route, audience in _addresses().items():
        if world.finds(who, audience) or audience in {For.RECEIPT, For.PROVIDER, For.GATEWAY}:
            continue
        for method in sorted(_methods(route)):
            caplog.clear()
            with caplog.at_level(logging.WARNING):
                answer = _ask(route, method, world, who)
            if answer.status_code == 405 and who in world.people:
                continue  # a page that is only read, or only sent to: whatever the matter
            location = answer.headers.get("Location", "")
            if answer.status_code == 302 and location.startswith(_BACK):
                # A form that is not sent leads to its page, whether or not there is one.
                answer, location = world.browser(who).get(location), ""
            if not _turned_away(route, who, answer.status_code, location):
                wrong.append((route, method, answer.status_code, location))
            elif answer.status_code == 404 and "admin/" not in route and method == "GET":
                guesses += 1
                if "outside their scope" not in caplog.text:
                    wrong.append((route, method, "not logged", ""))
                person = world.people[who]
                assert person.username not in caplog.text
    assert not wrong
    assert guesses or who in {"nobody", "closed account"}
    changed = [name for name, digest in _everything().items() if digest != before[name]]
    assert not changed


@pytest.mark.parametrize("who", PEOPLE)
def test_whom_an_address_is_for_finds_something_there(who: str, world: World) -> None:
    if who == "closed account":
        return
    wrong = []
    for route, audience in _addresses().items():
        if not world.finds(who, audience) or "GET" not in _methods(route):
            continue
        # A token, a sheet, a fault and a row of the administration that nobody has made; a log of
        # which nothing is sealed; a stream that does not end.
        nothing = (
            "i/<str:code>",
            "r/<str:token>",
            "q/",
            "embed/",
            "cockpit/faults/<uuid",
            "admin/",
            "desk/stream",
            "log/",
            "slip/",
        )
        if route.startswith(nothing) or route == "api/":
            continue
        receipt = str(world.made.receipt.code)
        answer = _ask(route, "GET", world, who, receipt=receipt)
        location = answer.headers.get("Location", "")
        if answer.status_code in {401, 403, 404, 500} or "login" in location:
            wrong.append((route, answer.status_code, location))
    assert not wrong


def test_a_code_is_good_for_its_own_matter_only(world: World) -> None:
    """A made-up code finds nothing; with the code of one matter no photograph of another opens."""
    other = str(factories.loop().receipt.code)
    before = _everything()
    for route, audience in ADDRESSES.items():
        if audience is not For.RECEIPT:
            continue
        for method in sorted(_methods(route)):
            status = _ask(route, method, world, "nobody").status_code
            assert status == 404 or (method, status) == ("POST", 405), (route, method, status)
        if "<uuid" in route:
            assert _ask(route, "GET", world, "nobody", receipt=other).status_code == 404
    assert _everything() == before


@pytest.mark.parametrize("who", ["nobody", "administrator", "supervisor"])
def test_whoever_does_not_sign_as_a_provider_finds_no_gateway(who: str, world: World) -> None:
    before = _everything()
    for route, audience in ADDRESSES.items():
        if audience is For.PROVIDER:
            for method in ("GET", "POST"):
                assert _ask(route, method, world, who).status_code in {404, 405}
    assert _everything() == before


# How the dialects say that something was stored.
_SUCCESSES = (b"true", b"<code>200")


@pytest.mark.parametrize("who", ["nobody", "administrator", "supervisor"])
def test_whoever_does_not_speak_and_sign_a_dialect_is_told_so_and_changes_nothing(
    who: str, world: World
) -> None:
    before = _everything()
    for route, audience in ADDRESSES.items():
        if audience is For.GATEWAY:
            for method in ("GET", "POST"):
                answer = _ask(route, method, world, who)
                # Programs read the body, whatever the status.
                told = answer.status_code == 200 and not any(
                    success in answer.content for success in _SUCCESSES
                )
                assert told or answer.status_code in {400, 401, 403, 404, 405}, (route, method)
                assert answer.status_code != 200 or not answer.cookies
    assert _everything() == before


def test_the_key_of_a_business_system_opens_nothing_but_the_way_to_push_events(
    world: World,
) -> None:
    _system, key = factories.integrator()
    before, wrong = _everything(), []
    for route, audience in ADDRESSES.items():
        if route.startswith("api/") and audience not in {For.ANYBODY, For.RECEIPT, For.SYSTEM}:
            for method in sorted(_methods(route)):
                answer = _ask(route, method, world, "nobody", bearer=key)
                if answer.status_code != 401:
                    wrong.append((route, method, answer.status_code))
    assert not wrong
    assert _everything() == before


def test_a_business_system_pushes_no_event_of_a_place_that_is_not_its_own() -> None:
    unit = factories.organisation()
    _system, key = factories.integrator(at=factories.region("331100000000"))
    pushed_row = json.dumps({"events": [factories.event_row(unit)]})
    answer = Client().post(
        "/api/v1/events",
        pushed_row,
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    assert answer.status_code < 500
    assert not ServiceEvent.objects.exists(), answer.content


_BY_VERB: dict[str, Event] = {
    "calls": Event.CONTACT,
    "contacts": Event.CONTACT,
    "messages": Event.CONTACT,
    "verification": Event.VERIFY,
    "unreachable": Event.ASK_UNREACHABLE,
    "unreachable/decision": Event.CONSENT_UNREACHABLE,
    "plan": Event.PLAN,
    "milestones/1": Event.REACH_MILESTONE,
    "reply": Event.DRAFT_REPLY,
    "reply/return": Event.RETURN_REPLY,
    "reply/approval": Event.APPROVE_REPLY,
    "hand-on": Event.HAND_ON,
    "return": Event.RETURN,
    "assignment": Event.ASSIGN,
    "handler": Event.GIVE_TO,
    "joint-units": Event.ADD_CO_UNIT,
    "joint-units/release": Event.END_CO_UNIT,
    "contributions": Event.CONTRIBUTE,
    "side": Event.STATE_SIDE,
    "extension": Event.ASK_EXTENSION,
    "extension/decision": Event.GRANT_EXTENSION,
    "improvement": Event.MERGE,
    "improvement/split": Event.SPLIT,
    "order": Event.ORDER,
    "order/answer": Event.ANSWER_ORDER,
    "appeals/statements": Event.BE_HEARD,
    "recusal": Event.RECUSE,
    "ruling": Event.DISMISS,
}


@pytest.mark.parametrize("state", [State.DELIVERED, State.REPLY_DRAFTED])
@pytest.mark.parametrize("who", ["handler", "approver", "supervisor", "arbiter", "joint_handler"])
def test_who_sees_a_matter_still_takes_no_step_that_the_table_gives_to_others(
    who: str, state: State
) -> None:
    made = factories.loop(state, joint=True)
    if who == "arbiter":
        appealed(made)
    person: Staff = getattr(made, who)
    may = possible_events(person, made.again())
    request = Client().request().wsgi_request
    token, _person = auth.sign_in(request, username=person.username, password=factories.PASSWORD)
    browser, api = Client(), Client()
    browser.force_login(person)
    before = _everything()
    tried = 0
    for verb, said in VERBS.items():
        if verb in WITHOUT_VERSION or _BY_VERB[verb] in may:
            continue
        answer = api.post(
            f"/api/v1/matters/{made.matter.code}/{verb}",
            json.dumps(None if said is None else said | {"version": made.matter.version}),
            content_type="application/json",
            headers={"authorization": f"Bearer {token}"},
        )
        assert answer.status_code in {403, 409, 422}, (verb, answer.content)
        tried += 1
    for name, event in FORM_EVENTS.items():
        if event not in may:
            form = {"version": made.matter.version, "reason": "x", "facts": "x", "text": "x"}
            answer = browser.post(f"/desk/matters/{made.matter.code}/{name}", form)
            assert answer.status_code in {403, 409, 422}, (name, answer.status_code)
            tried += 1
    assert tried
    changed = {name for name, digest in _everything().items() if digest != before[name]}
    # Looking at the page that came back marks what it told as read.
    assert changed <= {"notices.Outbox", "notices.Delivery"}, changed


def test_the_steps_of_the_api_are_the_steps_that_are_tried() -> None:
    assert set(_BY_VERB) == set(VERBS) - WITHOUT_VERSION
