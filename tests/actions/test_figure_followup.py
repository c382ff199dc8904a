"""报数 after it went out: 催报, 结束, 延期, 撤回, 导出表; on both databases."""

from datetime import timedelta

from sqlalchemy import select, update

from actions import figure_followup as followup
from actions import figure_sending
from actions import figures as actions
from actions.figures import send
from actions.taking_back import AGAIN
from policy.authority import Action
from policy.figures import Each
from policy.refusals import Code
from storage import figures, outbox
from storage.delivery import claim
from storage.tables import Audit, Chat, FigureReply, FigureRequest, Outbox, OutboxHold, OutboxState
from tests.figures import DUE, FIELDS, NOW, SYSTEM
from tests.policy.refused import refused
from tests.world import CHANNEL


async def remind(county, request_id, name="孙丽", now=NOW):
    viewer = await county.viewer(name)
    async with county.db.write() as session:
        count = await followup.remind(session, by=viewer, request_id=request_id, now=now)
    await county.all_of(followup.remind_next, request_id, now)
    return count


async def test_only_those_missing_are_reminded_three_times_at_most(county, monkeypatch):
    monkeypatch.setattr(followup, "PIECE", 1)
    request_id = await county.ask()
    await county.deliver()
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    assert await remind(county, request_id) == 2
    assert await county.told("figures_reminder") == ["李雪", "潘建军"]
    with refused(Code.REMINDED_NOW):
        await remind(county, request_id, now=NOW + timedelta(minutes=4))
    await county.reply("李雪", (await county.asked("东峪村"))[0].id)
    assert await remind(county, request_id, now=NOW + timedelta(minutes=5)) == 1
    assert await remind(county, request_id, now=NOW + timedelta(minutes=10)) == 1
    assert (await county.told("figures_reminder"))[2:] == ["潘建军", "潘建军"]
    with refused(Code.REMINDED_OUT):
        await remind(county, request_id, now=NOW + timedelta(hours=1))
    await county.reply("潘建军", (await county.asked("南坡村"))[0].id)
    with refused(Code.FIGURES_ALL_IN):
        await remind(county, request_id, now=NOW + timedelta(hours=2))
    tags = [row.action for row in await county.all_rows(Audit)]
    assert tags.count("figures:remind") == 3


async def test_only_those_who_have_the_question_are_reminded_of_it(county):
    """A reminder that would reach nobody is not counted."""
    request_id = await county.ask()
    with refused(Code.FIGURES_NOT_THERE):
        await remind(county, request_id)
    assert (await county.all_rows(FigureRequest))[0].reminders == 0
    li = (await county.viewer("李雪")).person_id
    async with county.db.write() as session:
        rows = update(Outbox).where(Outbox.kind == "figures", Outbox.person_id == li)
        await session.execute(rows.values(state=OutboxState.MERGED))
    assert await remind(county, request_id) == 1
    assert await county.told("figures_reminder") == ["李雪"]
    [audit] = [row for row in await county.all_rows(Audit) if row.action == "figures:remind"]
    assert audit.after == {"reminded": 1}
    await county.deliver()
    async with county.db.write() as session:
        await session.execute(update(Chat).where(Chat.person_id == li).values(is_reachable=False))
    assert await remind(county, request_id, now=NOW + timedelta(minutes=5)) == 2
    assert await county.told("figures_reminder") == ["李雪", "王强", "潘建军"]


async def test_each_person_has_a_reminder_of_his_own(county):
    request_id = await county.ask(each=Each.PERSON)
    await county.deliver()
    zhou = (await county.viewer("周建国")).person_id
    await county.reply("周建国", next(row for row in await county.asked() if row.person_id == zhou).id)
    assert await remind(county, request_id) == 4
    assert sorted(await county.told("figures_reminder")) == sorted(["王强", "赵敏", "李雪", "潘建军"])


async def test_a_township_neither_reminds_nor_ends_what_the_county_asked(county):
    request_id = await county.ask()
    liu = await county.viewer("刘敏")
    with refused(Code.NOT_ALLOWED):
        await remind(county, request_id, "刘敏")
    for deed in (followup.close, followup.withdraw):
        with refused(Code.NOT_ALLOWED):
            async with county.db.write() as session:
                await deed(session, by=liu, request_id=request_id, now=NOW)
    with refused(Code.NOT_ALLOWED):
        async with county.db.write() as session:
            await followup.extend(session, by=liu, request_id=request_id, due_at=DUE + timedelta(days=1), now=NOW)


async def test_late_answers_are_taken_and_marked_until_it_is_closed(county):
    request_id = await county.ask()
    sun = await county.viewer("孙丽")
    await county.reply("王强", (await county.asked("石门村"))[0].id, now=DUE)
    await county.reply("李雪", (await county.asked("东峪村"))[0].id, now=DUE + timedelta(seconds=1))
    assert [row.is_late for row in await county.all_rows(FigureReply)] == [False, True]
    async with county.db.write() as session:
        await followup.close(session, by=sun, request_id=request_id, now=DUE + timedelta(hours=1))
    await county.all_of(followup.close_next, request_id)
    last = (await county.asked("南坡村"))[0].id
    with refused(Code.FIGURES_OVER):
        await county.reply("潘建军", last, now=DUE + timedelta(hours=2))
    with refused(Code.FIGURES_OVER):
        await remind(county, request_id, now=DUE + timedelta(hours=2))
    waiting = [
        row for row in await county.all_rows(Outbox) if row.kind == "figures" and row.state is OutboxState.WAITING
    ]
    assert waiting == [], "what was still to be told is given up"
    later = DUE + timedelta(days=1)
    async with county.db.write() as session:
        await followup.extend(session, by=sun, request_id=request_id, due_at=later, now=DUE + timedelta(hours=3))
    await county.reply("潘建军", last, now=later)
    assert not (await county.all_rows(FigureReply))[-1].is_late


async def test_later_means_later(county):
    request_id = await county.ask()
    sun = await county.viewer("孙丽")
    for due in (DUE, DUE - timedelta(hours=1)):
        with refused(Code.FIGURES_DUE_EARLY):
            async with county.db.write() as session:
                await followup.extend(session, by=sun, request_id=request_id, due_at=due, now=NOW)


async def test_taken_back_wherever_it_went(county):
    request_id = await county.ask()
    await county.deliver()
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    sun = await county.viewer("孙丽")
    async with county.db.write() as session:
        await followup.withdraw(session, by=sun, request_id=request_id, now=NOW)
    await county.all_of(followup.take_back_next, request_id)
    cards = {row.id for row in await county.all_rows(Outbox) if row.kind == "figures"}
    back = {row.payload["row"] for row in await county.all_rows(Outbox) if row.kind == outbox.TAKE_BACK}
    assert back == cards, "the answered team's card too"
    with refused(Code.FIGURES_OVER):
        await county.reply("李雪", (await county.asked("东峪村"))[0].id)
    with refused(Code.FIGURES_OVER):
        async with county.db.write() as session:
            await followup.withdraw(session, by=sun, request_id=request_id, now=NOW)
    assert len(await county.all_rows(FigureReply)) == 1, "what was answered is kept"
    async with county.db.read() as session:
        assert await figures.recent(session, sun, Action.FIGURES_VIEW, 5) == []


async def test_withdrawn_while_it_goes_out_asks_nobody_more(county, monkeypatch):
    monkeypatch.setattr(figure_sending, "PIECE", 1)
    sun = await county.viewer("孙丽")
    async with county.db.write() as session:
        request = await send(
            session, by=sun, area_id=county.area_id("安岭县"), within=[], each=Each.TEAM, title="情况", basis="县防指",
            fields=FIELDS, due_at=DUE, now=NOW,
        )  # fmt: skip
    async with county.db.write() as session:
        assert await figure_sending.spread(session, by=SYSTEM, now=NOW, request_id=request.id)
    async with county.db.write() as session:
        await followup.withdraw(session, by=sun, request_id=request.id, now=NOW)
    assert await county.all_of(figure_sending.spread, request.id) == 1
    await county.all_of(followup.take_back_next, request.id)
    assert [row.state for row in await county.all_rows(Outbox) if row.kind == "figures"] == [OutboxState.DROPPED]


async def test_the_sheet_is_ordered_by_name_and_once_a_minute(county):
    request_id = await county.ask()
    for name, whole in (("孙丽", True), ("刘敏", True), ("陈志远", False), ("何静", False), ("王强", False)):
        viewer = await county.viewer(name)
        for _twice in range(2):
            async with county.db.write() as session:
                if whole:
                    await followup.export(session, by=viewer, request_id=request_id, asked="1:08:02", now=NOW)
                else:
                    with refused(Code.NOT_FOUND):
                        await followup.export(session, by=viewer, request_id=request_id, asked="1", now=NOW)
    assert await county.told("figures_sheet") == ["孙丽", "刘敏"]
    tags = [row.action for row in await county.all_rows(Audit)]
    assert tags.count("figures:export") == 2


async def sent(county, by="孙丽", **more):
    """A request that nobody has been asked for yet."""
    viewer = await county.viewer(by)
    async with county.db.write() as session:
        request = await send(
            session, by=viewer, area_id=county.area_id("安岭县"), within=[], each=more.get("each", Each.TEAM),
            title="情况", basis="县防指", fields=FIELDS, due_at=DUE, now=NOW,
        )  # fmt: skip
    return request.id


async def do(county, deed, request_id, now=NOW, **more):
    """What 孙丽 does with a request."""
    viewer = await county.viewer("孙丽")
    async with county.db.write() as session:
        return await deed(session, by=viewer, request_id=request_id, now=now, **more)


async def chores(county, kind):
    return [row for row in await county.all_rows(Outbox) if row.kind == kind and row.person_id is None]


async def test_closed_while_it_goes_out_and_extended_it_goes_on(county, monkeypatch):
    monkeypatch.setattr(figure_sending, "PIECE", 1)
    request_id = await sent(county)
    async with county.db.write() as session:
        assert await figure_sending.spread(session, by=SYSTEM, now=NOW, request_id=request_id)
    await do(county, followup.close, request_id)
    await county.all_of(figure_sending.spread, request_id)
    await county.all_of(followup.close_next, request_id)
    assert await county.told() == ["王强"], "nobody else is asked once it is closed"
    later = NOW + timedelta(hours=1)
    await do(county, followup.extend, request_id, later, due_at=DUE + timedelta(days=1))
    assert len(await chores(county, actions.SPREAD)) == 2, "it is taken up again"
    await county.all_of(figure_sending.spread, request_id, later)
    await county.all_of(followup.reopen_next, request_id, later)
    rows = [row for row in await county.all_rows(Outbox) if row.kind == "figures"]
    assert await county.told() == ["王强", "李雪", "潘建军"]
    assert {(row.state, row.not_before, row.error) for row in rows} == {(OutboxState.WAITING, later, None)}


async def test_extended_before_the_end_was_carried_out_nothing_is_lost(county):
    request_id = await county.ask()
    await do(county, followup.close, request_id)
    assert [row.subject for row in await county.all_rows(OutboxHold)] == [f"figures:{request_id}"]
    await do(county, followup.extend, request_id, due_at=DUE + timedelta(days=1))
    assert await county.all_of(followup.close_next, request_id) == 1
    assert await county.all_rows(OutboxHold) == []
    rows = [row for row in await county.all_rows(Outbox) if row.kind == "figures"]
    assert {row.state for row in rows} == {OutboxState.WAITING}


async def test_opened_again_only_what_asks_comes_back(county):
    request_id = await county.ask()
    await county.deliver()
    await remind(county, request_id)
    await do(county, followup.close, request_id, NOW + timedelta(minutes=1))
    await county.all_of(followup.close_next, request_id)
    await do(county, followup.extend, request_id, NOW + timedelta(minutes=2), due_at=DUE + timedelta(days=1))
    await county.all_of(followup.reopen_next, request_id)
    states = {row.kind: row.state for row in await county.all_rows(Outbox) if row.kind.startswith("figures")}
    assert (states["figures"], states["figures_reminder"]) == (OutboxState.SENT, OutboxState.DROPPED)
    assert len(await chores(county, actions.SPREAD)) == 1, "it had been put to everybody"


async def test_what_was_in_flight_at_a_withdrawal_is_taken_back_as_well(county):
    request_id = await county.ask()
    async with county.db.write() as session:
        await claim(session, CHANNEL, NOW, 100)  # being sent at this moment, the progress card too
    await do(county, followup.withdraw, request_id)
    subject = f"figures:{request_id}"
    assert [row.subject for row in await county.all_rows(OutboxHold)] == [subject]
    await county.all_of(followup.take_back_next, request_id)
    again = [row for row in await chores(county, followup.TAKE_BACK) if row.not_before > NOW]
    assert [row.not_before for row in again] == [NOW + AGAIN]
    assert len(await county.all_rows(OutboxHold)) == 1, "what can't be sent now is not sent later"
    async with county.db.write() as session:  # they have arrived meanwhile, but for one, which is to be tried again
        mine = update(Outbox).where(Outbox.subject == subject, Outbox.kind == "figures")
        await session.execute(mine.values(state=OutboxState.SENT, message_id=Outbox.id))
        last = (
            await session.scalars(select(Outbox).where(Outbox.subject == subject).order_by(Outbox.id.desc()))
        ).first()
        last.state, last.message_id = OutboxState.WAITING, None
        await outbox.refresh(session, subject, NOW)  # an edit keeps nobody from coming to an end
    await county.all_of(followup.take_back_next, request_id, NOW + AGAIN)
    back = [row for row in await county.all_rows(Outbox) if row.subject == f"{subject}:{outbox.TAKE_BACK}"]
    assert len(back) == 2
    assert [row.state for row in await county.all_rows(Outbox) if row.kind == "figures"][-1] is OutboxState.DROPPED
    assert await county.all_rows(OutboxHold) == []
