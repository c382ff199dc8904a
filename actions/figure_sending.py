"""Putting a request for figures to teams and people: chores of the software's own, in pieces (`bot.chores`).

Each call does one piece in a transaction of its own and says whether more is left; done twice it asks nobody twice.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.audience import Audience
from policy.authority import Action, Viewer
from policy.figures import Each
from storage import audit, figure_asking, figures, outbox
from storage.batch import of
from storage.figures import PROGRESS, SUBJECT
from storage.ids import new_id, reserve
from storage.tables import FigureAsked, FigureRequest, Lane

PIECE = 100
"""Teams asked in one transaction."""


async def spread(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Put a request to the next teams; whether more are left. Done twice it asks nobody twice."""
    request, area, role = await figures.get(session, by, Action.FIGURES_SEND, request_id)
    if request.spread_at is not None or not figures.takes_answers(request, now):
        return False
    audience = Audience.load(request.audience)
    paths = await figure_asking.paths_of(session, by, Action.FIGURES_SEND, audience)
    today = (await of(session).local(area, now)).date()
    if request.each is Each.TEAM:
        to = await _teams(session, request, paths, today)
    else:
        to = await _people(session, request, paths, today)
    if not to:
        request.spread_at = now
        audit.record(
            session,
            "figures:spread",
            SUBJECT.format(id=request.id),
            by=by.person_id,
            role=role,
            now=now,
            area_id=area.id,
            after={"asked": await figure_asking.asked_count(session, request)},
        )
        await outbox.refresh(session, PROGRESS.format(id=request.id), now)
        return False
    session.add_all(asked for asked, _recipients in to)
    await session.flush()
    for asked, recipients in to:
        for recipient in recipients:
            await tell(session, "figures", request, asked.id, recipient, now, nth=0)
    return True


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
