"""Conversations once more, over HTTP through the gateway: the double and the real line must tell the same story."""

import inspect
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any

import pytest

from tests.world_http import HttpWorld

Script = Callable[[HttpWorld], Coroutine[Any, Any, None]]

FEATURES = ("checkin", "corrections", "export", "start", "today")
"""Between them: positions, words, buttons and their toasts, edits, cards, keyboards, pictures, documents."""

NOT_FROM_A_PAGE = ("presses_data", "sends_raw", "world.api", "world.feed", "world.delivery", "language_code")
"""What is forged, or looks behind the line: the page has no such buttons, nor has the gateway."""


def scripts(feature: str) -> list[Any]:
    """The conversations of a feature that can be held from the page."""
    module = import_module(f"tests.conversations.test_{feature}")
    return [
        pytest.param(script, id=f"{feature}-{name.removeprefix('test_')}")
        for name, script in vars(module).items()
        if name.startswith("test_")
        and list(inspect.signature(script).parameters) == ["world"]
        and not any(what in inspect.getsource(script) for what in NOT_FROM_A_PAGE)
    ]


ALL = [script for feature in FEATURES for script in scripts(feature)]


@pytest.mark.parametrize("script", ALL)
async def test_over_http(script: Script, world: HttpWorld):
    await script(world)


def test_there_are_scripts_of_every_feature():
    assert all(len(scripts(feature)) >= 3 for feature in FEATURES)
