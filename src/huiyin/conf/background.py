"""The background loops of the product: what runs beside the pages, and how often."""

from __future__ import annotations

from huiyin.conf.loops import Loop
from huiyin.dialects.upward.services import work as report_upward
from huiyin.indicators.services import fold_sealed
from huiyin.intake.channels.hotline.services import tend as tend_hotline
from huiyin.intake.channels.sms.answering import TOPIC as REPLIES
from huiyin.intake.devices.asking import TOPIC as DETAILS
from huiyin.intake.devices.asking import ask_due
from huiyin.intake.invitations.handing import hand_over_due, reply_due
from huiyin.intake.invitations.services import plan_due
from huiyin.intake.invitations.services.ladders import TOPIC as LADDERS
from huiyin.intake.invitations.services.switching import TOPIC as INVITATIONS
from huiyin.log.publishing import publish
from huiyin.log.sealing import CHECKPOINT, seal_if_due
from huiyin.matters.sweeper import put_lateness_on_record, sweep, sweep_beside
from huiyin.notices.dispatcher import dispatch_due
from huiyin.notices.ladder import fall_back
from huiyin.notices.services import write_digests
from huiyin.notices.transports.sms_smpp.loop import tend
from huiyin.oversight.services import fold_steps

LOOPS = (
    # Tells people: a bad review reaches its handler when the outbox rings, not a second later.
    Loop("dispatcher", dispatch_due, every_seconds=1.0, topic="outbox"),
    # Tells people away from the desk, one channel after the other until they have read it.
    Loop("channels", fall_back, every_seconds=1.0, topic="outbox"),
    # Keeps the connection to the message centre, and takes what citizens write.
    Loop("sms", tend, every_seconds=5.0),
    # Asks citizens by SMS what went wrong, where a key said no more than a level.
    Loop("details", ask_due, every_seconds=30.0, topic=DETAILS),
    # Ratings by telephone: has calls placed, and gives what a broken call had confirmed.
    Loop("hotline", tend_hotline, every_seconds=10.0),
    # Finds services whose citizens are to be asked for a rating.
    Loop("invitations-planner", plan_due, every_seconds=30.0, topic=LADDERS),
    # Hands those invitations over that are due.
    Loop("invitations", hand_over_due, every_seconds=5.0, topic=INVITATIONS),
    # Answers citizens who rate by SMS.
    Loop("sms-replies", reply_due, every_seconds=2.0, topic=REPLIES),
    # What the day holds for everybody, in the morning.
    Loop("digests", write_digests, every_seconds=30.0),
    # Warnings, breaches and closings of clocks that have come due.
    Loop("sweeper", sweep, every_seconds=1.0),
    Loop("second-sweeper", sweep_beside, every_seconds=1.0, topic="sweeper"),
    # Says in the log which clocks are overdue, many in one entry.
    Loop("lateness", put_lateness_on_record, every_seconds=10.0),
    # Ends an epoch when it may end; only then does the public see something new.
    Loop("sealer", seal_if_due, every_seconds=1.0),
    # Writes what was sealed to the files that anybody may verify.
    Loop("publisher", publish, every_seconds=5.0, topic=CHECKPOINT),
    # Adds a sealed epoch to the published figures.
    Loop("figures", fold_sealed, every_seconds=5.0, topic="sealed"),
    # Reports to the platform above, and forgets which requests of gateways were seen long ago.
    Loop("upward", report_upward, every_seconds=5.0),
    # Counts bad reviews and faults that come back, for those above the units.
    Loop("oversight", fold_steps, every_seconds=2.0),
)
