"""全年汇总: months × days, leave by kind, days on the duty roster; the sum is that of the months."""

from datetime import date

from documents import forms, year
from policy.authority import Role
from policy.calendar import Calendar, month_of
from policy.profile import LeaveKind
from storage.months import Month, Sheet
from storage.tables import Area, Facts, Person
from storage.years import Year
from tests.papers import pages_of

TODAY = date(2026, 3, 10)


def month(first):
    """Morning on leave, afternoon in the village; the first Saturday on duty."""
    begins, ends = month_of(first)
    sheet = Sheet(begins, ends, TODAY, Calendar())
    made = Month(sheet, bytearray(b"\1" * sheet.length), bytearray(2 * sheet.length))
    for nth in range(sheet.length):
        made.facts[2 * nth], made.facts[2 * nth + 1] = int(Facts.LEAVE), int(Facts.CHECKED_IN)
        made.kinds[2 * nth] = LeaveKind.SICK if nth < 15 else LeaveKind.PERSONAL
    saturday = (5 - begins.weekday()) % 7
    made.facts[2 * saturday] = made.facts[2 * saturday + 1] = int(Facts.DUTY)
    return made


def test_a_year():
    months = tuple((month(date(2026, nth, 1)), nth < 3) for nth in (1, 2, 3))
    months[0][0].served[:] = bytes(31)  # in no team yet: the month is left out
    village = Area(id=1, name="石门村", is_sample=True)
    found = Year(
        Person(id=1, name="周建国"), "县农业农村局", Role.TEAM_MEMBER, village, "安岭县柳河镇石门村", TODAY, months
    )
    rows, total = year.table(found)
    assert [row[0] for row in rows] == ["2月", "3月", "合计"]
    assert rows[0] == ("2月", "20", "13.5", "0", "10", "事假 5，病假 5", "1", "0", "已月结")
    # ten days of March so far, of which seven are worked and today counts
    assert rows[1][:2] == ("3月", "7")
    assert rows[1][6:] == ("1", "0", "未月结")
    sums = [sum(float(row[place]) for row in rows[:2]) for place in (1, 2, 3, 4, 6, 7)]
    assert [float(rows[2][place]) for place in (1, 2, 3, 4, 6, 7)] == sums
    assert total == (float(rows[2][2]), 0.0, float(rows[2][4]))
    assert pages_of(forms.pdf([year.form(found, 2026)])) == 1
