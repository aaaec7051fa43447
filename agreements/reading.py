"""Reading an agreement from the text people write, TOML or YAML, and saying what is wrong with it and where.

Messages name the place and what is wanted there, never the value found.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Any, Literal

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agreements.agreement import Agreement

Format = Literal["toml", "yaml"]

LONGEST_TEXT = 256 * 1024
"""Characters of a text that is read at all."""


class AgreementFormatError(ValueError):
    """A text that is no agreement: the ``place`` in it and the ``reason``."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


def format_of(file_name: str) -> Format:
    """Give the format a file's name says: YAML for .yaml and .yml, else TOML."""
    return "yaml" if file_name.endswith((".yaml", ".yml")) else "toml"


def parse_agreement(text: str, written_as: Format = "toml") -> Agreement:
    """Read an agreement; raise `AgreementFormatError` with the first place and reason."""
    return _validated(_values(text, written_as))


def agreement_errors(text: str, written_as: Format = "toml") -> list[AgreementFormatError]:
    """Give everything that keeps a text from being an agreement, in the order of the document."""
    try:
        Agreement.model_validate(_values(text, written_as))
    except AgreementFormatError as error:
        return [error]
    except ValidationError as error:
        return _errors(error)
    return []


def read_canonical(values: Any) -> Agreement:
    """Give the agreement of its canonical form, as decoded JSON; raise `AgreementFormatError` on anything else."""
    if isinstance(values, dict) and isinstance(values.get("validity"), dict):
        validity = {name: _day(value) for name, value in values["validity"].items()}
        values = {**values, "validity": validity}
    return _validated(values)


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-01-01") else value
    except ValueError:
        return value


def _validated(values: Any) -> Agreement:
    try:
        return Agreement.model_validate(values)
    except ValidationError as error:
        raise _errors(error)[0] from None


def _errors(error: ValidationError) -> list[AgreementFormatError]:
    return [
        AgreementFormatError(".".join(str(part) for part in one["loc"]) or "the agreement", _explain(one))
        for one in error.errors(include_url=False, include_input=False)
    ]


def _values(text: str, written_as: Format) -> Any:
    if len(text) > LONGEST_TEXT:
        raise AgreementFormatError("the file", f"longer than {LONGEST_TEXT} characters")
    return _toml(text) if written_as == "toml" else _yaml(text)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"(?<=\(at )(line \d+|end of document)", str(error))  # the rest may quote the text
        raise AgreementFormatError(place[0] if place else "the file", "is not TOML here") from None
    except RecursionError:
        raise AgreementFormatError("the file", "is nested too deep") from None


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_PlainYaml)  # noqa: S506  # a safe loader, with fewer features
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = error.reason if isinstance(error, _NotPlainError) else "is not YAML here"
        raise AgreementFormatError(f"line {mark.line + 1}" if mark else "the file", reason) from None
    except ValueError:  # a day or number that is none, of which the reader tells no place
        raise AgreementFormatError("the file", "has a day or number that is none, for example 2027-02-30") from None
    except RecursionError:
        raise AgreementFormatError("the file", "is nested too deep") from None


class _NotPlainError(yaml.constructor.ConstructorError):
    """A feature of YAML that hides what is meant."""

    def __init__(self, reason: str, mark: yaml.Mark | None) -> None:
        super().__init__(None, None, reason, mark)
        self.reason = reason


class _PlainYaml(yaml.SafeLoader):
    """Reads plain YAML: no aliases, tags or merges to expand, and no key twice, which would hide the first."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if self.check_event(yaml.events.AliasEvent):
            raise _NotPlainError("an alias (*) is not read: write the value out", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _NotPlainError("a tag (!) is not read: leave it out", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if "<<" in keys:
            raise _NotPlainError("a merge (<<) is not read: write the clauses out", node.start_mark)
        if len(set(keys)) != len(keys):
            raise _NotPlainError("a key stands twice: remove one", node.start_mark)
        return super().construct_mapping(node, deep)


_EXPLANATIONS = {
    "missing": "is missing: every clause is required; symbolon agreement new writes a file that has them all",
    "extra_forbidden": "is no clause of schema 2: correct its spelling, or remove it",
    "literal_error": "expected {expected}",
    "too_short": "expected {min_length} or more",
    "too_long": "expected {max_length} or fewer",
    "string_too_short": "expected some text",
    "string_too_long": "expected {max_length} characters at most",
    "string_type": "expected text in quotes",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "int_type": "expected a whole number without quotes",
    "float_type": "expected a number without quotes",
    "bool_type": "expected true or false without quotes",
    "date_type": "expected a day without quotes, for example 2027-12-31",
    "model_type": "expected a clause with its fields",
    "model_attributes_type": "expected a clause with its fields",
    "frozen_set_type": "expected a list",
    "tuple_type": "expected a list",
    "greater_than": "expected a number above {gt}",
    "greater_than_equal": "expected a number from {ge} on",
    "less_than": "expected a number below {lt}",
    "less_than_equal": "expected a number up to {le}",
}
"""What is wrong with a clause and what it wants instead, by the type of the schema's error; never the value found."""


def _explain(error: ErrorDetails) -> str:
    wanted = _EXPLANATIONS.get(error["type"])
    return error["msg"].removeprefix("Value error, ") if wanted is None else wanted.format(**error.get("ctx", {}))
