"""How a text is marked for translation where it is written and translated where it is shown."""

from __future__ import annotations

import re


def text(english: str) -> str:
    """Give the text as it is; who collects texts to translate finds it by this call."""
    return english


def pattern(english: str) -> tuple[re.Pattern[str], str]:
    """Give a text with what it looks like when it is said: each ``%(name)s`` stands for whatever is there.

    Where the name is ``number``, a number is.
    """
    parts = re.split(r"%\((\w+)\)s", english)
    stands = {"number": r"[\d,]+"}
    said = "".join(
        f"(?P<{part}>{stands.get(part, '.+')})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
    return re.compile(said, re.DOTALL), english
