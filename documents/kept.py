"""Files that people send as evidence, kept by what they hold (law 12); what is fetched for a moment goes after two days."""

import shutil
from collections.abc import Collection
from pathlib import Path

FOLDER = "files"
"""Under DATA_DIR, beside what has just come in; it is backed up (`Settings.files`)."""


def keep(path: Path) -> bool:
    """Keep a file that has been fetched, under the same name, which says what it holds. For the press. Raises OSError."""
    folder = path.parent.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / path.name
    if target.exists():
        target.touch()  # wanted anew: its record is written in a moment
        return True
    draft = target.with_suffix(".part")
    draft.touch(mode=0o600)
    shutil.copyfile(path, draft)
    draft.replace(target)
    return True


def forget(folder: Path, wanted: Collection[str], oldest: float) -> int:
    """Remove files that no record wants and that came before `oldest` (seconds); how many. Raises OSError."""
    gone = 0
    for path in folder.glob("*"):
        if path.is_file() and path.name not in wanted and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
