"""Presses that no button of ours can have made: answered kindly, and no trouble for anybody else."""

import pytest

from storage.tables import Inbox, InboxState

HUGE = "9" * 30


@pytest.mark.parametrize(
    "data",
    [
        f"tripact:cancel:{HUGE}",
        f"explain:{HUGE}:true",
        f"fix:-{HUGE}:yes",
        f"signed:{HUGE}",
        f"proxyundo:1.{HUGE}",
        f"board:{HUGE}:sum:0:0",
        f"find:person:{HUGE}",
        f"village:{HUGE}",
        "",
        "nonsense",
        "explain:x:true",
        "resume:go:" + "x" * 50,
    ],
)
async def test_a_press_of_no_button_of_ours_changes_nothing_and_breaks_nothing(world, data):
    zhou, wang = world.cadre("周建国"), world.township_officer("王主任")
    for person in (zhou, wang):
        await person.says("帮助")
        before = await world.audit()
        await person.presses_data(data)
        assert await world.audit() == before
    rows = await world.rows(Inbox)
    assert {(row.state, row.attempts) for row in rows} == {(InboxState.DONE, 0)}
