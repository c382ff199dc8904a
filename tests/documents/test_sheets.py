"""A sheet that could not be finished leaves nothing behind: no file, and no complaint in somebody else's test or log."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents.roster_template import write_invitations

ROW = ("王强", "队员", "石门村", "token", "")


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the collector complains of, long after the error; what others left behind is not heard."""
    gc.collect()
    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)
    return heard


def rows_that_break() -> Iterator[tuple[str, str, str, str, str]]:
    yield ROW
    raise KeyError("the second row")


def test_no_folder(tmp_path: Path, late: list[object]):
    with pytest.raises(FileNotFoundError):
        write_invitations(tmp_path / "none" / "a.xlsx", [ROW])
    gc.collect()
    assert late == []


def test_a_full_disk(tmp_path: Path, late: list[object], monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("openpyxl.Workbook.save", full)
    with pytest.raises(OSError, match="No space left"):
        write_invitations(tmp_path / "a.xlsx", [ROW])
    gc.collect()
    assert (late, list(tmp_path.iterdir())) == ([], [])


def test_a_row_that_breaks(tmp_path: Path, late: list[object]):
    with pytest.raises(KeyError):
        write_invitations(tmp_path / "a.xlsx", rows_that_break())
    gc.collect()
    assert (late, list(tmp_path.iterdir())) == ([], [])
