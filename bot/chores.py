"""What the software has put off to do by itself (`outbox.chore`): in pieces, a transaction each, so that nobody waits."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from actions import (
    duty,
    emergency,
    emergency_asking,
    figure_followup,
    figure_review,
    figure_sending,
    figures,
    leave_due,
    notice_receipts,
    notice_sending,
    notices,
)
from policy.authority import Viewer
from storage.engine import Database

Step: TypeAlias = Callable[..., Awaitable[bool]]
"""One piece of a chore, an action: `session`, `by`, `now`, and the row's payload as keywords. True: more is left.

Done twice (after a crash) it changes nothing.
"""

STEPS: Mapping[str, Step] = {
    notices.SPREAD: notice_sending.spread,
    notices.LOOK: notice_sending.look,
    notices.ASK_AGAIN: notices.ask_again,
    notices.EXPIRE: notices.expire,
    notices.LAPSE: notices.lapse,
    notices.STOP: notice_sending.stop,
    notices.TAKE_BACK: notice_sending.take_back,
    notice_receipts.REMIND: notice_sending.remind,
    notice_sending.JOIN: notice_sending.join,
    notice_sending.JOINERS: notice_sending.joiners,
    figures.SPREAD: figure_sending.spread,
    figures.OTHERS: figure_sending.pass_on,
    figure_sending.JOINERS: figure_sending.joiners,
    figure_review.ASK_AGAIN: figure_review.ask_again,
    figure_review.EXPIRE: figure_review.expire,
    figure_followup.REMIND: figure_followup.remind_next,
    figure_followup.CLOSE: figure_followup.close_next,
    figure_followup.REOPEN: figure_followup.reopen_next,
    figure_followup.TAKE_BACK: figure_followup.take_back_next,
    **duty.STEPS,
    **emergency.STEPS,
    **leave_due.STEPS,
    **emergency_asking.STEPS,
}
"""By kind of row."""


async def do(
    db: Database,
    kind: str,
    facts: dict[str, int],
    clock: Callable[[], datetime],
    is_closing: Callable[[], bool] = lambda: False,
) -> bool:
    """Do a chore to its end, or until the bot is closing; whether it came to its end.

    Raises KeyError for one nobody knows.
    """
    step, is_left = STEPS[kind], True
    while is_left and not is_closing():
        async with db.write() as session:
            is_left = await step(session, by=Viewer.system(), now=clock(), **facts)
    return not is_left
