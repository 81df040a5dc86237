"""Addresses of the person who rates; ``/i/{code}``, ``/r/{token}`` and ``/s/{code}`` are sent out,
``/q/{sheet}`` is printed, those below ``/embed/`` stand in other sites' pages: stable."""

from django.urls import path

from huiyin.web.citizen import embedded, on_the_spot, opting, saying, short, views

app_name = "citizen"
urlpatterns = [
    path("q/<str:sheet>", on_the_spot.scan, name="scan"),
    path("i/<str:code>", short.rate, name="short"),
    path("i/<str:code>/invitations", short.invitations, name="short_invitations"),
    path("r/<str:token>", views.rate, name="rate"),
    path("r/<str:token>/invitations", opting.invitations, name="invitations"),
    path("embed/r/<str:token>", embedded.rate, name="embedded"),
    path("embed/v<str:version>.js", embedded.script, name="embedding_script"),
    path("r/<str:token>/not-here", on_the_spot.not_here, name="not_here"),
    path("s/", views.find, name="find"),
    path("s/<str:code>", views.status, name="status"),
    path("s/<str:code>/progress", views.progress, name="progress"),
    path("s/<str:code>/again", views.rate_again, name="rate_again"),
    path("s/<str:code>/decline", views.decline, name="decline"),
    path("s/<str:code>/write", views.write, name="write"),
    path("s/<str:code>/end-contact", views.end_contact, name="end_contact"),
    path("s/<str:code>/hearing", saying.be_heard, name="be_heard"),
    path("s/<str:code>/pretended", saying.report_fake, name="report_fake"),
    path("s/<str:code>/withdraw", saying.withdraw, name="withdraw"),
    path("s/<str:code>/qr.png", views.qr_picture, name="qr_picture"),
    path("s/<str:code>/receipt.json", views.receipt_file, name="receipt"),
    path("s/<str:code>/photos/<uuid:photo_id>", views.photo, name="photo"),
]
