"""An e-mail as it is written: plain text and the same in simple HTML, nothing loaded from afar."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import format_html, format_html_join


def write(
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    link: str,
    key: str,
    thread: str,
    at: datetime,
) -> EmailMessage:
    """The message. Its ``Message-ID`` is made of the delivery ``key``: a repetition has the same,
    and mailboxes show it once. ``thread`` keeps together what is about one matter;
    ``link`` can be clicked where the text has it."""
    here = urlsplit(settings.HUIYIN_BASE_URL).hostname or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{key}@{here}>"
    if thread:
        message["References"] = f"<{thread}@{here}>"
    # No out-of-office notes in answer, please (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text)
    message.add_alternative(_html(text, link), subtype="html")
    return message


def _html(text: str, link: str) -> str:
    anchor = format_html('<a href="{}">{}</a>', link, link)
    paragraphs = [
        format_html_join(anchor, "{}", ((piece,) for piece in paragraph.split(link)))
        for paragraph in text.split("\n\n")
    ]
    body = format_html_join("\n", "<p>{}</p>", ((paragraph,) for paragraph in paragraphs))
    return format_html(
        '<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{}\n</body></html>', body
    )
