"""Working on a list: giving several matters to somebody at once, and lists kept under a name."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.kernel.problems import NotFound, Problem
from huiyin.matters import services
from huiyin.matters.queries import visible_to
from huiyin.web.desk.filters import Filters, query_of
from huiyin.web.desk.frame import desk_page, member
from huiyin.web.desk.models import SavedView

log = logging.getLogger(__name__)
AT_ONCE = 50
# As many people as a list to choose from can hold.
PEOPLE = 200
_VIEWS = 20
_GIVERS = (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR)


def people_to_give_to(staff: Staff) -> QuerySet[Staff]:
    """Handlers of the units in which ``staff`` may give matters to somebody."""
    scope = organisations_in_scope(staff, _GIVERS)
    return Staff.objects.filter(
        is_active=True, organisation__in=scope, duties__role=Role.HANDLER
    ).distinct()


@desk_page
@require_POST
def give(request: HttpRequest) -> HttpResponseBase:
    """Give the chosen matters to one person; what cannot be given is named and left."""
    staff = member(request)
    back = _back(staff, request.POST.get("list", ""))
    codes = request.POST.getlist("code")[:AT_ONCE]
    if not codes:
        messages.warning(request, _("Choose the matters first."))
        return redirect(back)
    to = None
    if typed := request.POST.get("to"):
        to = people_to_give_to(staff).filter(username=typed).first()
        if to is None:
            messages.error(request, _("Choose somebody from the list."))
            return redirect(back)
    given, refused = 0, []
    chosen = visible_to(staff).select_related("organisation__region", "policy")
    matters = list(chosen.filter(code__in=codes))
    for matter in matters:
        try:
            services.give_to(matter=matter, staff=staff, seen_version=matter.version, to=to)
            given += 1
        except Problem as problem:
            refused.append(f"{matter.code}: {problem}")
    if given:
        said = ngettext("%d matter was given.", "%d matters were given.", given)
        messages.success(request, said % given)
    for unknown in sorted(set(codes) - {matter.code for matter in matters}):
        log.warning("staff %s asked for something outside their scope (give)", staff.pk)
        refused.append(f"{unknown[:20]}: {NotFound.title}")
    for reason in refused:
        messages.warning(request, reason)
    return redirect(back)


@desk_page
@require_POST
def save_view(request: HttpRequest) -> HttpResponseBase:
    """Keep the list under a name; the same name again replaces it."""
    staff = member(request)
    back = _back(staff, request.POST.get("list", ""))
    name = " ".join(request.POST.get("name", "").split())[:40]
    if not name:
        messages.warning(request, _("Give the list a name."))
    elif staff.saved_views.exclude(name=name).count() >= _VIEWS:
        messages.warning(request, _("At most %d lists. Delete one first.") % _VIEWS)
    else:
        query = back.partition("?")[2]
        SavedView.objects.update_or_create(staff=staff, name=name, defaults={"query": query})
        messages.success(request, _("“%(name)s” is kept above the list.") % {"name": name})
    return redirect(back)


@desk_page
@require_POST
def delete_view(request: HttpRequest, key: UUID) -> HttpResponseBase:
    view = member(request).saved_views.filter(pk=key).first()
    if view is None:
        raise NotFound
    view.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": view.name})
    return redirect("desk:inbox")


def _back(staff: Staff, query: str) -> str:
    """The list somebody came from, made of nothing but what a list's address may hold."""
    said = QueryDict(query)
    chosen = Filters(staff, said).chosen
    return f"{reverse('desk:inbox')}?{query_of(show=said.get('show', ''), **chosen)}"
