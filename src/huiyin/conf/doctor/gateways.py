"""Whether this machine speaks what the systems that push to it speak."""

from __future__ import annotations

from huiyin.conf.doctor.finding import Finding, Findings, Level

_ADVICE = "Install OpenSSL 3 (Debian: libssl3), built with SM2."


def sm2() -> Findings:
    """SM2 comes from the machine's OpenSSL. A failure where a client needs it."""
    from huiyin.dialects import sm2 as cipher
    from huiyin.dialects import traits
    from huiyin.dialects.models import GatewayClient

    try:
        cipher.encrypt(b"?", cipher.generate())
    except cipher.Missing:
        speaking = [one.name for one in traits.ALL if traits.Secret.SM2 in one.secrets]
        waiting = GatewayClient.objects.filter(active=True, dialect__in=speaking).count()
        if waiting:
            yield Finding(
                Level.FAIL, "gateways", f"no SM2 here: {waiting} clients cannot be read", _ADVICE
            )
        else:
            yield Finding(Level.WARNING, "gateways", "no SM2 here: no client needs it yet", _ADVICE)
    else:
        yield Finding(Level.OK, "gateways", "SM2 works")
