"""The subject of a record or a query: everything that is compared, and nothing else.

A record on a list and a query by an analyst are both a `Subject`: names with their kind, dates, places,
nationalities, documents, contacts. Where a record came from and what may be told of it stay with the node.

The row form (`parse_subject`, `Subject.to_row`) is the import format and also what travels, sealed, in a
lockbox. It is checked by pydantic with closed types; messages name the field and the reason, never the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from matching.dates import DateFormatError, DateInterval
from matching.listed_dates import read_listed_dates
from matching.plain_reasons import reason_of

Category = Literal["individual", "entity", "vessel", "aircraft", "vehicle"]
NameKind = Literal["primary", "strong", "weak", "variation", "unknown", "original"]
Gender = Literal["", "M", "F", "X"]
_GENDER_WORDS: Mapping[str, Gender] = {
    "m": "M",
    "male": "M",
    "man": "M",
    "masculin": "M",
    "homme": "M",
    "f": "F",
    "female": "F",
    "woman": "F",
    "féminin": "F",
    "femme": "F",
    "x": "X",
    "unspecified": "X",
    "other": "X",
    "unknown": "",
}

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
_MaybeEmpty = Annotated[str, StringConstraints(max_length=2000)]  # a bound makes pydantic refuse half characters too
_COUNTRY = re.compile(r"[A-Z]{2,3}|D", re.ASCII)


def _checked_country(code: str) -> str:
    if _COUNTRY.fullmatch(code) is None:
        raise ValueError("expected a country code of two or three letters")
    return code


_Country = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=2000), AfterValidator(_checked_country)
]


class SubjectFormatError(ValueError):
    """A row that is not a subject: ``field`` and ``reason`` for the rejects file, never the value itself."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Name:
    """One name as written. ``kind`` says how far to trust it: primary, alias quality, or original script."""

    text: str
    kind: NameKind = "primary"


@dataclass(frozen=True, slots=True)
class Document:
    """An identity document or registration: what it is, who issued it, its number as written."""

    type: str
    number: str
    country: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, organisation, vessel, aircraft or vehicle as compared; every field may be empty.

    A record has a name (`node.records.rows`), and a query says enough to be put (`node.queries.plan`): a document's
    number is enough, whoever holds it.
    """

    names: tuple[Name, ...] = ()
    category: Category = "individual"
    name_parts: tuple[tuple[str, str], ...] = ()
    births: tuple[DateInterval, ...] = ()
    birth_places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    gender: Gender = ""
    documents: tuple[Document, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    address_countries: tuple[str, ...] = ()

    def to_row(self) -> dict[str, Any]:
        """Give the row form, empty fields left out; `parse_subject` of it gives an equal subject."""
        aliases = [name for name in self.names if name.kind not in ("primary", "original")]
        row: dict[str, Any] = {
            "category": self.category,
            "names": [name.text for name in self.names if name.kind == "primary"],
            "aliases": [name.text for name in aliases],
            "alias_quality": [name.kind for name in aliases],
            "names_original": [name.text for name in self.names if name.kind == "original"],
            "name_parts": dict(self.name_parts),
            "dob": [birth.written() for birth in self.births],
            "pob": list(self.birth_places),
            "nationality": list(self.nationalities),
            "gender": self.gender,
            "documents": [_document_row(document) for document in self.documents],
            "phones": list(self.phones),
            "emails": list(self.emails),
            "addresses": list(self.addresses),
            "address_countries": list(self.address_countries),
        }
        return {field: value for field, value in row.items() if value}


def _document_row(document: Document) -> dict[str, str]:
    row = {"type": document.type, "country": document.country, "number": document.number, "note": document.note}
    return {field: value for field, value in row.items() if value}


def _gender_of(written: object) -> object:
    """Give the letter for a word that lists have, in whatever case; what is none stays, and is refused."""
    if not isinstance(written, str):
        return written
    word = unicodedata.normalize("NFC", written).strip().casefold()
    return _GENDER_WORDS.get(word, word)


class _DocumentRow(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: _MaybeEmpty = ""
    country: _MaybeEmpty = ""
    number: _Text
    note: _MaybeEmpty = ""


class _SubjectRow(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    category: Category = "individual"
    names: list[_Text] = Field(default_factory=list)
    aliases: list[_Text] = Field(default_factory=list)
    alias_quality: list[Literal["strong", "weak", "variation", "unknown"]] = Field(default_factory=list)
    names_original: list[_Text] = Field(default_factory=list)
    name_parts: dict[_MaybeEmpty, _MaybeEmpty] = Field(default_factory=dict)
    dob: list[_Text] = Field(default_factory=list)
    pob: list[_Text] = Field(default_factory=list)
    nationality: list[_Country] = Field(default_factory=list)
    gender: Annotated[Gender, BeforeValidator(_gender_of)] = ""
    documents: list[_DocumentRow] = Field(default_factory=list)
    phones: list[_Text] = Field(default_factory=list)
    emails: list[_Text] = Field(default_factory=list)
    addresses: list[_Text] = Field(default_factory=list)
    address_countries: list[_Country] = Field(default_factory=list)

    @field_validator("names", "aliases", "names_original")
    @classmethod
    def _names_are_written(cls, texts: list[str], checked: ValidationInfo) -> list[str]:
        """Refuse signs and pictures alone: transliteration has words for them, which would count as a name.

        A person's name has a letter of some script. What somebody is called besides may be a number ("40" stands on
        real lists) or a mark left over from an empty field, which is worth nothing and costs the row nothing; so may
        the name of a company or a ship.
        """
        is_person = checked.data.get("category", "individual") == "individual" and checked.field_name != "aliases"
        is_written = str.isalpha if is_person else _is_no_picture
        if not all(any(map(is_written, text)) for text in texts):
            raise ValueError("a name without a letter")
        return texts

    @field_validator("dob")
    @classmethod
    def _dates_are_readable(cls, texts: list[str]) -> list[str]:
        for text in texts:
            try:
                read_listed_dates(text)
            except DateFormatError as error:
                raise ValueError(str(error)) from None
        return texts

    @model_validator(mode="after")
    def _is_parallel(self) -> _SubjectRow:
        if self.alias_quality and len(self.alias_quality) != len(self.aliases):
            raise ValueError("alias_quality: must have as many entries as aliases")
        return self


SUBJECT_FIELDS = frozenset(_SubjectRow.model_fields)
"""The fields of a row that describe the subject; a record's row has others beside them."""


def parse_subject(row: Mapping[str, Any]) -> Subject:
    """Check a row and give its subject; raise `SubjectFormatError` for an unknown field or an unreadable value."""
    try:
        checked = _SubjectRow.model_validate(dict(row))
    except ValidationError as error:
        raise _first_reason(error) from None
    qualities = checked.alias_quality or ["unknown"] * len(checked.aliases)
    names = [Name(text) for text in checked.names]
    names += [Name(text, quality) for text, quality in zip(checked.aliases, qualities, strict=True)]
    names += [Name(text, "original") for text in checked.names_original]
    return Subject(
        names=tuple(names),
        category=checked.category,
        name_parts=tuple(checked.name_parts.items()),
        births=tuple(dict.fromkeys(birth for text in checked.dob for birth in read_listed_dates(text))),
        birth_places=tuple(checked.pob),
        nationalities=tuple(checked.nationality),
        gender=checked.gender,
        documents=tuple(Document(**document.model_dump()) for document in checked.documents),
        phones=tuple(checked.phones),
        emails=tuple(checked.emails),
        addresses=tuple(checked.addresses),
        address_countries=tuple(checked.address_countries),
    )


def subject_part(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the part of a record's row that describes its subject."""
    return {field: value for field, value in row.items() if field in SUBJECT_FIELDS}


def _is_no_picture(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("P")


def _first_reason(error: ValidationError) -> SubjectFormatError:
    first = error.errors(include_input=False, include_url=False)[0]
    reason = reason_of(first)
    if not first["loc"]:
        field, _, rest = reason.partition(": ")
        return SubjectFormatError(field, rest)
    field = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        # The key itself may be a person's data in a broken file, so it is not repeated.
        return SubjectFormatError(field if field in SUBJECT_FIELDS else "row", "a field the format does not have")
    return SubjectFormatError(field, reason)
