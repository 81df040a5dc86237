"""Handing messages over to the SMS gateway: invitations that are due, and replies to citizens."""

from huiyin.intake.invitations.handing.loop import hand_over_due, reply_due

__all__ = ["hand_over_due", "reply_due"]
