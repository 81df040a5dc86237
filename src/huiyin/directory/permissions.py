"""Signing in, and what administrators may do in the administration pages."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from huiyin.directory.models import Staff


class DutyBackend(ModelBackend):
    """Passwords as Django keeps them; permissions follow from duties (see ``Staff.has_perm``)."""

    def get_user_permissions(self, user_obj: Staff, obj: object = None) -> set[str]:  # type: ignore[override]
        return set()

    def get_group_permissions(self, user_obj: Staff, obj: object = None) -> set[str]:  # type: ignore[override]
        return set()
