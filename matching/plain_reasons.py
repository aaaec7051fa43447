"""What is wrong with a value in plain words, by the type of the schema's error: what people read of it.

The words of the library are those of its programmers, patterns and all; those here are the same for a row, a query and
its reasons.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

_MOMENT = "expected a moment with its time zone, as 2026-11-26T08:00:00Z"

_REASONS: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "expected a text",
    "string_too_short": "is empty",
    "string_too_long": "longer than {max_length:,} characters",
    "string_unicode": "has characters that UTF-8 cannot carry",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "set_type": "expected a list",
    "frozen_set_type": "expected a list",
    "dict_type": "expected names with their values",
    "model_type": "expected names with their values",
    "model_attributes_type": "expected names with their values",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "greater_than_equal": "expected a number from {ge:,} on",
    "less_than_equal": "expected a number up to {le:,}",
    "date_type": "expected YYYY-MM-DD",
    "date_parsing": "expected YYYY-MM-DD",
    "date_from_datetime_parsing": "expected YYYY-MM-DD",
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": _MOMENT,
    "literal_error": "expected one of: {expected}",
}
_UNREADABLE = "cannot be read"


def reason_of(error: ErrorDetails) -> str:
    """Give what is wrong with a value; our own checks say it themselves."""
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    said = _REASONS.get(error["type"], _UNREADABLE).format(**error.get("ctx", {}))
    return said.replace("'', ", "")  # that a value may be left out is not one to choose
