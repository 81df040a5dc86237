"""Administration of text messages: that something came in and where it went, never what it says.

Who wrote a message that found no matter may mean any unit; nobody reads it by guessing.
"""

from __future__ import annotations

from django.contrib import admin

from huiyin.kernel.admin import ReadOnly
from huiyin.notices.sms.models import InboundSms


@admin.register(InboundSms)
class InboundSmsAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["received_at", "gateway", "recipient", "outcome"]
    list_filter = ["outcome", "gateway"]
    fields = ["received_at", "gateway", "recipient", "outcome"]
    ordering = ["-received_at"]
