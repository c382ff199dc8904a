"""Words for who is where today; the board's village and 查 share them."""

from datetime import datetime

from handlers import phrases
from handlers.trip_cards import purpose_of
from locales import _
from policy.attendance import HalfStatus
from storage.presence import Member, Team
from storage.tables import OfficialTrip, Outing
from storage.trips import span_of

LONGEST = 40
"""Characters of a purpose on a card that holds a whole team; the rest is on its own card."""


def state(member: Member, team: Team) -> str:
    """在村 08:02; of whom nothing is known it says just that, and 暂未签到 only where check-in is required."""
    if member.is_silent and team.is_workday:
        return _("暂未签到") if team.names_silence else _("今天还没有记录")
    if member.status is HalfStatus.ON_DUTY:
        return _("在村") + beside(member)
    words = {
        HalfStatus.OFFICIAL_TRIP: _("公出"),
        HalfStatus.LEAVE: _("请假"),
        HalfStatus.REST: _("休息"),
        HalfStatus.UNVERIFIED: _("待核实"),
        HalfStatus.NOT_YET: _("今天还没有记录"),
    }
    return words[member.status]


def details(member: Member, team: Team) -> list[str]:
    """What is open beside the state: trips, and today's outings."""
    return [_trip(row) for row in member.trips] + [outing(row, team.at) for row in member.outings]


def _trip(row: OfficialTrip) -> str:
    purpose = purpose_of(row) if len(row.purpose) <= LONGEST else _short(row.purpose)
    return _("公出：{span}，{purpose}").format(
        span=phrases.span(*span_of(row), year=row.reported_at.year), purpose=purpose
    )


def _short(text: str) -> str:
    return phrases.typed(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def outing(row: Outing, at: datetime) -> str:
    """临时外出：去镇卫生院，11:00 回. Times are shown as the clocks of `at` have them."""
    return _("临时外出：{purpose}，{time} 回").format(
        purpose=_short(row.purpose), time=row.back_at.astimezone(at.tzinfo).strftime("%H:%M")
    )


def beside(member: Member) -> str:
    """When he checked in, and where, if in the other of his villages: ` 08:02（东峪村）`."""
    if member.status is not HalfStatus.ON_DUTY:
        return ""
    time = f" {member.checked_in_at.strftime('%H:%M')}" if member.checked_in_at is not None else ""
    return time + (_("（{village}）").format(village=phrases.typed(member.elsewhere)) if member.elsewhere else "")
