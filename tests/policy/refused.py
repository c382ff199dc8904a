"""How tests of the rules expect a refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from policy.refusals import Code, Refusal


@contextmanager
def refused(code: Code, **fields: Any) -> Iterator[None]:
    """The block must raise a `Refusal` of this code, naming its rule, with at least these fields."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code is code
    assert caught.value.clause
    assert {key: caught.value.fields.get(key) for key in fields} == fields


def outcome(act: Callable[[], Any]) -> Any:
    """What the act answers: its value, or the code of its refusal."""
    try:
        return act()
    except Refusal as refusal:
        return refusal.code
