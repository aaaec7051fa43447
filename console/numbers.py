"""A number as people type it into a form, or an address has it: whole, in ASCII digits, and not too long to be one."""

from __future__ import annotations

MOST = 2**31 - 1
"""The largest number that is read where a page does not say."""


def whole(text: str, most: int = MOST) -> int | None:
    """Give a whole number from 0 to ``most``; None for what is none, or is larger."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None
