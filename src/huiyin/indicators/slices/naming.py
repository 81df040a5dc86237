"""What the members of a breakdown are called in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huiyin.directory.models import ServiceItem
from huiyin.indicators.slices.dimensions import Dimension
from huiyin.reviews.models import Channel, Trust
from huiyin.reviews.queries import current_tags, label


def names(dimension: Dimension, members: Iterable[str]) -> dict[str, str]:
    """The name of each of ``members``; a code that nothing is known of stands for itself. One
    query at most.

    Items are named by the directory alone: names that business systems send may hold a citizen's.
    """
    wanted = list(members)
    known: dict[str, str] = {}
    if dimension == Dimension.CHANNEL:
        known = {one.value: str(one.label) for one in Channel}
    elif dimension == Dimension.TRUST:
        known = {one.value: str(one.label) for one in Trust}
    elif dimension == Dimension.LEVEL:
        known = {level: _("Level %(level)s") % {"level": level} for level in "12345"}
    elif dimension == Dimension.ITEM:
        items = ServiceItem.objects.filter(code__in=wanted).order_by("code", "organisation")
        known = dict(items.values_list("code", "name")) | {"": pgettext("slice", "no item named")}
    else:
        known = {code: label(tag) for code, tag in current_tags(wanted).items()}
    return {member: known.get(member, member) for member in wanted}
