"""`python -m bench [NAME …]`: every bench, or the ones named, each a table."""

import asyncio
import os
import platform
import sys
from collections.abc import Callable

from bench import board, burst, checkins, notice, roster_import, sweep

BENCHES: dict[str, Callable[[], object]] = {
    "checkins": checkins.main,
    "burst": burst.burst,
    "kills": burst.kills,
    "board": lambda: asyncio.run(board.main()),
    "roster": roster_import.main,
    "notice": notice.notice,
    "notice_kills": notice.notice_kills,
    "notice_engine": notice.notice_engine,
    "sweep": sweep.main,
}


def main(names: list[str]) -> int:
    """Run them one after another; 2 for a name that is none."""
    if unknown := set(names) - BENCHES.keys():
        print(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    sys.argv[1:] = []  # the benches read their own arguments when run alone
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for name in names or BENCHES:
        print(f"\n{name}", flush=True)
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
