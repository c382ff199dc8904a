"""Two decide on one leave in two transactions at once, as two processes would: one decision stands."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from actions import leave
from policy.refusals import Code, Refusal
from storage.batch import of
from storage.engine import Database
from storage.tables import LeaveDecision, LeaveRequest, LeaveState, Outbox, Person
from tests.world import CHANNEL

VERDICTS = [(True, False), (False, None), (None, True)]


@pytest.mark.parametrize("verdicts", VERDICTS, ids=["yes and no", "no and up", "up and yes"])
async def test_two_transactions_at_once(world, database_url, verdicts):
    zhou = world.cadre("周建国")
    world.cadre("王强", secretary=True)
    officers = [world.township_officer("刘敏"), world.township_officer("陈涛")]
    world.county_staff("孙丽")
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.presses("提交")
    now = world.clock() + timedelta(minutes=1)
    (asked,) = await world.rows(LeaveRequest)

    async def decide(person_id, is_approved):
        other = Database(database_url, CHANNEL)  # an engine of its own, as another process has
        try:
            async with other.write() as session:
                by = await of(session).recipient(await session.get_one(Person, person_id), now)
                await leave.decide(
                    session, by=by, leave_id=asked.id, is_approved=is_approved, now=now, reason="镇里派人"
                )
        finally:
            await other.close()

    pressed = [decide(who.person_id, verdict) for who, verdict in zip(officers, verdicts, strict=True)]
    answers = await asyncio.gather(*pressed, return_exceptions=True)
    (decision,) = await world.rows(LeaveDecision)
    (stands,) = await world.rows(LeaveRequest)
    winner = answers.index(None)
    assert (decision.by_id, decision.is_approved) == (officers[winner].person_id, verdicts[winner])
    expected = {True: LeaveState.APPROVED, False: LeaveState.REJECTED, None: LeaveState.WAITING}
    assert stands.state is expected[decision.is_approved]
    refused = answers[1 - winner]
    assert isinstance(refused, Refusal), answers
    if decision.is_approved is None:
        assert refused.code is Code.NOT_ALLOWED, "it is the county's by now"
    else:
        assert (refused.code, refused.fields["by_id"]) == (Code.ALREADY_DECIDED, officers[winner].person_id)
    async with world.db.read() as session:
        told = list(await session.scalars(select(Outbox.person_id).where(Outbox.kind == "leave_decided")))
    assert told == ([] if decision.is_approved is None else [zhou.person_id]), "he hears of it once"
