"""`python -m locales extract` brings the catalogues up to the code; `check` fails where they are not complete."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from locales import LANGUAGES, catalogue_path

ROOT = Path(__file__).parent.parent
ROOMS = ("handlers", "documents", "bot")
Words = str | list[str] | tuple[str, ...] | None
"""A sentence, or one with its plural."""

_CHINESE = re.compile("[\u4e00-\u9fff]")
KEYWORDS = {"_": None, "ngettext": (1, 2), "mark": None}


def template() -> Catalog:
    """Every sentence that the code says."""
    catalog = Catalog(charset="utf-8")
    for room in ROOMS:
        for file, line, message, comments, context in extract_from_dir(
            ROOT / room, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("NOTE:",)
        ):
            catalog.add(message, None, [(f"{room}/{file}", line)], auto_comments=comments, context=context)
    return catalog


def extract() -> None:
    """Add new sentences to the catalogues and drop the ones that nobody says any more."""
    for language in LANGUAGES:
        fresh = template()  # anew: a catalogue takes the messages themselves
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = read(language) if path.exists() else _new(language)
        catalog.update(fresh, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        for message in catalog:
            if message.id and language == "zh_CN" and not _complete(message.string):
                message.string = message.id[:1] if isinstance(message.id, tuple) else message.id
        with path.open("wb") as file:
            write_po(file, catalog, width=0, omit_header=False, sort_output=True, include_lineno=False)


def _new(language: str) -> Catalog:
    return Catalog(locale=language, project="驻村助手", header_comment=f"# {LANGUAGES[language]}", fuzzy=False)


def check() -> list[str]:
    """What is missing or wrong, a line each."""
    fresh = template()
    problems: list[str] = []
    for language in LANGUAGES:
        catalog = read(language)
        known = {message.id for message in catalog if message.id}
        wanted = {message.id for message in fresh if message.id}
        problems += [f"{language}: not in the catalogue: {_first(i)!r}" for i in wanted - known]
        problems += [f"{language}: nobody says: {_first(i)!r}" for i in known - wanted]
        problems += [problem for message in catalog if message.id for problem in _problems(language, message)]
    return sorted(problems)


def read(language: str) -> Catalog:
    """A language's catalogue."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


def _problems(language: str, message: Message) -> Iterator[str]:
    is_copied = language == "en" and message.string == message.id and _CHINESE.search(_first(message.id))
    if not _complete(message.string) or is_copied:
        yield f"{language}: not translated: {_first(message.id)!r}"
        return
    ids, strings = _all(message.id), _all(message.string)
    wanted = {name for text in ids for name in _names(text)}
    for text in strings:
        if _names(text) - wanted:
            yield f"{language}: other placeholders in {text!r} than in {ids[0]!r}"
    if len(ids) == 1 and _names(strings[0]) != wanted:
        yield f"{language}: placeholders differ: {ids[0]!r}"


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _complete(string: Words) -> bool:
    return bool(_all(string)) and all(_all(string))


def _first(message_id: Words) -> str:
    return _all(message_id)[0]


def _all(words: Words) -> list[str]:
    if words is None:
        return []
    return [words] if isinstance(words, str) else list(words)


if __name__ == "__main__":
    if sys.argv[1:] == ["extract"]:
        extract()
    elif sys.argv[1:] == ["check"]:
        found = check()
        sys.stdout.write("".join(f"{line}\n" for line in found))
        sys.exit(1 if found else 0)
    else:
        sys.exit("usage: python -m locales extract | check")
