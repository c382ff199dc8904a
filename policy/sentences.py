"""What people type: one sentence, never an ID or bank number. POLICY §5."""

import re
import unicodedata

from policy.refusals import LOCAL, Code, Refusal
from policy.typed import half_width

SENTENCE = 500
"""Characters of one sentence (a reason, a purpose)."""

# 18 characters of a resident ID, the last may be X; 16 to 19 digits of a bank card, in fours or not
_ID_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])"
)
_CARD_NUMBER = re.compile(r"(?<!\d)\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)")


def sentence(text: str | None, limit: int = SENTENCE) -> str:
    """What was typed, cleaned: control characters dropped, ID and bank numbers masked.

    Raises `Refusal`: TEXT_EMPTY, TEXT_TOO_LONG (limit, length).
    """
    cleaned = "".join(c for c in text or "" if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()
    if not cleaned:
        raise Refusal(Code.TEXT_EMPTY, LOCAL)
    if len(cleaned) > limit:
        raise Refusal(Code.TEXT_TOO_LONG, LOCAL, limit=limit, length=len(cleaned))
    return mask_numbers(cleaned)


def mask_numbers(text: str) -> str:
    """ID and bank numbers are never kept: all but the last four characters become stars."""
    for pattern in (_ID_NUMBER, _CARD_NUMBER):
        text = pattern.sub(lambda match: "*" * (len(match[0]) - 4) + match[0][-4:], text)
    return text


def has_private_number(text: str) -> bool:
    """Whether an ID or a bank number stands in a text, in full-width digits as well."""
    plain = half_width(text)
    return mask_numbers(plain) != plain


def mask_phone(phone: str | None) -> str:
    """139****1234; empty where there is none."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"
