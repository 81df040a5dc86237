"""The inbox: what is due next comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import DateTimeField, Prefetch, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from huiyin.directory.models import Role, Staff
from huiyin.kernel import clock, ids, paging
from huiyin.kernel.problems import Invalid
from huiyin.matters import kinds
from huiyin.matters.models import NEVER, Clock, Matter
from huiyin.matters.queries import visible_to, waiting_for
from huiyin.matters.table import Party
from huiyin.notices import wording
from huiyin.notices.models import ABOUT_A_PERSON, InboxItem
from huiyin.notices.queries import digest_of, told_alone, unread_matters
from huiyin.notices.services import mark_items_read
from huiyin.web.desk.consequences import open_to_objection
from huiyin.web.desk.filters import Filters, query_of
from huiyin.web.desk.frame import desk_page, member, render_desk, roles_of
from huiyin.web.desk.listing import PEOPLE, people_to_give_to

PAGE_SIZE = 30
# Nobody works through more: counting on would read every matter that there is.
_COUNT_UP_TO = 1000
# What stands alone is shown for so long.
_TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """A matter as the inbox shows it."""

    matter: Matter
    title: str
    summary: str
    clock: Clock | None
    unread: bool


_FILTERS: dict[str, str | Promise] = {
    "mine": _("For me to act on"),
    "open": _("All open"),
    "late": _("Late"),
    "closed": _("Closed"),
}


@desk_page
@require_safe
def inbox(request: HttpRequest) -> HttpResponseBase:
    """The list, or the one matter whose code was searched for."""
    staff = member(request)
    roles = roles_of(staff)
    if roles == {Role.ADMINISTRATOR}:
        return redirect("desk:administration")
    if roles == {Role.ARBITER} and not request.GET:
        return redirect("arbiter:queue")
    typed = request.GET.get("q", "").strip()
    if typed and (found := _find(staff, typed)):
        return redirect("desk:matter", code=found.code)

    acting = roles & {party.value for party in Party}
    chosen = request.GET.get("show", "")
    if chosen not in _FILTERS:
        chosen = "mine" if acting else "open"
    filters = Filters(staff, request.GET)
    selections = _selections(staff, acting)
    try:
        page = _page(chosen, filters.narrow(selections[chosen]), request.GET.get("after"))
    except Invalid:
        return redirect("desk:inbox")
    counts = _counts(acting, selections)
    people = _people(staff, filters) if acting else []
    return render_desk(
        request,
        "desk/inbox.html",
        {
            "rows": _rows(staff, page.rows),
            "chosen": chosen,
            "tabs": [
                {"name": name, "label": label, "count": counts.get(name)}
                for name, label in _FILTERS.items()
                if name != "mine" or acting
            ],
            "about_you": list(open_to_objection(staff)),
            "told": _told(request, staff),
            "digest": digest_of(staff, clock.today()),
            "filters": filters,
            "query": query_of(show=chosen, **filters.chosen),
            "saved_views": list(staff.saved_views.all()),
            "people": people if len(people) <= PEOPLE else [],
            "too_many_people": len(people) > PEOPLE,
            "typed": typed,
            "not_found": bool(typed),
            "older_url": _address(show=chosen, after=page.next_cursor, **filters.chosen)
            if page.next_cursor
            else "",
            "newest_url": _address(show=chosen, **filters.chosen)
            if request.GET.get("after")
            else "",
        },
    )


@dataclass(frozen=True)
class Told:
    """A notice that says all there is to say."""

    item: InboxItem
    text: str
    url: str


def _told(request: HttpRequest, staff: Staff) -> list[Told]:
    """What stands alone, of the last days. Having been shown it has been read, unless the page
    only brought itself up to date."""
    items = told_alone(staff, since=clock.now() - _TOLD_FOR)
    if request.method == "GET" and "HX-Request" not in request.headers:
        mark_items_read(items)
    about_a_person = reverse("desk:consequences")
    return [
        Told(
            item,
            wording.for_staff(item.outbox),
            about_a_person if item.outbox.event in ABOUT_A_PERSON else "",
        )
        for item in items
    ]


def _find(staff: Staff, typed: str) -> Matter | None:
    code = ids.read_code(typed)
    return visible_to(staff).filter(code=code).first() if code else None


def _selections(staff: Staff, acting: set[str]) -> dict[str, QuerySet[Matter]]:
    visible = visible_to(staff)
    still_open = visible.filter(closed_at__isnull=True)
    return {
        "mine": still_open.filter(waiting_for(staff, acting)) if acting else visible.none(),
        "open": still_open,
        "late": still_open.filter(next_due_at__lte=clock.now()),
        "closed": visible.filter(closed_at__isnull=False),
    }


def _counts(acting: set[str], selections: dict[str, QuerySet[Matter]]) -> dict[str, str]:
    """How many are open, late and waiting for the reader; “999+” beyond that. One query each."""
    wanted = ("open", "late", "mine") if acting else ("open", "late")
    counted = {
        name: selections[name].order_by()[:_COUNT_UP_TO].values("pk").count() for name in wanted
    }
    return {
        name: f"{_COUNT_UP_TO - 1}+" if count == _COUNT_UP_TO else str(count) if count else ""
        for name, count in counted.items()
    }


def _people(staff: Staff, filters: Filters) -> list[Staff]:
    """Those whom matters of the list may be given to; one more than a list to choose from can hold
    when there are too many."""
    people = people_to_give_to(staff)
    if unit := filters.cleaned_data.get("unit"):
        people = people.filter(organisation=unit)
    return list(people[: PEOPLE + 1])


def _page(chosen: str, matters: QuerySet[Matter], cursor: str | None) -> paging.Page[Matter]:
    running = Clock.objects.filter(stopped_at__isnull=True).order_by("due_at")
    matters = matters.select_related("organisation", "handler").prefetch_related(
        Prefetch("clocks", queryset=running, to_attr="running")
    )
    if chosen == "closed":
        return paging.page(matters, key="-closed_at", cursor=cursor, size=PAGE_SIZE)
    due = Coalesce("next_due_at", Value(NEVER), output_field=DateTimeField())
    return paging.page(matters.annotate(due=due), key="due", cursor=cursor, size=PAGE_SIZE)


def _rows(staff: Staff, matters: list[Matter]) -> list[Row]:
    described = kinds.describe(matters)
    unread = unread_matters(staff, matters)
    return [
        Row(
            matter=matter,
            title=described[matter.pk].title,
            summary=described[matter.pk].summary,
            clock=next(iter(matter.running), None),  # type: ignore[attr-defined]
            unread=matter.pk in unread,
        )
        for matter in matters
    ]


def _address(**query: str) -> str:
    return f"{reverse('desk:inbox')}?{query_of(**query)}"
