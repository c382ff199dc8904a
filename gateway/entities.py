"""Text and its formatting: Telegram's HTML, entities in UTF-16 units, and what Telegram finds by itself."""

import re
from typing import Any, NamedTuple

from gateway.errors import bad_request

Entity = dict[str, Any]

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_MARK = re.compile(r"[<&]")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_ATTRIBUTE = re.compile(r"\s*([^\s=>\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([a-zA-Z0-9.\-]+)(?=[\s>])))?")
_FOUND = re.compile(r"https?://[^\s<>\"'，。；！？、（）「」]+|(?<![\w/])/[a-zA-Z0-9_]{1,32}(?:@\w+)?(?![\w/])")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINK = re.compile(r"(?:https?|tg)://[^\s/]+|mailto:|tel:", re.IGNORECASE)


class _Open(NamedTuple):
    name: str
    argument: str
    offset: int


def units(text: str) -> int:
    """Length in UTF-16 code units, which is how Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def clean(text: str) -> str:
    """Without carriage returns; other control characters become spaces, as Telegram does it."""
    if _CONTROL.search(text) is None:
        return text
    return _CONTROL.sub(" ", text.replace("\r", ""))


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Telegram's HTML as plain text and entities.

    Raises:
        ApiError: 400 "can't parse entities: …", in the words of the Bot API.
    """
    if "<" not in source and "&" not in source:
        return source, []
    return _HtmlParser(source).parse()


class _HtmlParser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.out: list[str] = []
        self.offset = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        source, position = self.source, 0
        while (mark := _MARK.search(source, position)) is not None:
            start = mark.start()
            self._text(source[position:start])
            if source[start] == "&":
                position = self._reference(start)
            elif source.startswith("</", start):
                position = self._end_tag(start)
            else:
                position = self._start_tag(start)
        self._text(source[position:])
        if self.open:
            raise _cannot(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.out), self.entities

    def _text(self, piece: str) -> None:
        if piece:
            self.out.append(piece)
            self.offset += units(piece)

    def _reference(self, start: int) -> int:
        found = _REFERENCE.match(self.source, start)
        if found is not None:
            hexadecimal, decimal, name = found.groups()
            if name is not None:
                character = _NAMED.get(name)
            else:
                number = int(hexadecimal, 16) if hexadecimal else int(decimal)
                character = chr(number) if 0 < number < 0x10FFFF and not 0xD800 <= number < 0xE000 else None
            if character is not None:
                self._text(character)
                return found.end()
        self._text("&")
        return start + 1

    def _at(self, position: int) -> str:
        return f"at byte offset {len(self.source[:position].encode())}"

    def _start_tag(self, start: int) -> int:
        source = self.source
        found = re.compile(r"[^\s>]*").match(source, start + 1)
        end = found.end() if found else start + 1
        if end >= len(source):
            raise _cannot(f"Unclosed start tag {self._at(start)}")
        name = source[start + 1 : end].lower()
        if name not in _TYPES:
            raise _cannot(f'Unsupported start tag "{name}" {self._at(start)}')
        argument = ""
        while True:
            while end < len(source) and source[end].isspace():
                end += 1
            if end >= len(source):
                raise _cannot(f'Unclosed start tag "{name}" {self._at(start)}')
            if source[end] == ">":
                break
            attribute = _ATTRIBUTE.match(source, end)
            if attribute is None:
                raise _cannot(f'Empty attribute name in the tag "{name}" {self._at(start)}')
            end = attribute.end()
            if end < len(source) and source[end] == "=":
                raise _cannot(f"Unexpected end of name token {self._at(end)}")
            value = next((group for group in attribute.groups()[1:] if group is not None), None)
            argument = _argument(name, attribute.group(1).lower(), value) or argument
        if name == "span" and argument != "spoiler":
            raise _cannot(f'Tag "span" must have class "tg-spoiler" {self._at(start)}')
        self.open.append(_Open(name, argument, self.offset))
        return end + 1

    def _end_tag(self, start: int) -> int:
        source = self.source
        if not self.open:
            raise _cannot(f"Unexpected end tag {self._at(start)}")
        end = source.find(">", start)
        if end < 0:
            raise _cannot(f"Unclosed end tag {self._at(start)}")
        name = source[start + 2 : end].strip().lower()
        tag = self.open[-1]
        if name and name != tag.name:
            raise _cannot(f'Unmatched end tag {self._at(start)}, expected "</{tag.name}>", found "</{name}>"')
        self.open.pop()
        if self.offset > tag.offset:
            self._close(tag)
        return end + 1

    def _close(self, tag: _Open) -> None:
        entity: Entity = {"type": _TYPES[tag.name], "offset": tag.offset, "length": self.offset - tag.offset}
        if tag.name == "a":
            if not _LINK.match(tag.argument):
                return  # Telegram drops a link it can't use and keeps the words.
            entity["url"] = tag.argument
        elif tag.name == "tg-emoji":
            entity["custom_emoji_id"] = tag.argument
        elif tag.name == "blockquote" and tag.argument:
            entity["type"] = "expandable_blockquote"
        elif tag.name == "code" and tag.argument:
            entity["language"] = tag.argument
        elif tag.name == "pre" and self.entities:
            inner = self.entities[-1]
            if (inner["type"], inner["offset"], inner["length"]) == ("code", entity["offset"], entity["length"]):
                self.entities.pop()
                entity |= {key: inner[key] for key in ("language",) if key in inner}
        self.entities.append(entity)


def _argument(tag: str, attribute: str, value: str | None) -> str:
    if tag == "blockquote" and attribute == "expandable":
        return "1"
    if value is None:
        return ""
    if tag == "a" and attribute == "href":
        return _unescape(value)
    if tag == "code" and attribute == "class" and value.startswith("language-"):
        return value.removeprefix("language-")
    if tag == "span" and attribute == "class" and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if tag == "tg-emoji" and attribute == "emoji-id":
        return value
    return ""


def _unescape(value: str) -> str:
    return _REFERENCE.sub(lambda found: _NAMED.get(found.group(3) or "", found.group()), value)


def _cannot(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space at either end, entities moved and cut to fit."""
    shorter = text.strip()
    if len(shorter) == len(text):
        return text, entities
    before, length = units(text[: len(text) - len(text.lstrip())]), units(shorter)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - before, 0)
        end = min(entity["offset"] + entity["length"] - before, length)
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return shorter, kept


def discover(text: str, entities: list[Entity]) -> list[Entity]:
    """The entities with the commands and addresses added which Telegram marks by itself."""
    if "/" not in text:
        return entities
    found: list[Entity] = []
    for match in _FOUND.finditer(text):
        offset, length = units(text[: match.start()]), units(match.group())
        if not any(_covers(entity, offset, length) for entity in entities):
            found.append(
                {"type": "bot_command" if match.group()[0] == "/" else "url", "offset": offset, "length": length}
            )
    if not found:
        return entities
    return sorted([*entities, *found], key=lambda entity: (entity["offset"], -entity["length"]))


def _covers(entity: Entity, offset: int, length: int) -> bool:
    if entity["type"] not in {"code", "pre", "text_link", "url", "bot_command"}:
        return False
    return bool(entity["offset"] < offset + length and offset < entity["offset"] + entity["length"])
