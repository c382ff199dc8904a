"""The catalogues, and the language being spoken.

The msgids are the Chinese sentences themselves. Catalogues are read from their `.po` files at import, so that
no compiled copy can be out of date. The worker enters the speaker's language, delivery the recipient's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT = "zh_CN"
LANGUAGES = {"zh_CN": "中文", "en": "English"}
HERE = Path(__file__).parent


def catalogue_path(language: str) -> Path:
    """Where a language's sentences lie."""
    return HERE / language / "LC_MESSAGES" / "messages.po"


def _read(language: str) -> NullTranslations:
    path = catalogue_path(language)
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


_TRANSLATIONS = {language: _read(language) for language in LANGUAGES}
_speaking: ContextVar[str] = ContextVar("speaking", default=DEFAULT)


def _(sentence: str) -> str:
    """The sentence in the language being spoken."""
    return _TRANSLATIONS[_speaking.get()].gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """The sentence that fits a number, in the language being spoken."""
    return _TRANSLATIONS[_speaking.get()].ngettext(one, many, count)


def mark(sentence: str) -> str:
    """Mark a sentence of a constant for the catalogues; it is translated with `_` when it is said."""
    return sentence


def language() -> str:
    """The language being spoken."""
    return _speaking.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language for a while."""
    token = _speaking.set(code if code in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _speaking.reset(token)


def in_every_language(sentence: str) -> set[str]:
    """What a key or button is called in any of the languages."""
    return {translations.gettext(sentence) for translations in _TRANSLATIONS.values()} | {sentence}


def match(code: str | None) -> str:
    """Our language for a messenger's `language_code`; anything odd or Chinese is Chinese."""
    if not code:
        return DEFAULT
    return "en" if code.lower().replace("_", "-").split("-")[0] == "en" else DEFAULT
