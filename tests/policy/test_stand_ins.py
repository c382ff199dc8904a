"""代理: for whom and for how long one may stand in."""

from datetime import date, timedelta

import pytest

from policy.refusals import Code
from policy.stand_ins import LONGEST, check
from tests.policy.refused import refused

TODAY = date(2026, 11, 23)
LAST = TODAY + timedelta(days=LONGEST - 1)


@pytest.mark.parametrize(
    "who, first, last, code",
    [
        pytest.param(1, TODAY, TODAY, Code.STANDIN_ONESELF, id="oneself"),
        pytest.param(2, TODAY, TODAY - timedelta(1), Code.STANDIN_ENDS_BEFORE_START, id="backwards"),
        pytest.param(2, TODAY - timedelta(1), TODAY, Code.STANDIN_PAST, id="since yesterday"),
        pytest.param(2, TODAY, LAST + timedelta(1), Code.STANDIN_TOO_LONG, id="a day too long"),
    ],
)
def test_who_and_when_it_may_not_be(who, first, last, code):
    with refused(code):
        check(1, who, first, last, TODAY)


def test_from_today_for_sixty_days():
    check(1, 2, TODAY, LAST, TODAY)
    check(1, 2, LAST, LAST, TODAY)
