"""What the doctor says of one thing."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One line: all is well, or what to do about it. `check` is what was looked at, for machines."""

    check: str
    well: bool
    line: str


def fine(check: str, line: str) -> Finding:
    """All is well."""
    return Finding(check, True, line)


def amiss(check: str, line: str) -> Finding:
    """Something is to be done; the line says what."""
    return Finding(check, False, line)
