"""报数 for who comes later, and for the others of a team of which the one asked can't be reached; on both databases."""

from datetime import date, timedelta

from sqlalchemy import delete, select, update

from actions import figure_followup as followup
from actions import figure_sending, unreachable
from actions import figures as actions
from bot import chores
from policy.figures import Each
from storage.tables import Audit, Chat, FigureAsked, Outbox, PersonRole
from tests.figures import DUE, NOW, SYSTEM
from tests.world import CHANNEL

LATER = NOW + timedelta(hours=1)


async def blocks(county, name):
    """The channel says that somebody can't be written to any more; the chore that follows is done."""
    person_id = (await county.viewer(name)).person_id
    async with county.db.write() as session:
        await unreachable.mark(session, by=SYSTEM, person_id=person_id, cause="blocked", now=LATER)
    await follow(county, actions.OTHERS)


async def follow(county, kind):
    """Do the chores of a kind that wait, each once."""
    for row in [row for row in await county.all_rows(Outbox) if row.kind == kind and row.state == "waiting"]:
        await chores.do(county.db, kind, row.payload, lambda: LATER)
        async with county.db.write() as session:
            await session.execute(update(Outbox).where(Outbox.id == row.id).values(state="dropped"))


async def morning(county, now=LATER):
    """As the clock does each morning."""
    async with county.db.write() as session:
        await figure_sending.late_joiners(session, by=SYSTEM, now=now)
    await follow(county, figure_sending.JOINERS)


async def test_the_others_are_asked_where_the_first_secretary_turns_out_unreachable(county):
    await county.ask()
    await county.deliver()
    await blocks(county, "王强")
    assert await county.told() == ["王强", "李雪", "潘建军", "周建国", "赵敏"]
    await blocks(county, "周建国")
    await blocks(county, "李雪")
    assert len(await county.told()) == 5, "赵敏 has it, and of 东峪村 there is nobody else"
    await county.deliver()
    [asked] = await county.asked("石门村")
    await county.reply("赵敏", asked.id)


async def test_nobody_is_asked_in_vain(county):
    """Nothing of what is answered, ended, or asked of each by himself."""
    answered = await county.ask()
    closed, each = await county.ask(title="已结束"), await county.ask(each=Each.PERSON, title="每人")
    await county.deliver()
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    async with county.db.write() as session:
        await followup.close(session, by=await county.viewer("孙丽"), request_id=closed, now=NOW)
    told = await county.told()
    await blocks(county, "王强")
    assert await county.told() == told
    assert answered < closed < each


async def test_a_card_that_can_t_be_sent_is_for_the_others(county):
    await county.ask(within=["石门村"])
    async with county.db.write() as session:
        await session.execute(update(Outbox).where(Outbox.kind == "figures").values(state="failed"))
    await morning(county)
    assert await county.told() == ["王强", "周建国", "赵敏"]
    await morning(county, LATER + timedelta(days=1))
    assert len(await county.told()) == 3


async def test_teams_and_people_that_come_later_are_asked_in_the_morning(county, monkeypatch):
    monkeypatch.setattr(figure_sending, "PIECE", 1)
    later = NOW + timedelta(days=3)
    teams, each = await county.ask(due=later), await county.ask(each=Each.PERSON, title="每人", due=later)
    county.cadre("何伟", village="北沟村", township="石桥镇")
    county.cadre("韩冰", village="南坡村", township="石桥镇")
    await county._people()
    for _twice in range(2):
        await morning(county)
    assert (await county.told())[-3:] == ["何伟", "韩冰", "何伟"]
    assert len(await county.told()) == 11
    by_request = {row.id: 0 for row in await county.all_rows(FigureAsked)}
    assert len(by_request) == 4 + 7
    joins = [row for row in await county.all_rows(Audit) if row.action == "figures:join"]
    assert sum(row.after["asked"] for row in joins) == 3
    assert {row.subject for row in joins} == {f"figures:{teams}", f"figures:{each}"}


async def test_a_new_first_secretary_is_asked_where_the_old_one_was(county):
    await county.ask(within=["南坡村"])
    await county.deliver()
    pan = (await county.viewer("潘建军")).person_id
    async with county.db.write() as session:
        ended = update(PersonRole).where(PersonRole.person_id == pan)
        await session.execute(ended.values(ends_on=date(2026, 11, 22)))
    county.cadre("韩冰", village="南坡村", township="石桥镇", secretary=True)
    await county._people()
    await morning(county)
    assert await county.told() == ["潘建军", "韩冰"]


async def test_what_is_due_or_over_is_put_to_nobody_new(county):
    due, closed = await county.ask(), await county.ask(title="已结束", due=DUE + timedelta(days=2))
    async with county.db.write() as session:
        await followup.close(session, by=await county.viewer("孙丽"), request_id=closed, now=NOW)
    county.cadre("何伟", village="北沟村", township="石桥镇")
    await county._people()
    await morning(county, DUE)
    assert "何伟" not in await county.told()
    async with county.db.write() as session:  # made while it was open, done when it is over
        assert not await figure_sending.joiners(session, by=SYSTEM, now=DUE, request_id=due)
        assert not await figure_sending.joiners(session, by=SYSTEM, now=LATER, request_id=closed)
    assert "何伟" not in await county.told()


async def test_who_has_no_account_yet_keeps_what_waits_for_him(county):
    async with county.db.write() as session:
        await session.execute(delete(Chat).where(Chat.channel == CHANNEL))
    await county.ask(within=["石门村"])
    await morning(county)
    assert await county.told() == ["王强", "周建国", "赵敏"]
    async with county.db.read() as session:
        assert await session.scalar(select(Chat.id)) is None
