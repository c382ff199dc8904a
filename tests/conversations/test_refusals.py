"""Every refusal has words, and the words find in it everything that they say."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from handlers import refusals, settings_words
from policy import profile
from policy.profile import PARAMETERS, CheckInMode, Group, LeaveKind, Period, Profile
from policy.refusals import Code, Refusal

ROOT = Path(__file__).parents[2]
SPREAD = {"_asdict()": {"from_on", "from_half", "to_on", "to_half"}, "values": {"value", "other_value"}}
"""What `**` brings, by how it ends, where a refusal is made with it."""


def made() -> Iterator[tuple[Code, set[str], str]]:
    """Every place that makes a refusal: its code, its fields, where."""
    for room in ("policy", "storage", "actions", "handlers", "bot"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                    code = node.args[0]
                    if isinstance(code, ast.Attribute) and isinstance(code.value, ast.Name) and code.value.id == "Code":
                        yield Code[code.attr], fields_of(node), f"{path.relative_to(ROOT)}:{node.lineno}"


def fields_of(call: ast.Call) -> set[str]:
    found: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is None:
            found |= SPREAD[ast.unparse(keyword.value).rsplit(".", maxsplit=1)[-1]]
        else:
            found.add(keyword.arg)
    return found - {"clause"}


MADE = list(made())


def test_every_code_has_words():
    assert set(refusals.WORDS) == set(Code)


def test_the_places_are_found():
    assert len(MADE) > 40
    assert {code for code, _fields, _place in MADE} >= {Code.NOT_ALLOWED, Code.TOKEN_USED, Code.SETTING_INVALID}


@pytest.mark.parametrize("code, fields, place", MADE, ids=[f"{code.name}-{place}" for code, _, place in MADE])
def test_the_words_find_their_fields(code, fields, place):
    wanted = {name for _text, name, _spec, _conversion in Formatter().parse(refusals.WORDS[code]) if name}
    made_of_others = {"days"} if {"from_on", "to_on"} <= fields else set()
    assert wanted - {"rule"} - made_of_others <= fields, place


@pytest.mark.parametrize("code", Code)
def test_a_refusal_says_what_and_ends_as_a_sentence(code):
    words = refusals.WORDS[code]
    assert words.endswith("。")
    assert [bad for bad in ("！", "!", "请您务必", "温馨提示") if bad in words] == []


def test_what_people_typed_is_escaped():
    assert "&lt;b&gt;" in refusals.words(Refusal(Code.DATE_UNREADABLE, value="<b>"))
    assert "&lt;b&gt;" in refusals.words(Refusal(Code.SETTING_INVALID, key="fence_m", value="<b>", allowed=""))


def test_settings_are_called_by_name():
    with pytest.raises(Refusal) as caught:
        profile.parse("fence_m", "很大")
    assert refusals.words(caught.value) == ("「驻村范围」不能填“很大”，没有改动（本县规定）。可以填：100 到 20000 米。")
    with pytest.raises(Refusal) as caught:
        profile.check(Profile(checkin_mode=CheckInMode.REQUIRED))
    assert refusals.words(caught.value) == (
        "「签到方式」要填“必须”，得先填好「必须签到依据」，没有改动（国办函〔2026〕12号）。填好再改这一项。"
    )
    with pytest.raises(Refusal) as caught:
        profile.check(Profile(team_size=2, minimum_in_village=5))
    assert "「村里最少留人」（5 人）" in refusals.words(caught.value)


def test_every_setting_has_a_name_that_fits_a_button():
    assert set(settings_words.NAMES) == set(PARAMETERS)
    assert set(settings_words.GROUPS) == set(Group)
    assert set(settings_words.CHOICES) == {*CheckInMode, *Period, *LeaveKind}
    assert set(settings_words.UNITS) >= {p.unit for p in PARAMETERS.values() if p.unit}
    names = [*settings_words.NAMES.values(), *settings_words.GROUPS.values(), *settings_words.CHOICES.values()]
    assert [name for name in names if len(name) > 8] == []
    assert len(set(settings_words.NAMES.values())) == len(PARAMETERS)


@pytest.mark.parametrize("key", PARAMETERS)
def test_every_setting_can_be_said_and_what_is_said_can_be_typed(key):
    held = getattr(Profile(), key)
    said = settings_words.value(key, held)
    assert said
    assert settings_words.allowed(key)
    if said not in {"没有填", "没有"}:
        assert profile.parse(key, said.replace(" / ", " ")) == held
