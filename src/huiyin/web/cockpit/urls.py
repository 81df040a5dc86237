"""The cockpit's addresses, below /cockpit/."""

from django.urls import URLPattern, URLResolver, path

from huiyin.web.cockpit import delays, faults, lists, orders, overview, sources, words

app_name = "cockpit"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.overview, name="overview"),
    path("late/", lists.late, name="late"),
    path("soon/", lists.soon, name="soon"),
    path("decisions/", lists.decisions, name="decisions"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<slug:code>", orders.new_order, name="new_order"),
    path("sources/", sources.sources, name="sources"),
    path("faults/", faults.faults, name="faults"),
    path("faults/<uuid:fault_id>", faults.fault, name="fault"),
    path("delays/", delays.delays, name="delays"),
    path("words/", words.held_back, name="words"),
    path("words/<uuid:review_id>", words.release, name="release"),
]
