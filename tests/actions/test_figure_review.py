"""报数 that many get waits for a second person's word; on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from actions import figure_followup, figure_review, figure_sending
from bot import chores
from policy.refusals import Code, Refusal
from storage import figure_asking
from storage.tables import Audit, Chat, FigureRequest, FigureReview, Outbox, Person
from tests.figures import DUE, NOW, SYSTEM
from tests.policy.refused import refused


async def review(county, by: str, request_id: int, act=figure_review.confirm, now=NOW, **facts) -> None:
    viewer = await county.viewer(by)
    async with county.db.write() as session:
        await act(session, by=viewer, request_id=request_id, now=now, **facts)


async def send_back(county, by: str, request_id: int) -> None:
    await review(county, by, request_id, figure_review.send_back, reason="时间太紧")


async def the(county, request_id: int) -> FigureRequest:
    async with county.db.read() as session:
        return await session.get_one(FigureRequest, request_id)


async def unreachable(county, name: str) -> None:
    async with county.db.write() as session:
        person = (await session.scalars(select(Person).where(Person.name == name))).one()
        await session.execute(update(Chat).where(Chat.person_id == person.id).values(is_reachable=False))


async def tags(county) -> list[str]:
    return [row.action for row in await county.all_rows(Audit) if row.action.startswith("figures:")]


@pytest.fixture
async def few(county):
    """One person may ask two by himself."""
    await county.set("second_admin_above", 2)
    return county


@pytest.mark.parametrize(
    "by, area, limit, asked",
    [
        ("孙丽", "安岭县", 2, ["郑凯"]),
        ("郑凯", "安岭县", 2, ["孙丽"]),
        ("刘敏", "柳河镇", 1, ["孙丽", "郑凯"]),  # no longer the county's to send
        ("孙丽", "安岭县", 3, []),
        ("刘敏", "柳河镇", 2, []),
    ],
)
async def test_more_than_so_many_need_a_second_person(county, by, area, limit, asked):
    await county.set("second_admin_above", limit)
    request_id = await county.ask(by, area=area)
    assert sorted(await county.told("figures_review")) == sorted(asked)
    request = await the(county, request_id)
    assert request.review is (FigureReview.WAITING if asked else None)
    assert request.size == (3 if area == "安岭县" else 2)
    assert bool(await county.asked()) is not bool(asked), "not before the second word"
    assert await county.told("figures_progress") == [by]


async def test_a_colleague_of_the_same_township_may_give_it(few):
    few.township_officer("马超")
    await few._people()
    await few.set("second_admin_above", 1)
    request_id = await few.ask("刘敏", area="柳河镇")
    assert "马超" in await few.told("figures_review")
    for name in ("许文静", "王强", "陈志远", "何静"):  # another township; no office that sends
        with refused(Code.NOT_ALLOWED):
            await review(few, name, request_id)
    await review(few, "马超", request_id)
    assert (await the(few, request_id)).review is FigureReview.CONFIRMED


async def test_it_is_people_that_count_where_many_get_it(few):
    """The two members of 石门村 in the place of their first secretary, and 李雪: as for notices."""
    assert (await the(few, await few.ask("刘敏", area="柳河镇"))).review is None
    await unreachable(few, "王强")
    request = await the(few, await few.ask("刘敏", area="柳河镇"))
    assert (request.review, request.size) == (FigureReview.WAITING, 3)


async def test_where_nobody_else_can_be_reached_nothing_is_kept(few):
    await unreachable(few, "郑凯")
    with refused(Code.FIGURES_NO_SECOND, size=3, limit=2):
        await few.ask()
    assert await few.all_rows(FigureRequest) == []
    assert await few.told("figures_progress") == []


async def test_confirmed_it_goes_out_then_and_is_noted(few):
    request_id = await few.ask()
    later = NOW + timedelta(minutes=30)
    with refused(Code.NOT_YOURSELF):
        await review(few, "孙丽", request_id)
    await review(few, "郑凯", request_id, now=later)
    request = await the(few, request_id)
    admin = (await few.viewer("郑凯")).person_id
    assert (request.reviewed_by_id, request.reviewed_at, request.sent_at) == (admin, later, later)
    await few.all_of(figure_sending.spread, request_id, later)
    assert await few.told() == ["王强", "李雪", "潘建军"]
    assert await few.told("figures_confirmed") == ["孙丽"]
    assert await tags(few) == ["figures:submit", "figures:confirm", "figures:spread"]
    with refused(Code.ALREADY_DECIDED, by_id=admin):
        await send_back(few, "郑凯", request_id)


@pytest.mark.parametrize("acts", [(review, review), (review, send_back), (send_back, review)])
async def test_of_two_who_press_at_once_the_first_counts(few, acts):
    few.county_staff("吴国平")
    await few._people()
    request_id = await few.ask()
    first, second = acts
    done = await asyncio.gather(
        first(few, "郑凯", request_id), second(few, "吴国平", request_id), return_exceptions=True
    )
    [refusal] = [one for one in done if one is not None]
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.ALREADY_DECIDED
    request = await the(few, request_id)
    winner = acts[done.index(None)]
    assert request.review is (FigureReview.CONFIRMED if winner is review else FigureReview.RETURNED)
    assert len([tag for tag in await tags(few) if tag in {"figures:confirm", "figures:return"}]) == 1
    spreads = [row for row in await few.all_rows(Outbox) if row.kind == "figures_spread"]
    assert len(spreads) == (winner is review)


async def test_what_was_sent_back_is_over(few):
    request_id = await few.ask()
    with refused(Code.TEXT_EMPTY):
        await review(few, "郑凯", request_id, figure_review.send_back, reason=" ")
    await send_back(few, "郑凯", request_id)
    assert (await the(few, request_id)).returned_because == "时间太紧"
    assert await few.told("figures_returned") == ["孙丽"]
    await few.all_of(figure_sending.spread, request_id)
    assert await few.asked() == []
    for act, facts in (
        (figure_followup.withdraw, {}),
        (figure_followup.close, {}),
        (figure_followup.remind, {}),
        (figure_followup.extend, {"due_at": DUE + timedelta(days=1)}),
    ):
        with refused(Code.FIGURES_OVER):
            await review(few, "孙丽", request_id, act, **facts)


async def test_while_it_waits_nobody_is_asked_by_any_way(few):
    request_id = await few.ask()
    async with few.db.read() as session:
        assert await figure_asking.open_requests(session, NOW) == []
    async with few.db.write() as session:
        await figure_sending.late_joiners(session, by=SYSTEM, now=NOW + timedelta(hours=1))
    assert not [row for row in await few.all_rows(Outbox) if row.kind == figure_sending.JOINERS]
    for act, facts in ((figure_followup.remind, {}), (figure_followup.extend, {"due_at": DUE + timedelta(days=1)})):
        with refused(Code.FIGURES_OVER):
            await review(few, "孙丽", request_id, act, **facts)


async def test_taken_back_before_the_word_it_can_t_be_given(few):
    request_id = await few.ask()
    await review(few, "孙丽", request_id, figure_followup.withdraw)
    with refused(Code.ALREADY_DECIDED):
        await review(few, "郑凯", request_id)
    for kind in (figure_review.ASK_AGAIN, figure_review.EXPIRE, figure_followup.TAKE_BACK):
        await chores.do(few.db, kind, {"request_id": request_id}, lambda: NOW + timedelta(days=1))
    assert await tags(few) == ["figures:submit", "figures:withdraw"]
    assert await few.told("figures_expired") == []


async def test_too_late_to_go_out_is_said_to_who_would_confirm(few):
    """In the evening of what is due before people may be told of it."""
    evening, due = NOW + timedelta(hours=9), NOW + timedelta(hours=13)  # 18:00; 22:00, in quiet hours
    request_id = await few.ask(now=evening, due=due)
    with refused(Code.FIGURES_TOO_LATE):
        await review(few, "郑凯", request_id, now=due - timedelta(minutes=1))
    assert (await the(few, request_id)).review is FigureReview.WAITING


async def test_it_expires_once_it_is_due(few):
    request_id = await few.ask()
    rows = {row.kind: row for row in await few.all_rows(Outbox)}
    assert rows[figure_review.EXPIRE].not_before == DUE, "earlier than three working days"
    await few.all_of(figure_review.expire, request_id, DUE)
    await few.all_of(figure_review.expire, request_id, DUE)
    assert (await the(few, request_id)).review is FigureReview.EXPIRED
    assert await few.told("figures_expired") == ["孙丽"]
    assert await tags(few) == ["figures:submit", "figures:expire"]
