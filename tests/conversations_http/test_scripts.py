"""The conversations once more, over HTTP through the gateway: the double and the real line must tell the same story."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.world_http import HttpWorld

FEATURES = [p.stem for p in (Path(__file__).parent.parent/"conversations").glob("test_*.py")]

def scripts() -> Iterator[Any]:
    for feature in FEATURES:
        module = import_module(f"tests.conversations.{feature}")
        for name, script in vars(module).items():
            if name.startswith("test_") and list(inspect.signature(script).parameters) == ["world"]:
                yield pytest.param(script, id=f"{feature}-{name}")


@pytest.mark.parametrize("script", list(scripts()))
async def test_over_http(script: Callable[[HttpWorld], Any], world: HttpWorld):
    await script(world)
