"""Robots: the DingTalk groups that hear of what the staff of an organisation or a region are
told."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Region
from huiyin.kernel.problems import Invalid
from huiyin.notices.models import Robot, WebhookEndpoint
from huiyin.notices.transports import names
from huiyin.notices.transports.dingtalk_robot import credentials
from huiyin.notices.transports.dingtalk_robot.credentials import Credentials
from huiyin.notices.transports.webhook import guard


@transaction.atomic
def add_robot(
    *,
    name: str,
    address: str,
    secret: str,
    organisation: Organisation | None = None,
    region: Region | None = None,
) -> Robot:
    """Add the robot that DingTalk shows with ``address`` (with its access token) and ``secret``.

    Raises ``Invalid``.
    """
    check_name(name)
    robot = Robot(name=name, transport=names.ROBOT, organisation=organisation, region=region)
    _give(robot, address=address, secret=secret)
    try:
        robot.full_clean()
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="robot") from error
    robot.save(force_insert=True)
    return robot


@transaction.atomic
def change_robot(*, robot: Robot, address: str, secret: str) -> None:
    """Give ``robot`` another address and secret. Raises ``Invalid``."""
    _give(robot, address=address, secret=secret)
    robot.save(update_fields=["url", "secret_sealed"])


def check_name(name: str) -> None:
    """Robots share their names with the other endpoints. Raises ``Invalid``."""
    if WebhookEndpoint.objects.filter(name=name).exists():
        raise Invalid(_("There is an endpoint of this name already."), field="name")


def check_address(address: str) -> tuple[str, str]:
    """The address in two: what everybody may see, and the access token. Raises ``Invalid``."""
    try:
        guard.check_shape(address.strip())
        return credentials.split(address)
    except (guard.Refused, ValueError) as error:
        raise Invalid(
            _(
                "Copy the whole address from the robot's page in DingTalk: it starts with https:// "
                "and ends with its access token."
            ),
            field="address",
        ) from error


def _give(robot: Robot, *, address: str, secret: str) -> None:
    robot.url, token = check_address(address)
    if not secret.strip():
        raise Invalid(
            _("The robot needs a signature: choose “additional signature” and copy its secret."),
            field="secret",
        )
    robot.secret_sealed = credentials.sealed(robot, Credentials(token, secret.strip()))
