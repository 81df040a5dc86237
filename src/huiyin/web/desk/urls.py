"""The desk's addresses, below /desk/."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path, register_converter

from huiyin.web.desk import (
    actions,
    administration,
    away,
    consequences,
    files,
    inbox,
    listing,
    picture,
    places,
    preferences,
    signing_in,
    stream,
)


class CodeConverter:
    """A matter's code, as people may type it."""

    regex = "[0-9A-Za-z]{2,12}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value


class StepConverter:
    """The name of a form of the matter page."""

    regex = "|".join(actions.NAMES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "matter_code")
register_converter(StepConverter, "step")

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", inbox.inbox, name="inbox"),
    path("login/", signing_in.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(next_page="desk:login"), name="logout"),
    path("password/", signing_in.ChangePassword.as_view(), name="password"),
    path("notices/preferences", preferences.preferences, name="preferences"),
    path("give", listing.give, name="give"),
    path("views", listing.save_view, name="save-view"),
    path("views/<uuid:key>/delete", listing.delete_view, name="delete-view"),
    path("away/", away.away, name="away"),
    path("stream", stream.stream, name="stream"),
    path("places/", places.listed, name="places"),
    path("places/new", places.new, name="new-place"),
    path("places/sheets", places.on_paper, name="sheets"),
    path("places/<uuid:key>", places.reports, name="place"),
    path("places/<uuid:key>/rotate", places.rotate, name="rotate-place"),
    path("places/<uuid:key>/revoke", places.revoke, name="revoke-place"),
    path("places/<uuid:key>/settle", places.settle, name="settle-place"),
    path("administration/", administration.administration, name="administration"),
    path("time/", administration.time_machine, name="time"),
    path("matters/<matter_code:code>", picture.matter, name="matter"),
    path("consequences/", consequences.listed, name="consequences"),
    path("consequences/<uuid:key>", consequences.consequence, name="consequence"),
    path("matters/<matter_code:code>/consequence", consequences.record, name="new-consequence"),
    path("matters/<matter_code:code>/print", picture.on_paper, name="print"),
    path("matters/<matter_code:code>/approval", actions.confirm_approval, name="approval"),
    path("matters/<matter_code:code>/photos/<int:place>", files.photo, name="photo"),
    path("matters/<matter_code:code>/evidence/<uuid:evidence_id>", files.evidence, name="evidence"),
    path("matters/<matter_code:code>/<step:name>", actions.take, name="take"),
]
