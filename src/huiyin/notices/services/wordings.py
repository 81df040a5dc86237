"""How notices are worded here: versions are added, never edited."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters.table import Party
from huiyin.notices import wordings
from huiyin.notices.models import DIGEST, Template


def check_wording(*, event: str, audience: str, form: str, text: str) -> None:
    """Raises ``Invalid`` with the reason why this must not be said."""
    if event == DIGEST and audience:
        raise Invalid(_("A digest is the same for everybody."), field="audience")
    if audience == Party.PLATFORM:
        raise Invalid(_("The platform is told nothing."), field="audience")
    if audience == Party.CITIZEN and form != Template.Form.SHORT:
        raise Invalid(_("Citizens are told one sentence."), field="form")
    if form != Template.Form.LONG and len(text.splitlines()) > 1:
        raise Invalid(_("Only a letter has more than one line."), field="text")
    wordings.check(text, event=event, audience=audience)


@transaction.atomic
def word(*, event: str, audience: str, form: str, language: str, text: str, by: Staff) -> Template:
    """Say ``text`` from now on; an empty one brings back what came with the software.

    Raises ``Invalid``.
    """
    text = text.strip()
    check_wording(event=event, audience=audience, form=form, text=text)
    versions = Template.objects.filter(
        event=event, audience=audience, form=form, language=language
    ).select_for_update()
    last = versions.order_by("-version").first()
    made = Template.objects.create(
        event=event,
        audience=audience,
        form=form,
        language=language,
        version=last.version + 1 if last else 1,
        text=text,
        author=by,
        created_at=clock.now(),
    )
    transaction.on_commit(wordings.forget)
    return made


def word_again(*, template: Template, by: Staff) -> Template:
    """Put an earlier version in force again, as a new one. Raises ``Invalid``."""
    return word(
        event=template.event,
        audience=template.audience,
        form=template.form,
        language=template.language,
        text=template.text,
        by=by,
    )
