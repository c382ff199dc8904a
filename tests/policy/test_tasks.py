"""已落实 by a day: which days, when who is missing is reminded."""

from datetime import date, datetime, timedelta

import pytest

from policy import tasks
from policy.refusals import Code
from tests.policy.refused import outcome
from tests.world import SHANGHAI

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "due_on, said",
    [
        (None, None),
        (MONDAY, None),
        (MONDAY + timedelta(1), None),
        (MONDAY + timedelta(366), None),
        (MONDAY - timedelta(1), Code.TASK_DUE_EARLY),
        (MONDAY + timedelta(367), Code.TASK_DUE_FAR),
    ],
)
def test_a_day_that_can_be_named(due_on, said):
    assert outcome(lambda: tasks.check_due_on(due_on, MONDAY)) is said


@pytest.mark.parametrize(
    "now, moment",
    [
        ("2026-11-23 08:02", "2026-11-25 09:00"),
        ("2026-11-25 07:59", "2026-11-25 09:00"),
        ("2026-11-25 08:00", "2026-11-25 09:00"),
        ("2026-11-25 08:01", None),
        ("2026-11-25 12:00", None),
    ],
)
def test_who_is_missing_is_reminded_at_nine_unless_just_told(now, moment):
    local = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    found = tasks.reminder_at(date(2026, 11, 25), local)
    assert (found.strftime("%Y-%m-%d %H:%M") if found is not None else None) == moment


def test_late_from_the_next_day_on():
    assert not tasks.is_late(MONDAY, MONDAY)
    assert tasks.is_late(MONDAY, MONDAY + timedelta(1))
