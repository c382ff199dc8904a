"""When something is due: moments of a local time of day, beats of an interval, and whether a missed one is of use still."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


class Fate(StrEnum):
    """What becomes of something that was due."""

    RUN = "run"
    SKIP = "skip"  # too late to be of use


def moment(on: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time of day.

    One a day in every zone: a time that the clocks skip is taken as far after the gap, of one that comes twice the first.
    """
    return datetime.combine(on, at, tzinfo=zone).astimezone(UTC)


def daily(at: time, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """Each local day whose moment lies after `since`, up to `until` included, with the moment; in order."""
    on, last = since.astimezone(zone).date() - _DAY, until.astimezone(zone).date() + _DAY
    while on <= last:
        if since < (due_at := moment(on, at, zone)) <= until:
            yield on, due_at
        on += _DAY


def beat(every: timedelta, since: datetime, until: datetime) -> datetime | None:
    """The newest beat of an interval after `since`, up to `until` included: of several missed, one is enough.

    Beats are whole multiples of the interval (hourly: at the full hour, UTC), whenever the process was started.
    """
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    newest = epoch + (until - epoch) // every * every
    return newest if newest > since else None


def fate(due_at: datetime, now: datetime, useful: timedelta) -> Fate:
    """Whether something due at a moment is of use still: up to `useful` after it, included."""
    return Fate.RUN if now - due_at <= useful else Fate.SKIP
