"""The texts of the console as they stand in code and templates, and the catalogues of their translations.

``python -m tests.unit.console_texts`` brings ``console/locale/*.po`` up to date: new texts come in without a
translation, texts that are gone go out, and translations that are there stay. A new language is a new empty file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from console.languages import LOCALE

CONSOLE = LOCALE.parent
ROOMS = ("agreements", "auditing", "node")
"""Rooms whose sentences come to the console in parts (`agreements.sentences`)."""
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)  # of no file's interest: so the files change with their texts only
Found = tuple[int, str, str, list[str]]
Plural = tuple[int, str, tuple[str, str], list[str]]
_KEYWORDS = {"text": None, "say": None, "_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_MARKED_FOR_TRANSLATORS = ("Translators:",)


def _in_python(file: BinaryIO, keywords: object, tags: object, options: object) -> Iterator[Found]:
    """Give what `text("...")` and `say("...")` are called with; `form.text("field")` is another function."""
    for element in ast.walk(ast.parse(file.read())):
        if not isinstance(element, ast.Call) or not element.args:
            continue
        called, first = element.func, element.args[0]
        marks = isinstance(called, ast.Name) and called.id == "text"
        says = isinstance(called, ast.Attribute) and called.attr == "say"
        if (marks or says) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield element.lineno, "text", first.value, []


def _in_sentences(file: BinaryIO, keywords: object, tags: object, options: object) -> Iterator[Found | Plural]:
    """Give what `said("...")` and `plural("...", "...")` are called with."""
    for element in ast.walk(ast.parse(file.read())):
        if not isinstance(element, ast.Call) or not isinstance(element.func, ast.Name):
            continue
        texts = [one.value for one in element.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if element.func.id == "said" and texts:
            yield element.lineno, "gettext", texts[0], []
        elif element.func.id == "plural" and len(texts) == 2:  # one and many
            yield element.lineno, "ngettext", (texts[0], texts[1]), []


_METHODS: list[tuple[str, Any]] = [("**.py", _in_python), ("**.html", "jinja2")]
_IN_ROOMS: list[tuple[str, Any]] = [("**.py", _in_sentences)]


@cache
def texts() -> Catalog:
    """Give every text of the console, with where it stands."""
    catalog = Catalog(project="Symbolon", creation_date=_WRITTEN)
    found = extract_from_dir(
        CONSOLE,
        _METHODS,
        options_map={"**.html": {"silent": "false", "trimmed": "true", "newstyle_gettext": "true"}},
        keywords=_KEYWORDS,
        comment_tags=_MARKED_FOR_TRANSLATORS,
    )
    for name, _, message, comments, context in found:
        if message and message != ("", ""):
            catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    for room in ROOMS:
        for name, _, message, _, _ in extract_from_dir(CONSOLE.parent / room, _IN_ROOMS):
            catalog.add(message, locations=[(f"{room}/{name}", 0)])
    return catalog


def catalogue(path: Path) -> Catalog:
    """Read the translations of one language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def bring_up_to_date(path: Path) -> int:
    """Bring one catalogue up to date; give how many texts of it have no translation."""
    known = catalogue(path) if path.stat().st_size else Catalog(locale=path.stem)
    known.update(texts(), no_fuzzy_matching=True, update_creation_date=False)
    known.obsolete.clear()
    known.header_comment = f"# The console of Symbolon: {known.locale.english_name if known.locale else path.stem}"
    known.project, known.version, known.fuzzy = "Symbolon", "1", False
    known.creation_date = known.revision_date = _WRITTEN
    with path.open("wb") as file:
        write_po(file, known, width=110, sort_output=True, include_lineno=False)
    return len(untranslated(known))


def untranslated(catalog: Catalog) -> list[str]:
    """Give the texts that a catalogue has no translation of, or not in every number."""
    return [str(message.id) for message in catalog if message.id and not _is_whole(message.string)]


def _is_whole(string: object) -> bool:
    return bool(string) and (isinstance(string, str) or (isinstance(string, list | tuple) and all(string)))


def main() -> None:
    """Bring all catalogues up to date."""
    for path in sorted(LOCALE.glob("*.po")):
        print(f"{path.name}: {bring_up_to_date(path)} texts to translate")  # noqa: T201  # a tool at a terminal


if __name__ == "__main__":
    main()
