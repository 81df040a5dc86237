"""Whether those who are to be told are told."""

from __future__ import annotations

from django.conf import settings

from huiyin.conf.doctor.finding import Finding, Findings, Level


def notices() -> Findings:
    """What somebody was to be told and was not."""
    from huiyin.notices import queries, relay

    unaddressed, dead = queries.unaddressed_count(), queries.dead_letter_count()
    advice = f"Look at {settings.HUIYIN_BASE_URL}/admin/notices/outbox/?state__exact=dead"
    if unaddressed:
        yield Finding(
            Level.FAIL,
            "notices",
            f"{unaddressed} found nobody on duty",
            f"{advice}, give somebody the duty and send them again.",
        )
    if dead > unaddressed:
        yield Finding(
            Level.WARNING,
            "notices",
            f"{dead - unaddressed} could not be delivered",
            f"{advice}; send them again when the cause is gone.",
        )
    if not dead:
        yield Finding(Level.OK, "notices", "no dead letters")
    if not relay.current().reaches_people:
        yield Finding(
            Level.WARNING,
            "notices",
            "no relay is installed: citizens read replies on the status page only",
            "Connect a telephone and SMS gateway.",
        )


def circuits() -> Findings:
    """Transports and endpoints that are left alone since they failed again and again."""
    from huiyin.notices import queries

    resting = list(queries.open_circuits())
    for circuit in resting:
        yield Finding(
            Level.WARNING,
            "notices",
            f"{circuit.endpoint or circuit.key} rests after {circuit.failures} failures in a row, "
            f"the last: {circuit.last_error}",
            "Nothing is lost: what is for it waits and is sent when it works again.",
        )
    if not resting:
        yield Finding(Level.OK, "notices", "no transport rests")


def dingtalk(*, connect: bool = False) -> Findings:
    """Whether staff can be told in government DingTalk, and groups by their robots; asks for a
    token only with ``connect``."""
    from huiyin.notices.queries import robots_at_work
    from huiyin.notices.transports.zwding import config
    from huiyin.notices.transports.zwding.client import Failed

    about = "dingtalk"
    if not config.wanted():
        yield Finding(Level.OK, about, "government DingTalk is not connected")
    else:
        try:
            host = config.credentials().host
            if connect:
                config.client().check()
        except config.NotConfigured as error:
            yield Finding(Level.FAIL, about, str(error), "Set it, or remove HUIYIN_ZWDING_HOST.")
        except Failed as error:
            yield Finding(
                Level.FAIL,
                about,
                f"no token from government DingTalk: {error}",
                "Check host, key and secret, this machine's clock, and that its address may call.",
            )
        else:
            found = (
                "knows us" if connect else "configured; `huiyin doctor --connect` asks for a token"
            )
            encrypted = host.startswith("https://")
            yield Finding(
                Level.OK if encrypted else Level.WARNING,
                about,
                f"government DingTalk: {found}" if encrypted else f"{host} is not encrypted",
                "" if encrypted else "Use https:// unless the whole way there is yours.",
            )
    robots, silenced = robots_at_work()
    if silenced:
        yield Finding(
            Level.WARNING,
            about,
            f"{silenced} of {robots} robots are silenced: they spoke too often",
            "Nothing is lost, it waits ten minutes. Let nothing else speak as the same robot.",
        )
    elif robots:
        yield Finding(Level.OK, about, f"{robots} robots")
