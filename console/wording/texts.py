"""How a text is marked for translation where it is written and translated where it is shown."""

from __future__ import annotations


def text(english: str) -> str:
    """Give the text as it is; who collects texts to translate finds it by this call."""
    return english
