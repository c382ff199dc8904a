"""Which version this is: the one of pyproject.toml, since nothing is installed as a package."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def version() -> str:
    """`0.1.0`."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
