"""Invitations: once, within seven days, one account per person and channel; lost phones go through county staff."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from actions import invitations, roster, start
from documents.roster import read
from policy.authority import Grant, Role, Viewer
from policy.refusals import Code, Refusal
from storage import invitations as stored
from storage.engine import Database
from storage.ids import new_id
from storage.tables import Area, Audit, Chat, Conversation, Invitation, Person
from tests.workbooks import COUNTY, TOWNSHIP, Roster

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SYSTEM = Viewer.system("/")


@dataclass
class Desk:
    """The office that hands out invitations."""

    db: Database

    async def person(self, name: str) -> Person:
        async with self.db.read() as session:
            return (await session.scalars(select(Person).where(Person.name == name))).one()

    async def viewer(self, name: str, role: Role, code: str) -> Viewer:
        async with self.db.read() as session:
            area = (await session.scalars(select(Area).where(Area.code == code))).one()
        return Viewer((await self.person(name)).id, (Grant(role, area.id, area.path),))

    async def invites(self, name: str, by: Viewer = SYSTEM, **options: bool | str) -> str:
        person = await self.person(name)
        async with self.db.write() as session:
            return await invitations.create(session, by=by, person_id=person.id, now=NOW, **options)  # type: ignore[arg-type]

    async def redeems(
        self, token: str, external_id: int, *, after: timedelta = timedelta(), channel: str = "gateway"
    ) -> str:
        async with self.db.write() as session:
            query = select(Chat).where(Chat.channel == channel, Chat.external_id == external_id)
            chat = (await session.scalars(query)).one_or_none()
            if chat is None:
                chat = Chat(id=new_id(session), channel=channel, external_id=external_id)
                session.add(chat)
            now = NOW + after
            invitation = await stored.by_token(session, token)
            opened = await stored.peek(session, invitation, channel=channel, chat=chat, now=now)
            accepted = await start.accept(
                session, chat=chat, invitation_id=opened.invitation.id, position=True, language="zh_CN", now=now
            )
            return accepted.person.name

    async def owner(self, external_id: int) -> str | None:
        async with self.db.read() as session:
            query = select(Person.name).join(Chat, Chat.person_id == Person.id).where(Chat.external_id == external_id)
            return (await session.scalars(query)).one_or_none()

    async def refusal(self, token: str, external_id: int, *, after: timedelta = timedelta()) -> Code:
        with pytest.raises(Refusal) as caught:
            await self.redeems(token, external_id, after=after)
        return caught.value.code


@pytest.fixture
async def desk(db: Database, tmp_path: Path) -> Desk:
    rows = Roster()
    rows.people.append(["郑凯", "13900001009", "中共党员", None, "管理员", COUNTY, "2025-01-01", None])
    rows.people.append(["钱总", "13900001010", "中共党员", None, "管理员", "99", "2025-01-01", None])
    rows.people.append(["新来", "13900001011", "中共党员", None, "乡镇干部", TOWNSHIP, "2026-12-01", None])
    async with db.write() as session:
        book = read(rows.save(tmp_path / "a.xlsx"))
        planned = await roster.plan(session, book, by=SYSTEM, today=TODAY)
        await roster.apply(session, planned, by=SYSTEM, today=TODAY, now=NOW)
    return Desk(db)


async def test_a_token_binds_once(desk: Desk):
    token = await desk.invites("周建国")
    assert await desk.redeems(token, 1) == "周建国"
    assert await desk.owner(1) == "周建国"
    assert await desk.refusal(token, 1) is Code.TOKEN_USED
    assert await desk.refusal(token, 2) is Code.TOKEN_USED


async def test_only_the_hash_is_kept_and_the_audit_holds_ids_only(desk: Desk):
    token = await desk.invites("周建国")
    await desk.redeems(token, 1)
    async with desk.db.read() as session:
        kept = (await session.scalars(select(Invitation))).one()
        audits = list(
            await session.scalars(select(Audit).where(Audit.action.startswith("invitation:")).order_by(Audit.id))
        )
    assert kept.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert len(token) >= 20
    assert [audit.action for audit in audits] == ["invitation:create", "invitation:redeem"]
    facts = str([(audit.before, audit.after, audit.subject) for audit in audits])
    assert token not in facts
    assert "周建国" not in facts


async def test_a_guessed_token_is_unknown(desk: Desk):
    await desk.invites("周建国")
    for guess in ("", "x", "A" * 22, "%", "周建国"):
        assert await desk.refusal(guess, 1) is Code.TOKEN_UNKNOWN


async def test_seven_days(desk: Desk):
    token = await desk.invites("周建国")
    assert await desk.refusal(token, 1, after=timedelta(days=7)) is Code.TOKEN_EXPIRED
    assert await desk.redeems(token, 1, after=timedelta(days=7, seconds=-1)) == "周建国"


async def test_a_newer_link_ends_the_older_ones(desk: Desk):
    first = await desk.invites("周建国")
    second = await desk.invites("周建国")
    assert await desk.refusal(first, 1) is Code.TOKEN_EXPIRED
    assert await desk.redeems(second, 1) == "周建国"


async def test_a_chat_belongs_to_one_person(desk: Desk):
    await desk.redeems(await desk.invites("周建国"), 1)
    token = await desk.invites("赵敏")
    assert await desk.refusal(token, 1) is Code.CHAT_TAKEN
    assert await desk.redeems(token, 2) == "赵敏"


async def test_a_person_has_one_account_on_a_channel_and_may_have_one_on_another(desk: Desk):
    await desk.redeems(await desk.invites("周建国"), 1)
    token = await desk.invites("周建国")
    assert await desk.refusal(token, 2) is Code.PERSON_BOUND
    assert await desk.redeems(token, 3, channel="telegram") == "周建国"
    with pytest.raises(Refusal) as caught:
        await desk.invites("周建国", channel="gateway")
    assert caught.value.code is Code.PERSON_BOUND


async def test_a_takeover_moves_the_account_and_clears_the_lost_phone(desk: Desk):
    await desk.redeems(await desk.invites("周建国"), 1)
    async with desk.db.write() as session:
        chat = (await session.scalars(select(Chat).where(Chat.external_id == 1))).one()
        session.add(Conversation(chat_id=chat.id, state="trip", data={"drafts": {"x": {}}}, updated_at=NOW))
    staff = await desk.viewer("孙丽", Role.COUNTY_STAFF, COUNTY)
    token = await desk.invites("周建国", staff, takeover=True, channel="gateway")
    assert await desk.redeems(token, 2) == "周建国"
    assert (await desk.owner(1), await desk.owner(2)) == (None, "周建国")
    async with desk.db.read() as session:
        left = (await session.scalars(select(Conversation))).one()
    assert (left.state, left.data) == (None, {})
    assert await desk.redeems(await desk.invites("赵敏"), 1) == "赵敏"


async def test_somebody_who_begins_next_week_may_be_invited_now(desk: Desk):
    assert await desk.redeems(await desk.invites("新来"), 1) == "新来"


@pytest.mark.parametrize(
    "by, role, code, whom, allowed",
    [
        ("孙丽", Role.COUNTY_STAFF, COUNTY, "周建国", True),
        ("孙丽", Role.COUNTY_STAFF, COUNTY, "刘敏", True),
        ("孙丽", Role.COUNTY_STAFF, COUNTY, "郑凯", False),
        ("孙丽", Role.COUNTY_STAFF, COUNTY, "钱总", False),
        ("郑凯", Role.ADMIN, COUNTY, "孙丽", True),
        ("郑凯", Role.ADMIN, COUNTY, "钱总", False),
        ("钱总", Role.ADMIN, "99", "郑凯", True),
        ("刘敏", Role.TOWNSHIP_OFFICER, TOWNSHIP, "周建国", False),
        ("王强", Role.FIRST_SECRETARY, "990101100201", "周建国", False),
    ],
)
async def test_whoever_invites_stands_above_all_that_the_link_gives(
    desk: Desk, by: str, role: Role, code: str, whom: str, allowed: bool
):
    viewer = await desk.viewer(by, role, code)
    if allowed:
        assert await desk.invites(whom, viewer)
        return
    with pytest.raises(Refusal) as caught:
        await desk.invites(whom, viewer)
    assert caught.value.code is Code.NOT_ALLOWED


async def test_everybody_not_yet_bound_gets_a_link(desk: Desk):
    await desk.redeems(await desk.invites("周建国"), 1)
    old = await desk.invites("赵敏")
    staff = await desk.viewer("孙丽", Role.COUNTY_STAFF, COUNTY)
    async with desk.db.write() as session:
        area = (await session.scalars(select(Area).where(Area.code == COUNTY))).one()
        made = await invitations.create_all(session, by=staff, area=area, channel="gateway", now=NOW, today=TODAY)
    names = {one.person.name for one in made}
    assert names == {"王强", "赵敏", "李雪", "高志强", "田野", "刘敏", "孙丽", "新来"}  # not the admins
    assert len({one.token for one in made}) == 8
    assert await desk.refusal(old, 2) is Code.TOKEN_EXPIRED
    token = next(one.token for one in made if one.person.name == "赵敏")
    assert await desk.redeems(token, 2) == "赵敏"


async def test_nobody_is_not_found(desk: Desk):
    with pytest.raises(Refusal) as caught:
        async with desk.db.write() as session:
            await invitations.create(session, by=SYSTEM, person_id=1, now=NOW)
    assert caught.value.code is Code.NOT_FOUND
