"""What a bench must show: said line by line where it does not, so that a bench can fail."""

from collections.abc import Mapping

MOST_MB = 400
"""Memory in the burst of a whole province."""
LEAST_RATIO = {"SQLite": 0.7, "PostgreSQL": 0.6}
"""Check-ins a second ÷ the bare echo's, in the same run."""
MOST_IMPORT_S = 60
"""Seconds for a province's roster."""
MOST_SWEEP_S = 3
"""Seconds for a sweep over a province's people."""
MOST_EXPORT_S = 30
"""Seconds for the attendance sheet of a province's month."""
MOST_EXPORT_MB = 500
"""Memory of the process that builds it."""
MOST_OF_IDEAL = 1.02
"""A notice's time ÷ people ÷ the rate."""
MOST_WAIT_MS = 1_000
"""p95 of an answer to somebody who speaks while a notice goes out."""


def verdict(line: str, wanted: Mapping[str, bool]) -> int:
    """The exit code of a bench, or of one line of it: 1 where something wanted is not so, which is then said."""
    failed = [what for what, holds in wanted.items() if not holds]
    for what in failed:
        print(f"FAILED {line}: {what}")
    return 1 if failed else 0
