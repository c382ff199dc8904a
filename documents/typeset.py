"""Pages set with Typst: data goes in as JSON, never as markup; a sign that no font has is an error, never a hole.

Runs in the press's process and needs neither the database nor the catalogues.
"""

import json
import struct
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from pylopdf_fonts_zh_cn import sans_path, serif_path

TEMPLATES = Path(__file__).parent / "templates"
MISSING = "〓"
"""Stands where a sign has no glyph, as printers have always done: seen to be missing, and never guessed."""

_PROOF: Literal["a-2u"] = "a-2u"
"""PDF/A refuses text without glyphs, which Typst's other formats pass over in silence."""


class MissingGlyphError(ValueError):
    """The page would have a hole where a sign belongs."""


def png(template: str, data: Mapping[str, Any], pixels_per_inch: float) -> bytes:
    """The one page of a template as a picture. Texts in `data` are made `printable` first.

    Raises `MissingGlyphError` where a sign of the template itself has no glyph or a font isn't there,
    `typst.TypstError` for a bad template.
    """
    compiler = _compiler(template, data)
    _proved(compiler)
    page = compiler.compile(format="png", ppi=pixels_per_inch)
    if not isinstance(page, bytes):
        raise TypeError(f"{template} makes more than one page")
    return page


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """All pages of a template as PDF/A, which archives take. Raises as `png`."""
    return _proved(_compiler(template, data))


def _compiler(template: str, data: Mapping[str, Any]) -> typst.Compiler:
    return typst.Compiler(
        TEMPLATES / template,
        root=str(TEMPLATES),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_printable(data), ensure_ascii=False)},
    )


def _proved(compiler: typst.Compiler) -> bytes:
    try:
        made, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=_PROOF)
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            raise MissingGlyphError(error.message) from error
        raise
    if warnings:  # a font that isn't there: its text would be left out
        raise MissingGlyphError("; ".join(warning.message for warning in warnings))
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def printable(text: str) -> str:
    """The text with 〓 for every sign that the page's font lacks; line breaks and joiners of emoji become spaces."""
    starts, ends = _covered()
    signs = []
    for sign in text:
        place = bisect_right(starts, ord(sign)) - 1
        if sign.isspace():
            signs.append(" ")
        elif place >= 0 and ord(sign) <= ends[place] and sign.isprintable():
            signs.append(sign)
        elif sign not in _SILENT:
            signs.append(MISSING)
    return "".join(signs)


# joiners, direction marks, selectors of emoji: they have no look of their own
_SILENT = frozenset(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), *range(0xFE00, 0xFE10)))
)


def _printable(data: Any) -> Any:
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, Mapping):
        return {key: _printable(value) for key, value in data.items()}
    return [_printable(item) for item in data] if isinstance(data, list | tuple) else data


@cache
def _fonts() -> typst.Fonts:
    folders = sorted({str(path.parent) for path in (sans_path(), serif_path())})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def _covered() -> tuple[list[int], list[int]]:
    """First and last code points of the runs for which the sans font has glyphs: its `cmap` table, format 12.

    Raises ValueError for a font without such a table. Source: OpenType 1.9.1, `cmap`.
    """
    font = sans_path().read_bytes()
    tables = struct.unpack_from(">H", font, 4)[0]
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * n) for n in range(tables))
    cmap = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    for n in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        table = cmap + struct.unpack_from(">HHL", font, cmap + 4 + 8 * n)[2]
        if struct.unpack_from(">H", font, table)[0] == 12:
            groups = struct.unpack_from(">L", font, table + 12)[0]
            runs = [struct.unpack_from(">LLL", font, table + 16 + 12 * k) for k in range(groups)]
            return [first for first, _, _ in runs], [last for _, last, _ in runs]
    raise ValueError("the font has no cmap of format 12")
