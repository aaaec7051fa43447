"""The holder's own rules on its records: what a row says, what the node says for rows that do not, and both together.

A row's ``rules`` and the node's ``rules.toml`` are closed types; a word that is not listed is refused. What a record
says stands before what the node says, except that lists add up: a country barred by the node stays barred. What
neither says is left to the decision, which then tells least. Whether somebody is a minor is worked out from the birth
dates at the moment of the decision, not when the record was entered.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from agreements.codes import Action, HandlingCode, Known, Nature, PersonRole, RecordCategory, ReleasedField
from agreements.countries import states_of
from agreements.facts import RecordRules
from matching.dates import DateInterval
from matching.subject import Subject
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from symbolon.rpc.settings import Settings, read_settings

ADULT_YEARS = 18
"""Age from which a person is no minor (Convention on the Rights of the Child, article 1)."""

_DOUBT_YEARS = 2  # that a person of an approximate birth date may be younger
_Caveat = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
_SHORT = 3  # letters of a word that can be nothing but a country's code
_EXPECTED = "expected codes of countries and names of agencies, for example RU and FR-DNMS"


def _barred(words: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a word that is neither a country's code nor an agency's name: it would bar somebody else, or nobody."""
    for word in words:
        try:
            is_agency = len(Party.agency(word).name) > _SHORT
        except IdentityError:
            is_agency = False
        if not (is_agency or states_of(word)):
            raise ValueError(_EXPECTED)
    return tuple(sorted({word.strip().upper() for word in words}))


def _flags(flags: dict[str, Action]) -> dict[str, Action]:
    if not all(len(states_of(code)) == 1 for code in flags):
        raise ValueError("expected codes of countries, each with an action")
    return {code.strip().upper(): action for code, action in sorted(flags.items())}


def _caveats(caveats: tuple[str, ...]) -> tuple[str, ...]:
    if not all(caveat.isprintable() for caveat in caveats):
        raise ValueError("expected lines of text, without control characters")
    return tuple(dict.fromkeys(caveats))


def _sorted(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(fields)))


_Barred = Annotated[tuple[str, ...], AfterValidator(_barred), Field(max_length=250)]
_Flags = Annotated[dict[str, Action], AfterValidator(_flags)]
_Caveats = Annotated[tuple[_Caveat, ...], AfterValidator(_caveats), Field(max_length=20)]
_Withheld = Annotated[tuple[ReleasedField, ...], AfterValidator(_sorted)]
_Level = Annotated[int, Field(strict=True, ge=0, le=4)]


class OwnRules(BaseModel):
    """What a row says in ``rules``; None and what is empty is not said."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    category: RecordCategory | None = None
    person_role: PersonRole | None = None
    nature: Nature | None = None
    minor: Known | None = None
    victim: Known | None = None
    witness: Known | None = None
    sealed: Known | None = None
    discreet: Known | None = None
    barred: _Barred | None = None
    hidden_until: AwareDatetime | None = None
    action: Action | None = None
    flags: _Flags = Field(default_factory=dict)
    withheld: _Withheld | None = None
    code: HandlingCode | None = None
    caveats: _Caveats = ()
    at_most: _Level | None = None

    def to_row(self) -> dict[str, Any]:
        """Give what is said, in one form."""
        row = self.model_dump(mode="json", exclude_defaults=True)
        if self.hidden_until is not None:
            row["hidden_until"] = self.hidden_until.astimezone(UTC).isoformat()
        return row


UNSAID = OwnRules()
"""Says nothing."""


class HouseRules(Settings):
    """What ``rules.toml`` says for records that do not say it; each has a row in docs/reference/settings.md."""

    category: RecordCategory | None = Field(default=None, description="why records are held")
    person_role: PersonRole | None = Field(default=None, description="what the persons are in this agency's cases")
    nature: Nature | None = Field(default=None, description="the nature of the offences: ordinary, political, ...")
    sealed: Known | None = Field(default=None, description="whether records are sealed: yes, no, unknown")
    discreet: Known | None = Field(default=None, description="whether only this agency may know of a hit")
    victim: Known | None = Field(default=None, description="whether the persons are victims")
    witness: Known | None = Field(default=None, description="whether the persons are witnesses")
    barred: _Barred | None = Field(default=None, description="countries and agencies that learn nothing")
    action: Action | None = Field(default=None, description="what is to be done where the person is found")
    withheld: _Withheld | None = Field(default=None, description="fields that are never released; all if not said")
    code: HandlingCode | None = Field(default=None, description="handling code beside the agreement's")
    caveats: _Caveats = Field(default=(), description="lines that bind whoever is told, beside the agreement's")
    at_most: _Level | None = Field(default=None, description="the highest level at which anything is told, 0 to 4")
    unknown_age: Literal["minor", "adult"] = Field(
        default="minor", description="what a person without a birth date counts as: minor or adult"
    )

    @property
    def unsaid(self) -> tuple[str, ...]:
        """Name what is not said, and without which a record that does not say it either is told to nobody."""
        needed = ("category", "person_role", "nature", "sealed", "discreet", "victim", "witness", "barred", "withheld")
        return tuple(name for name in (*needed, "at_most") if getattr(self, name) is None)

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read ``rules.toml``; without one nothing is said. Raises `SymbolonError` naming what is wrong in it."""
        try:
            return read_settings(path, cls)
        except SymbolonError as error:
            if error.code is ErrorCode.NOT_INITIALISED:
                return cls()
            raise


TEMPLATE = """\
# What holds for records that do not say it themselves in their field "rules" (docs/reference/records.md).
# What neither says counts as whatever tells least, so with nothing said here such records are told to nobody.
# Remove the # before what is true of this agency's list; a running node reads this file when it starts.

# category = "arrest"          # why records are held
# person_role = "suspect"      # what the persons are in this agency's cases
# nature = "ordinary"          # of the offences: ordinary, political, military, religious, racial, fiscal
# sealed = "no"                # yes: told to nobody
# discreet = "no"              # yes: only this agency may know of a hit
# victim = "no"
# witness = "no"
# barred = []                  # countries and agencies that learn nothing, for example ["XX", "XX-POLICE"]
# at_most = 4                  # highest level at which anything is told, 0 to 4
# unknown_age = "minor"        # what a person without a birth date counts as: minor, adult
# action = "none"              # what is to be done where the person is found
# withheld = []                # fields that are never released; all if not said
# code = "H0"                  # handling code beside the agreement's; the stricter counts, H3 if not said
# caveats = []                 # lines that bind whoever is told, beside the agreement's
"""
"""The ``rules.toml`` that ``symbolon node init`` writes: everything is there, nothing is said."""


def rules_of(own: OwnRules, subject: Subject, house: HouseRules, now: datetime) -> RecordRules:
    """Give the rules on one record as they stand at a moment."""
    category = own.category or house.category or ""
    return RecordRules(
        category=category,
        person_role=own.person_role or house.person_role or "",
        nature=own.nature or house.nature or "",
        nationalities=subject.nationalities,
        minor=_minor(own, subject, house, now),
        victim=own.victim or house.victim or "unknown",
        witness=own.witness or house.witness or "unknown",
        sealed=own.sealed or house.sealed or "unknown",
        discreet=own.discreet or ("yes" if category == "discreet_check" else house.discreet) or "unknown",
        barred=_both(own.barred, house.barred),
        hidden_until=own.hidden_until,
        action=own.action or house.action or "none",
        flags=own.flags,
        withheld=_both(own.withheld, house.withheld),
        code=own.code or house.code or "H3",
        caveats=tuple(dict.fromkeys(own.caveats + house.caveats)),
        at_most=next((level for level in (own.at_most, house.at_most) if level is not None), 0),
    )


def _both(own: tuple[str, ...] | None, house: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if own is None and house is None else frozenset((own or ()) + (house or ()))


def _minor(own: OwnRules, subject: Subject, house: HouseRules, now: datetime) -> Known:
    """Say whether the person is a minor: never *no* where a birth date allows it, whatever else is said."""
    if own.minor in ("yes", "unknown"):
        return own.minor
    if subject.category != "individual":
        return "no"
    if not subject.births:
        return "no" if own.minor == "no" or house.unknown_age == "adult" else "unknown"
    return "no" if all(_is_adult(birth, now.astimezone(UTC).date()) for birth in subject.births) else "unknown"


def _is_adult(birth: DateInterval, today: date) -> bool:
    """Say whether somebody born on the last day that is possible has come of age; on 29 February a day later."""
    years = today.year - ADULT_YEARS - (_DOUBT_YEARS if birth.approximate else 0)
    born = birth.latest
    return (born.year, born.month, born.day) <= (years, today.month, today.day)
