"""All tables and packed files read at once, for who must not make the first comparison wait for them."""

from __future__ import annotations

from matching.letters.forms import are_two_names, known_forms
from matching.letters.han import in_one_form
from matching.letters.tables import TABLES_OF_SCRIPT, read_table


def load_tables() -> None:
    """Read the letter tables, the dictionary of forms and the readings of Han now."""
    for name in {name for names in TABLES_OF_SCRIPT.values() for name in names}:
        read_table(name)
    known_forms("")
    are_two_names("", "")
    in_one_form("陳")
