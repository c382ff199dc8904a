"""`python -m bench [NAME …]`: every bench, or the ones named, each a table."""

import os
import platform
import sys
from importlib import import_module

BENCHES = {
    "checkins": "checkins.main",
    "burst": "burst.burst",
    "kills": "burst.kills",
    "board": "board.main",
    "roster": "roster_import.main",
    "notice": "notice.notice",
    "notice_kills": "notice.notice_kills",
    "notice_engine": "notice.notice_engine",
    "sweep": "sweep.main",
    "export": "export.main",
}
"""Each a function that prints its table and returns 1 where something is lost, twice, too large or too slow."""


def main(names: list[str]) -> int:
    """Run them one after another. 0; 1 where one failed; 2 for a name that is none."""
    if unknown := set(names) - BENCHES.keys():
        print(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    sys.argv[1:] = []  # the benches read their own arguments when run alone
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    failed = []
    for name in names or BENCHES:
        print(f"\n{name}", flush=True)
        module, function = BENCHES[name].split(".")
        if getattr(import_module(f"bench.{module}"), function)():
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
