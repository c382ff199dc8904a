"""Putting a request for figures to teams and people: chores of the software's own, in pieces (`bot.chores`).

Each call does one piece in a transaction of its own and says whether more is left; done twice it asks nobody twice.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions.figures import note
from policy.audience import Audience
from policy.authority import Action, Viewer
from policy.delivery import PROGRESS_EVERY
from policy.figures import Each
from storage import figure_asking, figures, outbox
from storage.audience import paths_of
from storage.batch import of
from storage.figures import PROGRESS, SUBJECT
from storage.ids import new_id, reserve
from storage.tables import FigureAsked, FigureRequest, Lane

PIECE = 100
"""Teams asked in one transaction."""
JOINERS = "figures_joiners"
"""The chore that puts a request to those who have come since."""


async def spread(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Put a request to the next teams; whether more are left. Done twice it asks nobody twice."""
    request, area, role = await figures.get(session, by, Action.FIGURES_SEND, request_id)
    if request.spread_at is not None or not figures.takes_answers(request, now):
        return False
    today = (await of(session).local(area, now)).date()
    if await _put_next(session, by, request, today, now):
        return True
    request.spread_at = now
    note(
        session,
        "figures:spread",
        request,
        by,
        role,
        now,
        after={"asked": await figure_asking.asked_count(session, request)},
    )
    await outbox.refresh(session, PROGRESS.format(id=request.id), now)
    return False


async def _put_next(session: AsyncSession, by: Viewer, request: FigureRequest, on: date, now: datetime) -> int:
    """Put a request to the next of those who have not been asked; to how many."""
    paths = await paths_of(session, by, Action.FIGURES_SEND, Audience.load(request.audience))
    to = await (_teams if request.each is Each.TEAM else _people)(session, request, paths, on)
    session.add_all(asked for asked, _recipients in to)
    await session.flush()
    for asked, recipients in to:
        for recipient in recipients:
            await tell(session, "figures", request, asked.id, recipient, now, nth=0)
    return len(to)


Asking = list[tuple[FigureAsked, Sequence[int]]]


async def _teams(session: AsyncSession, request: FigureRequest, paths: Sequence[str], on: date) -> Asking:
    villages = await figure_asking.villages_to_ask(session, request, paths, on, PIECE)
    teams = await figure_asking.teams(session, villages, on)
    await reserve(session, sum(1 + len(team) for team in teams.values()))
    return [
        (_asked(session, request, village_id, None), figure_asking.who_gets_it(team))
        for village_id, team in teams.items()
    ]


async def _people(session: AsyncSession, request: FigureRequest, paths: Sequence[str], on: date) -> Asking:
    people = await figure_asking.people_to_ask(session, request, paths, on, PIECE)
    await reserve(session, 2 * len(people))
    return [(_asked(session, request, village_id, person_id), [person_id]) for person_id, village_id in people.items()]


def _asked(session: AsyncSession, request: FigureRequest, village_id: int, person_id: int | None) -> FigureAsked:
    return FigureAsked(
        id=new_id(session), request_id=request.id, village_id=village_id, person_id=person_id, reminded=0
    )


async def tell(
    session: AsyncSession, kind: str, request: FigureRequest, asked_id: int, to: int, now: datetime, *, nth: int
) -> None:
    """Have somebody told what is asked of him or his team: the question (`nth` 0), or the nth reminder of it."""
    await outbox.put(
        session,
        kind,
        to=to,
        key=figure_asking.key_of(request.id, asked_id, nth),
        payload={"asked": asked_id},
        subject=SUBJECT.format(id=request.id),
        lane=Lane.BULK,
        now=now,
    )


async def pass_on(session: AsyncSession, *, by: Viewer, now: datetime, person_id: int) -> bool:
    """Have the others of his teams asked where somebody can't be reached any more. Raises `Refusal(NOT_ALLOWED)`."""
    for request in await figure_asking.open_requests(session, now):
        area = (await figures.get(session, by, Action.FIGURES_SEND, request.id))[1]
        today = (await of(session).local(area, now)).date()
        villages = await figure_asking.villages_of(session, person_id, today)
        await _ask_others(session, request, today, now, villages)
    return False


async def _ask_others(
    session: AsyncSession, request: FigureRequest, on: date, now: datetime, villages: Sequence[int] | None = None
) -> int:
    """Ask those who can be reached of the next teams of which nobody else can; of how many teams."""
    asked = await figure_asking.unheard(session, request, on, PIECE, villages)
    for asked_id, people in (await figure_asking.untold(session, request, asked, on)).items():
        for person_id in figure_asking.who_gets_it(people):
            await tell(session, "figures", request, asked_id, person_id, now, nth=0)
    return len(asked)


async def late_joiners(session: AsyncSession, *, by: Viewer, now: datetime) -> bool:
    """Have requests that are not due yet put to teams and people who have come since: a chore for each request.

    To be called once each morning; twice a day is once. Nothing is left of it: always False. Raises
    `Refusal(NOT_ALLOWED)`.
    """
    for request in await figure_asking.open_requests(session, now):
        if now < request.due_at:
            area = (await figures.get(session, by, Action.FIGURES_SEND, request.id))[1]
            on = (await of(session).local(area, now)).date()
            key = f"{SUBJECT.format(id=request.id)}:joiners:{on.isoformat()}"
            await outbox.chore(session, JOINERS, key=key, now=now, payload={"request_id": request.id})
    return False


async def joiners(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Put a request to the next who have come since, to the team of a new first secretary too; whether more are left."""
    request, area, role = await figures.get(session, by, Action.FIGURES_SEND, request_id)
    if request.spread_at is None or now >= request.due_at or not figures.takes_answers(request, now):
        return False
    today = (await of(session).local(area, now)).date()
    new = await _put_next(session, by, request, today, now)
    if new:
        note(session, "figures:join", request, by, role, now, after={"asked": new})
    others = await _ask_others(session, request, today, now)
    if new or others:
        await outbox.refresh(session, PROGRESS.format(id=request.id), now, after=PROGRESS_EVERY)
    return bool(new or others)
