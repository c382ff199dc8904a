"""Files that people send as evidence, kept by what they hold (law 12); what is fetched for a moment goes after two days."""

import shutil
from pathlib import Path

FOLDER = "kept"
"""Under DATA_DIR, beside what has just come in."""


def keep(path: Path) -> bool:
    """Keep a file that has been fetched, under the same name, which says what it holds. For the press. Raises OSError."""
    folder = path.parent.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / path.name
    if not target.exists():
        draft = target.with_suffix(".part")
        draft.touch(mode=0o600)
        shutil.copyfile(path, draft)
        draft.replace(target)
    return True
