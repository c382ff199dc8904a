"""What becomes of claimed rows: sent with these words, held for the morning, merged, dropped. Set-wise, in one session."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import structlog

from bot import retry
from handlers.cards import Card, fetch_ahead, render
from locales import speaking
from policy.delivery import UNSOLICITED, Fate, Lane, ruling
from policy.refusals import Refusal
from storage import outbox, recipients
from storage.delivery import MORNING, PAST_LIMIT, Claimed, Outcome
from storage.engine import AsyncSession, Database
from storage.recipients import Recipient

log = structlog.get_logger()


class Planned(NamedTuple):
    """A row with its words, for a chat."""

    row: Claimed
    chat_id: int
    card: Card
    silent: bool


@dataclass(slots=True)
class Plan:
    """What is to be sent, what is settled without sending, and which rows become one card (person, rows)."""

    planned: list[Planned] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    merges: list[tuple[int, list[int]]] = field(default_factory=list)
    chats: dict[int, int] = field(default_factory=dict)


async def plan(db: Database, channel: str, rows: Sequence[Claimed], now: datetime) -> Plan:
    """Decide on rows and render those that go out now, each for its recipient as things stand.

    Raises what is of the disk or the database; a row whose words can't be made is set aside by itself.
    """
    made = Plan()
    rest, is_ahead = list(rows), True
    while rest:  # an error in a render spoils the session: those after it are taken up in a new one
        async with db.read() as session:
            session.info["now"] = now
            people = {row.person_id for row in rest if row.person_id is not None}
            found = await recipients.of_people(session, channel, people, now)
            made.chats |= {one.person.id: one.chat.external_id for one in found.values() if one.chat is not None}
            going = _ruled(made, rest, found, now)
            if is_ahead and not await _fetched_ahead(session, going):
                is_ahead, rest = False, [row for row, _ in going]
            else:
                rest = await _render_until_error(session, made, going)
    return made


async def _fetched_ahead(session: AsyncSession, going: Sequence[tuple[Claimed, Recipient]]) -> bool:
    """Fetch what the cards need, for all at once; False: one of them breaks it, and each must fetch its own."""
    try:
        await fetch_ahead(session, [row.kind for row, _ in going], [(to.viewer, row.payload) for row, to in going])
    except Exception as error:
        if not isinstance(retry.decide(error, 0, 0.0), retry.SetAside):
            raise
        log.error("not fetched ahead", cause=type(error).__name__)
        return False
    return True


def _ruled(
    made: Plan, rows: Sequence[Claimed], found: dict[int, Recipient], now: datetime
) -> list[tuple[Claimed, Recipient]]:
    """The rows that go out now; the others are settled in `made`."""
    going: list[tuple[Claimed, Recipient]] = []
    merging: dict[int, list[Claimed]] = {}
    for row in rows:
        to = found.get(row.person_id or 0)
        if row.expires_at is not None and row.expires_at <= now:
            made.outcomes.append(Outcome.dropped(row.id, "expired"))
        elif to is None or to.chat is None:
            made.outcomes.append(Outcome.dropped(row.id, outbox.NO_ACCOUNT))
        else:
            is_own = row.kind != MORNING  # the morning card itself is merged with nothing
            fate, until = ruling(
                row.lane,
                held=row.held and is_own,
                opens=to.opens,
                morning=to.morning,
                is_over_limit=to.is_over_limit and is_own,
                expires=row.expires_at,
            )
            if fate is Fate.HOLD and until is not None:
                made.outcomes.append(Outcome.held(row.id, until))
            elif fate is Fate.DROP:
                made.outcomes.append(Outcome.dropped(row.id, PAST_LIMIT))
            elif fate is Fate.MERGE:
                merging.setdefault(to.person.id, []).append(row)
            else:
                going.append((row, to))
                to.unsolicited += row.lane in UNSOLICITED
    for person_id, several in merging.items():
        to = found[person_id]
        if len(several) == 1 and not to.is_over_limit:
            going.append((several[0], to))
        else:
            made.merges.append((person_id, [row.id for row in several]))
    return going


async def _render_until_error(
    session: AsyncSession, made: Plan, going: Sequence[tuple[Claimed, Recipient]]
) -> list[Claimed]:
    """Words for these rows; what comes after one whose words break is given back."""
    for place, (row, to) in enumerate(going):
        try:
            with speaking(to.person.language):
                card = await render(session, to.viewer, row.kind, row.payload)
        except Refusal:  # no longer the recipient's to see
            card = None
        except Exception as error:
            decision = retry.decide(error, row.attempts, 0.0)
            if not isinstance(decision, retry.SetAside):
                raise
            log.error("not deliverable", outbox=row.id, kind=row.kind, cause=type(error).__name__)
            made.outcomes.append(Outcome.failed(row.id, decision.error))
            return [later for later, _ in going[place + 1 :]]
        if card is None:
            made.outcomes.append(Outcome.dropped(row.id, "no longer holds"))
        else:
            chat_id = to.chat.external_id if to.chat is not None else 0
            silent = row.lane is Lane.ANSWER and to.opens is not None
            made.planned.append(Planned(row, chat_id, card, silent))
    return []
