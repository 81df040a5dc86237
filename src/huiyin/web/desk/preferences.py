"""How somebody is told away from the desk: by which channels, in which order, how patiently."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huiyin.kernel.problems import Invalid
from huiyin.notices import channels
from huiyin.notices.models import Channel
from huiyin.notices.services import LONGEST_WAIT_MINUTES, Choice, arrange
from huiyin.web.desk.frame import desk_page, member, render_desk

_MOST = 99


class ChannelForm(forms.Form):
    """One channel. Browsers' own messages would not be in the page's language."""

    use_required_attribute = False
    active = forms.BooleanField(label=gettext_lazy("Tell me this way"), required=False)
    position = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=1,
        max_value=_MOST,
        help_text=gettext_lazy("1 comes first. Equal numbers: in the usual order here."),
    )
    wait_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes to wait"),
        min_value=1,
        max_value=LONGEST_WAIT_MINUTES,
        help_text=gettext_lazy("If it is still unread after that, the next channel is used."),
    )

    def __init__(self, channel: Channel, data: Any = None) -> None:
        self.channel = channel
        kept = {name: getattr(channel, name) for name in ("active", "position", "wait_minutes")}
        super().__init__(data, prefix=channel.transport, initial=kept)

    @property
    def choice(self) -> Choice:
        """What was chosen; once the form is valid."""
        return Choice(transport=self.channel.transport, **self.cleaned_data)


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponseBase:
    """The channels that an administrator has entered an address for, to be put in order."""
    staff = member(request)
    theirs = sorted(staff.channels.all(), key=channels.place)
    usable = [channel for channel in theirs if channel.address_sealed]
    data = request.POST if request.method == "POST" else None
    forms_ = [ChannelForm(channel, data) for channel in usable]
    refused = ""
    wrong = [form for form in forms_ if not form.is_valid()]
    if data is not None and not wrong:
        try:
            arrange(staff=staff, choices=[form.choice for form in forms_])
        except Invalid as problem:
            refused = str(problem.detail or problem.title)
        else:
            messages.success(request, _("Stored. It holds for everything from now on."))
            return redirect("desk:preferences")
    return render_desk(
        request,
        "desk/preferences.html",
        {"forms": forms_, "refused": refused},
        here="preferences",
        status=422 if data is not None else 200,
    )
