"""CI fails on a skip that nobody allowed, with and without xdist."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import ROOT, allowed_reasons, is_allowed

SOURCES = {
    "test_in_a_test.py": "import pytest\ndef test_skipped(): pytest.skip('not today')",
    "test_in_a_module.py": "import pytest\npytest.skip('not today', allow_module_level=True)",
    "test_in_a_fixture.py": "import pytest\n@pytest.fixture\ndef thing(): pytest.skip('not today')\ndef test_skipped(thing): ...",
    "test_expected_to_fail.py": "import pytest\n@pytest.mark.xfail\ndef test_fails(): assert False",
    "test_passes.py": "def test_passes(): ...",
}


def run(folder: Path, *options: str, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text("from tests.skips import pytest_configure\n")
    for name, source in SOURCES.items():
        (folder / name).write_text(source + "\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        "/dev/null",
        "--rootdir",
        ".",
        "-p",
        "no:cacheprovider",
        *options,
        ".",
    ]
    env = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": ci}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "xdist"])
def test_unexpected_skips_fail_in_ci(tmp_path, options):
    ended = run(tmp_path, *options, ci="true")
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr
    listed = ended.stdout.partition("not in .ci/allowed-skips")[2]
    assert listed.count("not today") == 3
    assert all((name in listed) == ("_in_a_" in name) for name in SOURCES)


def test_elsewhere_they_are_only_told(tmp_path):
    assert run(tmp_path, ci="").returncode == pytest.ExitCode.OK


def test_the_list_allows_what_it_names():
    patterns = allowed_reasons("# a remark\n\nno Chromium*  # why\n")
    assert patterns == ["no Chromium*"]
    assert is_allowed("no Chromium here", patterns)
    assert not is_allowed("no PostgreSQL", patterns)
