"""Who is asking: a business system by its key, a member of staff by the token of a session."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, authenticate
from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from ninja.security import HttpBearer

from huiyin.directory.models import Staff
from huiyin.intake.devices.models import Device
from huiyin.intake.devices.queries import device_by_key
from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import Problem
from huiyin.kernel.throttle import Throttle
from huiyin.reviews.models import ChannelAdapter, Integrator
from huiyin.reviews.queries import adapter_by_key, integrator_by_key

SESSION_HOURS = 12
_LONGEST_BEARER = 300
_signer = Signer(sep=".", salt="huiyin.api.session")

# Five wrong passwords at once, then one a minute, for one account from one address.
wrong_passwords = Throttle(burst=5, per_minute=1, name="wrong_passwords")
# Keys and tokens cannot be guessed; this keeps somebody who tries from asking the database. Whoever
# has a valid one is never held up by others behind the same address.
wrong_bearers = Throttle(burst=30, per_minute=30, name="wrong_bearers")


class SignInFailed(Problem):
    code = "sign-in-failed"
    status = 401
    title = _("The user name or the password is not right.")


class IntegratorKey(HttpBearer):
    """The key of a business system, as the administration showed it once."""

    def authenticate(self, request: HttpRequest, token: str) -> Integrator | None:
        found = integrator_by_key(token) if len(token) <= _LONGEST_BEARER else None
        if found is None:
            _count_wrong(request)
        return found


class AdapterKey(HttpBearer):
    """The key of a channel adapter, as the administration showed it once."""

    def authenticate(self, request: HttpRequest, token: str) -> ChannelAdapter | None:
        found = adapter_by_key(token) if len(token) <= _LONGEST_BEARER else None
        if found is None:
            _count_wrong(request)
        return found


class DeviceKey(HttpBearer):
    """The key that a device was given when it paired."""

    def authenticate(self, request: HttpRequest, token: str) -> Device | None:
        found = device_by_key(token) if len(token) <= _LONGEST_BEARER else None
        if found is None:
            _count_wrong(request)
        return found


class StaffSession(HttpBearer):
    """The token of a session of staff; see ``POST /api/v1/sessions``."""

    def authenticate(self, request: HttpRequest, token: str) -> Staff | None:
        found = staff_of(token)
        if found is None:
            _count_wrong(request)
        return found


def _count_wrong(request: HttpRequest) -> None:
    block = block_of(address_of(request))
    wrong_bearers.spend(block)
    wrong_bearers.check(block)


def address_of(request: HttpRequest) -> str:
    """Where the request came from; behind trusted proxies the server has already resolved it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def sign_in(request: HttpRequest, *, username: str, password: str) -> tuple[str, Staff]:
    """A token for ``SESSION_HOURS`` and whom it stands for.

    Raises ``SignInFailed`` (the same for an unknown name and a wrong password) or ``TooMany``.
    """
    key = f"{block_of(address_of(request))}|{username.lower()}"
    wrong_passwords.check(key)
    staff = authenticate(request, username=username, password=password)
    if not isinstance(staff, Staff):
        wrong_passwords.spend(key)
        raise SignInFailed
    session = SessionStore()
    session[SESSION_KEY] = str(staff.pk)
    session[BACKEND_SESSION_KEY] = staff.backend
    # Changing the password ends all sessions.
    session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
    session.set_expiry(timedelta(hours=SESSION_HOURS))
    session.create()
    return _signer.sign(session.session_key or ""), staff


def staff_of(token: str) -> Staff | None:
    """The active member of staff whose running session ``token`` stands for. Two queries."""
    session = _session(token)
    if session is None:
        return None
    staff = (
        Staff.objects.select_related("organisation")
        .filter(pk=session[SESSION_KEY], is_active=True)
        .first()
    )
    if staff is None or not constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), staff.get_session_auth_hash()
    ):
        return None
    return staff


def sign_out(token: str) -> None:
    """End the session of ``token``; it is worth nothing from now on."""
    session = _session(token)
    if session is not None:
        session.flush()


def _session(token: str) -> SessionStore | None:
    try:
        key = _signer.unsign(token) if len(token) <= _LONGEST_BEARER else ""
    except BadSignature:
        return None
    session = SessionStore(session_key=key)
    # An empty one is unknown, ended or expired.
    return session if key and session.get(SESSION_KEY) else None
