"""The texts of the console as they stand in code and templates, and the catalogues of their translations.

``python -m tests.unit.console_texts`` brings ``console/locale/*.po`` up to date: new texts come in without a
translation, texts that are gone go out, and translations that are there stay. A new language is a new empty file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from console.languages import LOCALE

CONSOLE = LOCALE.parent
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_KEYWORDS = {"text": None, "say": None, "_": None, "gettext": None, "ngettext": (1, 2)}
_MARKED_FOR_TRANSLATORS = ("Translators:",)


def texts() -> Catalog:
    """Give every text of the console, with where it stands."""
    catalog = Catalog(project="Symbolon", creation_date=datetime(2026, 1, 1, tzinfo=UTC))
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
