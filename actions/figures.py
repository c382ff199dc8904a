"""报数: asked of each team once, on a basis that is named, and answered by whoever of it. 国办函〔2026〕12号."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import reviewing
from actions.reviewing import Matter
from policy import figure_answers
from policy import figures as rules
from policy.audience import Audience
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.figures import Each, Field, Value
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, figure_asking, figures, outbox
from storage.audience import paths_of
from storage.batch import of
from storage.figures import APART, PROGRESS, SUBJECT, Mine, Standing
from storage.ids import new_id
from storage.tables import Area, FigureField, FigureReply, FigureRequest, FigureReview, FigureValue, Lane

SPREAD = "figures_spread"
"""The chore that puts a request to everybody (`actions.figure_sending.spread`)."""
OTHERS = "figures_others"
"""The chore that asks the others of a team where one of it can't be reached (`actions.figure_sending.pass_on`)."""
ANSWERED = "answered meanwhile"


async def send(
    session: AsyncSession,
    *,
    by: Viewer,
    area_id: int,
    within: Sequence[int],
    each: Each,
    title: str,
    basis: str,
    fields: Sequence[Field],
    due_at: datetime,
    now: datetime,
) -> FigureRequest:
    """Ask the teams of an area, or of some areas `within` it, for figures until `due_at` (an instant).

    It goes out at once, or waits for a second person where more people get it than the county lets one ask. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, FIGURE_FORBIDDEN, FIGURE_TWICE,
    FIGURES_NO_FIELD, FIGURES_MANY_FIELDS, FIGURES_NO_BASIS, FIGURES_DUE_EARLY, FIGURES_DUE_FAR, FIGURES_NOBODY,
    FIGURES_NO_SECOND (size, limit).
    """
    area = await session.get(Area, area_id)
    if area is None or by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.FIGURES_SEND, Target(area.path))
    title, basis = rules.check_heading(title), rules.check_basis(basis)
    rules.check_fields(fields)
    local_due = await of(session).local(area, due_at)
    rules.check_due(local_due, goes_out=await figure_asking.goes_out(session, area, now))
    audience = Audience(tuple(within) or (area.id,), roles=tuple(sorted(TEAM)))
    asked, size = await _size(session, by, area, audience, each, now)
    today = (await of(session).local(area, now)).date()
    seconders = await reviewing.seconders(
        session, Action.FIGURES_CONFIRM, area, by.person_id, size, today, Code.FIGURES_NO_SECOND
    )
    request = FigureRequest(
        id=new_id(session),
        area_id=area.id,
        by_id=by.person_id,
        title=title,
        basis=basis,
        each=each,
        audience=audience.dump(),
        due_at=due_at,
        sent_at=now,
        review=FigureReview.WAITING if seconders else None,
        size=size,
        reminders=0,
    )
    session.add(request)
    await session.flush()  # fields point at it
    session.add_all(_row(session, request, place, field) for place, field in enumerate(fields))
    note(
        session,
        "figures:submit" if seconders else Action.FIGURES_SEND,
        request,
        by,
        role,
        now,
        after={"each": each, "asked": asked, "fields": len(fields), "due_at": due_at.isoformat()},
    )
    await _show_progress(session, request, by.person_id, now)
    if seconders:
        await reviewing.begin(session, matter(request), area, seconders, now, until=due_at)
    else:
        await put_to_all(session, request, now)
    return request


async def _show_progress(session: AsyncSession, request: FigureRequest, person_id: int, now: datetime) -> None:
    """The card by which whoever asks follows it from now on."""
    progress = PROGRESS.format(id=request.id)
    await outbox.put(
        session,
        "figures_progress",
        to=person_id,
        key=progress,
        payload={"id": request.id},
        subject=progress,
        lane=Lane.ANSWER,
        now=now,
    )


def note(
    session: AsyncSession,
    what: Action | str,
    request: FigureRequest,
    by: Viewer,
    role: Role | None,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """The audit row of a change to a request."""
    audit.record(
        session,
        what,
        SUBJECT.format(id=request.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=request.area_id,
        before=before,
        after=after,
    )


def matter(request: FigureRequest) -> Matter:
    """A request as what waits for a second person."""
    return Matter("figures", SUBJECT.format(id=request.id), {"request_id": request.id})


async def _size(
    session: AsyncSession, by: Viewer, area: Area, audience: Audience, each: Each, now: datetime
) -> tuple[int, int]:
    """How many teams or people are asked, and how many people get it. Raises `Refusal`: NOT_ALLOWED, FIGURES_NOBODY."""
    paths = await paths_of(session, by, Action.FIGURES_SEND, audience)
    if not all(path.startswith(area.path) for path in paths):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.FIGURES_SEND.value)
    today = (await of(session).local(area, now)).date()
    asked = await figure_asking.size(session, by, Action.FIGURES_SEND, audience, each, today)
    if not asked:
        raise Refusal(Code.FIGURES_NOBODY, LOCAL)
    return asked, await figure_asking.recipients(session, by, Action.FIGURES_SEND, audience, each, today)


def _row(session: AsyncSession, request: FigureRequest, place: int, field: Field) -> FigureField:
    return FigureField(
        id=new_id(session),
        request_id=request.id,
        place=place,
        title=field.title,
        kind=field.kind,
        unit=field.unit,
        low=field.low,
        high=field.high,
        decimals=field.decimals,
        choices=list(field.choices),
        basis=field.basis,
        source=field.source if request.each is Each.TEAM else None,  # of a person the system knows none of these
    )


async def put_to_all(session: AsyncSession, request: FigureRequest, now: datetime) -> None:
    """Have a request put to whoever has not been asked yet."""
    key = f"{SUBJECT.format(id=request.id)}:spread:{now.isoformat()}"
    await outbox.chore(session, SPREAD, key=key, now=now, payload={"request_id": request.id})


async def reply(
    session: AsyncSession,
    *,
    by: Viewer,
    asked_id: int,
    values: Mapping[int, Value],
    replaces: int | None,
    now: datetime,
) -> FigureReply:
    """Answer for one's team, or for oneself: a value for each field, by its place. The first answer stands.

    `replaces` is the answer that a correction was begun on; another one by now is not overwritten unseen. Raises
    `Refusal`: NOT_FOUND, NOT_ALLOWED, FIGURES_OVER, FIGURES_REPORTED (name, on, at), FIGURE_INVALID (title, value, allowed: the field),
    FIGURE_PRIVATE, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    mine = await figures.mine(session, by, Action.FIGURES_REPLY, asked_id)
    if by.person_id is None or not figures.takes_answers(mine.request, now):
        raise Refusal(Code.FIGURES_OVER, LOCAL)
    before = await figures.standing(session, asked_id)
    if (before.reply.id if before is not None else None) != replaces:
        raise await reported(session, mine, before)
    fields = await figures.fields(session, mine.request.id)
    checked = {field.id: figure_answers.check(figures.as_asked(field), values.get(field.place, "")) for field in fields}
    made = FigureReply(
        id=new_id(session),
        asked_id=asked_id,
        by_id=by.person_id,
        at=now,
        is_late=rules.is_late(mine.request.due_at, now),
    )
    session.add(made)
    if before is not None:
        before.reply.replaced_at = now
    mine.asked.replied_at = now
    await session.flush()  # values point at it
    for field_id, value in checked.items():
        number, words = (value, None) if isinstance(value, int) else (None, value)
        session.add(FigureValue(reply_id=made.id, field_id=field_id, number=number, words=words))
    audit.record(
        session,
        Action.FIGURES_REPLY,
        SUBJECT.format(id=mine.request.id),
        by=by.person_id,
        role=require(by, Action.FIGURES_REPLY, Target(mine.village.path)),
        now=now,
        area_id=mine.village.id,
        before={"reply": replaces} if replaces is not None else None,
        after={"asked": asked_id, "reply": made.id, "late": made.is_late},
    )
    await _show(session, mine, now)
    return made


async def reported(session: AsyncSession, mine: Mine, standing: Standing | None) -> Refusal:
    """The refusal of an answer where another stands by now, or where the one to be corrected is gone."""
    if standing is None:
        return Refusal(Code.NOT_FOUND)
    local = await of(session).local(mine.village, standing.reply.at)
    return Refusal(Code.FIGURES_REPORTED, LOCAL, name=standing.name, on=local.date(), at=local)


async def _show(session: AsyncSession, mine: Mine, now: datetime) -> None:
    """The team's cards say what was reported by whom; nobody else's change, and the progress does soon."""
    request, asked = mine.request, mine.asked
    today = (await of(session).local(mine.village, now)).date()
    people = {
        each.person_id for each in (await figure_asking.teams(session, [mine.village.id], today))[mine.village.id]
    }
    if asked.person_id is not None:
        people = {asked.person_id}
    apart = APART.format(id=request.id, asked=asked.id)
    await outbox.set_apart(session, SUBJECT.format(id=request.id), apart, people, {"asked": asked.id}, ANSWERED)
    await outbox.refresh(session, apart, now)
    await outbox.refresh(session, PROGRESS.format(id=request.id), now, after=PROGRESS_EVERY)
