"""What people type, made comparable."""

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def half_width(text: str) -> str:
    """The text with full-width letters, digits and signs as plain ones, as Chinese keyboards leave them (`１５：００`).

    Only these: a superscript or a circled number stays what it is, and no number.
    """
    return text.translate(_HALF_WIDTH)
