"""Cards of answers in a conversation: they change and go with the other cards of the team (law 4)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Viewer
from storage import figures, outbox
from storage.figures import APART
from storage.tables import Lane

KIND = "figures"
"""The kind of the card that says what is asked, or what was answered (`handlers.figure_cards`)."""


async def keep(session: AsyncSession, *, by: Viewer, asked_id: int, message_id: int, text: str, now: datetime) -> None:
    """The message that shows somebody the answer is one of the team's cards from now on.

    `text` is what it says. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    mine = await figures.mine(session, by, Action.FIGURES_REPLY, asked_id)
    if by.person_id is not None:
        subject = APART.format(id=mine.request.id, asked=asked_id)
        await outbox.adopt(
            session,
            KIND,
            to=by.person_id,
            key=f"{subject}:card:{message_id}",
            payload={"asked": asked_id},
            subject=subject,
            message_id=message_id,
            text=text,
            now=now,
        )


async def show(session: AsyncSession, *, by: Viewer, asked_id: int, on: str, now: datetime) -> None:
    """Show somebody the answer as a card of its own. `on` is what asked for it: twice from the same is once.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    mine = await figures.mine(session, by, Action.FIGURES_REPLY, asked_id)
    if by.person_id is not None:
        subject = APART.format(id=mine.request.id, asked=asked_id)
        await outbox.put(
            session,
            KIND,
            to=by.person_id,
            key=f"{subject}:shown:{on}",
            payload={"asked": asked_id},
            subject=subject,
            lane=Lane.ANSWER,
            now=now,
        )
