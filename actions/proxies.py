"""代签, clause 三（二）: a colleague or the township says for somebody that he is on duty; never for oneself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions.teamday import mark, take_back
from actions.trips import IDS_FOR_OTHERS
from policy import checkin as rules
from policy.authority import Action, Target, Viewer, require
from policy.checkin import Evidence
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from storage import people
from storage.batch import of
from storage.ids import reserve
from storage.tables import Area, CheckIn, Person
from storage.teamday import Standing, get, standings


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is marked now, and who was left as he stood."""

    rows: tuple[CheckIn, ...]
    people: tuple[Person, ...]
    left: tuple[tuple[Person, Standing], ...]


async def sign_for(
    session: AsyncSession,
    *,
    by: Viewer,
    who: Sequence[tuple[int, Area]],
    now: datetime,
    reason: str | None = None,
    by_list: bool = False,
) -> Signed:
    """Mark these members of teams as on duty, by a colleague's word (代记) or the township's list.

    Who has a record already, is on a trip or a leave, or has said himself that he isn't there is left as he stands.
    Raises `Refusal`: NOT_ALLOWED, NOT_YOURSELF, NOT_FOUND (not of that village's team), CHECKIN_OFF, CHECKIN_CLOSED,
    TEXT_EMPTY, TEXT_TOO_LONG.
    """
    action = Action.CHECKIN_LIST if by_list else Action.CHECKIN_PROXY
    evidence = Evidence.LIST if by_list else Evidence.PROXY
    said = sentence(reason) if reason is not None else None
    checked = []
    for person_id, village in dict(who).items():
        require(by, action, Target(village.path, person_id))
        local = await of(session).local(village, now)
        halves = rules.halves_proved(local, await of(session).profile(village, local.date()))
        team = {person.id: person for person, _ in await people.team(session, village, local.date())}
        if person_id not in team:
            raise Refusal(Code.NOT_FOUND)
        standing = (await standings(session, [person_id], local.date(), halves))[person_id]
        checked.append((team[person_id], village, halves, standing))
    await reserve(session, 6 * len(checked) + IDS_FOR_OTHERS)
    rows, signed, left = [], [], []
    for person, village, halves, standing in checked:
        if standing is Standing.OPEN:
            rows.append(await mark(session, by, village, person, halves, evidence, now, said))
            signed.append(person)
        else:
            left.append((person, standing))
    return Signed(tuple(rows), tuple(signed), tuple(left))


async def withdraw(session: AsyncSession, *, by: Viewer, check_in_ids: Sequence[int], now: datetime) -> int:
    """Take back what one has recorded for others today; how many marks went.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED (another's record), NOT_YOURSELF.
    """
    found = [await get(session, by, Action.CHECKIN_WITHDRAW, check_in_id) for check_in_id in check_in_ids]
    if any(row.recorded_by_id != by.person_id for row, _, _ in found):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_WITHDRAW.value)
    gone = 0
    for row, village, _role in found:
        gone += await take_back(session, by, village, row, now)
    return gone
