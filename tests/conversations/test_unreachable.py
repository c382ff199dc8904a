"""Who blocks the assistant or leaves: the county hears once a day, and nothing is lost for who comes back."""

from storage.tables import Outbox, OutboxState
from tests.world import World


async def blocked(world: World, *names: str) -> list:
    people = [world.cadre(name) for name in names]
    await world.settle()
    for who in people:
        world.api.blocked.add(who.chat_id)
        world.api.messages[who.chat_id] = []
    return people


async def sign_for(world: World, colleague, name: str) -> None:
    await colleague.says(f"代签 {name} 手机坏了")


async def test_the_county_hears_once_in_a_card_that_grows(world):
    sun, wang = world.county_staff("孙丽"), world.cadre("王强", secretary=True)
    zhou, zhao = await blocked(world, "周建国", "赵敏")
    await sign_for(world, wang, "周建国")
    await sun.sees("有 1 人收不到消息", "周建国（石门村）")
    await sign_for(world, wang, "赵敏")
    card = await sun.sees("有 2 人收不到消息", "周建国（石门村）、赵敏（石门村）")
    assert card.edits == 1
    assert (await world.audit()).count("chat:unreachable") == 2
    world.api.blocked.clear()
    await zhou.says("帮助")
    await zhou.sees("王强代记您")  # what was said of his day while he was away
    assert [row.state for row in await world.rows(Outbox) if row.kind == "signed_for"] == [
        OutboxState.SENT,
        OutboxState.DROPPED,
    ]
    await zhao.sees_nothing()


async def test_one_who_blocks_by_himself_is_noted_and_welcome_back(world):
    sun, zhou = world.county_staff("孙丽"), world.cadre("周建国")
    await world.settle()
    for status in ("kicked", "member"):
        member = {"status": status, "user": world.bot_user, "until_date": 0}
        old = {"status": "member", "user": world.bot_user}
        change = {"chat": zhou._chat(), "from": zhou._user(), "date": 1, "old_chat_member": old}
        await world.feed({"my_chat_member": {**change, "new_chat_member": member}})
        if status == "kicked":
            await sun.sees("周建国（石门村）")
    assert [tag for tag in await world.audit() if tag.startswith("chat:")] == ["chat:unreachable", "chat:reachable"]
