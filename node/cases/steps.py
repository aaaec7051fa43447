"""What a step is made of: the scene it is taken in, and what follows from it. Pure, as all steps are."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from agreements.agreement import Agreement
from agreements.decision import Cap
from agreements.facts import QuotaUse, RecordRules
from agreements.force import without_force
from agreements.standing import AgreementSet
from ledger.case_events import name_case
from ledger.entries import Statement
from node.cases.facts import digest_of_subject
from node.cases.files import MOST_NOTES, Case, Deed, Referral
from node.cases.messages import MOST_CHARACTERS, Closed, Message, RequestsLeft
from node.officers.register import Officer
from node.records.rows import Record
from symbolon.rpc.errors import ErrorCode, SymbolonError

SALT_BYTES = 32

File_co = TypeVar("File_co", bound=Case | Referral, covariant=True)


Built = TypeVar("Built", bound=Closed)


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record as it stands now, and the rules its owner set for it."""

    record: Record
    rules: RecordRules

    @property
    def subject_digest(self) -> str:
        """Give SHA-256 of whom the record is of, by which a later change is seen."""
        return digest_of_subject(self.record.subject)


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose node it is, the agreements and the moment; at the holder how to look up a record and what was used.

    ``left`` gives what the holder of a case last said is left of the requests under its agreement, ``roles_of`` the
    roles an own officer has now, none who is not active; ``stopped`` says why this node discloses nothing at present.
    """

    own: str
    agreements: AgreementSet
    now: datetime
    record: Callable[[str], HeldRecord | None] = lambda _: None
    used: Callable[[Referral], QuotaUse] = lambda _: QuotaUse()
    left: Callable[[Case], RequestsLeft | None] = lambda _: None
    roles_of: Callable[[str], frozenset[str]] = lambda _: frozenset()
    draw: Callable[[], str] = lambda: secrets.token_hex(SALT_BYTES)
    stopped: str = ""
    _force: dict[tuple[str, str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def agreement(self, fingerprint: str) -> Agreement | None:
        """Give an agreement by its fingerprint, in force or not."""
        standing = self.agreements.find(bytes.fromhex(fingerprint))
        return standing.agreement if standing else None

    def id_of(self, file: Case | Referral) -> str:
        """Give the id of a file's agreement, the same in all its versions; empty where it is not among ours."""
        agreement = self.agreement(file.agreement)
        return agreement.id if agreement else ""

    def is_in_force(self, file: Case | Referral) -> bool:
        """Say whether a file's agreement is in force between the two agencies now."""
        standing = self.agreements.find(bytes.fromhex(file.agreement))
        return standing is not None and standing.in_force(file.asked.asker, file.asked.holder, self.now)

    def without_force(self, file: Case | Referral) -> str:
        """Say why a file's agreement has no force between the two agencies now; empty where it has.

        What was said once is kept: the files of a list have few agreements.
        """
        asked = (file.agreement, file.asked.asker, file.asked.holder)
        if asked not in self._force:
            standing = self.agreements.find(bytes.fromhex(file.agreement))
            why = "not to be read here: tell who runs the node"
            self._force[asked] = without_force(standing, *asked[1:], self.now) if standing else why
        return self._force[asked]

    def officer(self, officer: Officer) -> str:
        """Give an officer's name as it is unique among agencies."""
        return f"{self.own}/{officer.name}"

    def still_has(self, deed: Deed) -> bool:
        """Say whether who did this is still an active officer in that role: a deed does not outlive its officer."""
        return deed.role in self.roles_of(deed.officer.removeprefix(f"{self.own}/"))


@dataclass(frozen=True, slots=True)
class Step(Generic[File_co]):
    """What follows: the file's successor, what the log gets before, what the partner is told in the same commit.

    ``erases`` says that no successor follows: the file goes.
    """

    file: File_co
    statements: tuple[Statement, ...] = ()
    mail: tuple[Message, ...] = ()
    erases: bool = False

    def then(self, following: Step[File_co]) -> Step[File_co]:
        """Give both steps as one, the second taken from where the first led."""
        return Step(following.file, self.statements + following.statements, self.mail + following.mail)


def stated(
    event: Callable[..., Any], file: Case | Referral, personal: Mapping[str, str] | None = None, **fields: Any
) -> Statement:
    """State an event about a file; what the file knows of its query and its record is among what is personal."""
    asked = file.asked
    known = {
        "reference": file.reference,
        "record_id": file.record_id if isinstance(file, Referral) else "",
        "user": asked.user,
        "legal_basis": asked.basis,
        "case_reference": asked.case,
    }
    filled = {name: value for name, value in (known | dict(personal or {})).items() if value}
    case = name_case(asked.asker, asked.holder, file.reference)
    made = event(partner=partner_of(file), agreement_hash=file.agreement, purpose=asked.purpose, case=case, **fields)
    return Statement(made, filled)


def built(model: type[Built], values: Mapping[str, Any]) -> Built:
    """Make a message of what an officer entered; raise `SymbolonError` (`INVALID_INPUT`) naming the field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "string_too_long":
            raise too_long(field, first["input"], first["ctx"]["max_length"]) from None
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{field}: {first['msg']}") from None


def check_words(name: str, words: str) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) unless what an officer wrote is some text, and not too long a one."""
    if not words.strip():
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{name} is required")
    if len(words.strip()) > MOST_CHARACTERS:
        raise too_long(name, words, MOST_CHARACTERS)


def too_long(name: str, words: str, most: int) -> SymbolonError:
    """Give the error for a text that is too long: how long it is, and how long it may be."""
    return SymbolonError(
        ErrorCode.INVALID_INPUT, f"{name}: {len(words.strip()):,} characters, and at most {most:,} are taken"
    )


def partner_of(file: Case | Referral) -> str:
    """Name the other agency."""
    return file.asked.holder if isinstance(file, Case) else file.asked.asker


def in_the_way(caps: tuple[Cap, ...], needed: int) -> tuple[str, ...]:
    """Name the rules that keep a decision under a level."""
    return tuple(dict.fromkeys(clause for clause, level in caps if level < needed))


def refuse(rules: tuple[str, ...]) -> SymbolonError:
    """Give the error for an own officer: the rules in the way."""
    return SymbolonError(ErrorCode.AGREEMENT_REFUSES, ", ".join(rules))


def check_absent(officer: str, others: set[str], deed: str) -> None:
    """Raise `SymbolonError` (`NOT_THIS_OFFICER`) where the officer is among those who had a part already."""
    if officer in others:
        raise SymbolonError(ErrorCode.NOT_THIS_OFFICER, deed)


def check_room(notes: Sized) -> None:
    """Raise `SymbolonError` (`STEP_NOT_POSSIBLE`) where a file has as many notes of a kind as the partner takes."""
    if len(notes) >= MOST_NOTES:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, f"a file takes at most {MOST_NOTES} of these")
