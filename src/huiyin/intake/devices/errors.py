"""What can go wrong with a device."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class PairingCodeWrong(Problem):
    code = "pairing-code-wrong"
    status = 403
    title = _("This pairing code is wrong, has been used, or is over. Make a new one on the desk.")


class DeviceRevoked(Problem):
    code = "device-revoked"
    status = 403
    title = _("This device has been revoked. Ask your administrator for a new pairing code.")


class DeviceOfAnotherKind(Problem):
    code = "device-of-another-kind"
    status = 409
    title = _("A device of this kind cannot do that.")


class PublicKeyInvalid(Problem):
    code = "public-key-invalid"
    status = 422
    title = _("The device's public key cannot be read. It must be an uncompressed P-256 point.")


class AlreadyRevoked(Problem):
    code = "already-revoked"
    status = 409
    title = _("This device has been revoked before.")


class NothingToRate(Problem):
    code = "nothing-to-rate"
    status = 409
    title = _("There is nothing to rate on this device at the moment.")


class KeyUnknown(Problem):
    code = "key-unknown"
    status = 422
    title = _("The device's model has no such key. Check its key layout.")


class AwakeElsewhere(Problem):
    code = "awake-elsewhere"
    status = 409
    title = _("This service is being rated on another device.")


class EventUnknown(Problem):
    code = "event-unknown"
    status = 404
    title = _("There is no such service event for you.")


class RatingExpired(Problem):
    code = "rating-expired"
    status = 410
    title = _("This rating was kept on the device for too long and is not taken any more.")


class SignatureWrong(Problem):
    code = "signature-wrong"
    status = 403
    title = _("The rating is not signed by this device.")


class RatingInvalid(Problem):
    code = "rating-invalid"
    status = 422
    title = _("The signed rating cannot be read.")
