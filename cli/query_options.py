"""What is asked and why, as options: the same for every command that puts a question."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import error_console
from node.desk.client import DeskClient
from node.queries.justification import Justification, JustificationError, check_justification
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party

PurposeOption = Annotated[str, typer.Option(help="Purpose code of the agreement, for example migrant_smuggling.")]
LegalBasisOption = Annotated[str, typer.Option(help="The legal basis, in words.")]
CaseReferenceOption = Annotated[str, typer.Option("--case", help="This agency's own case reference.")]
OffenceOption = Annotated[
    str, typer.Option(help="The offence the case is about, a word of the agreement, for example migrant_smuggling.")
]
_PENALTY = typer.Option(help="The maximum penalty for it in this agency's law, in months.", min=0, max=1200)
PenaltyOption = Annotated[int, _PENALTY]
DraftPenaltyOption = Annotated[int | None, _PENALTY]
NatureOption = Annotated[
    str, typer.Option(help="What the offence is: ordinary, political, military, religious, racial, fiscal.")
]
RoleOption = Annotated[
    str,
    typer.Option(
        help="What the person is in this agency's case: suspect, convicted, wanted, associate, witness, victim,"
        " missing, vulnerable, unknown_wanted."
    ),
]
NameOption = Annotated[list[str] | None, typer.Option(help="Full name in Latin letters; repeatable.")]
AliasOption = Annotated[list[str] | None, typer.Option(help="Another name; repeatable.")]
NativeOption = Annotated[list[str] | None, typer.Option(help="Name in its own script; repeatable.")]
BornOption = Annotated[
    list[str] | None,
    typer.Option(help="Birth date: YYYY-MM-DD, YYYY-MM, YYYY or YYYY/YYYY; ~ at the end: about."),
]
NationalityOption = Annotated[list[str] | None, typer.Option(help="Country code of two letters; repeatable.")]
GenderOption = Annotated[str, typer.Option(help="M, F or X.")]
DocumentOption = Annotated[
    list[str] | None, typer.Option(help="TYPE:COUNTRY:NUMBER, as passport:GR:AB123; repeatable.")
]
PersonFileOption = Annotated[
    Path | None, typer.Option(help="The person as one JSON object in the import format, instead of the options.")
]
MrzOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The machine readable zone of a passport, card or visa, as a file; - for standard input.",
        allow_dash=True,
    ),
]
DeathPenaltyOption = Annotated[
    str, typer.Option(help="Whether this agency's law threatens the death penalty for it: yes, no, unknown.")
]
AssuranceOption = Annotated[
    bool, typer.Option("--assurance", help="It is excluded in writing that a death penalty is imposed.")
]
RecipientsOption = Annotated[list[str] | None, typer.Option(help="Agency to ask; repeatable; none for all allowed.")]
AgreementOption = Annotated[
    str, typer.Option(help="Identifier of the agreement to ask under, where several would let you.")
]

LONGEST_ZONE = 4096
"""Bytes of standard input that are read as a zone; what is longer is none."""

_OPTIONS = {"person_role": "--role"}
"""Options whose names are not those of what they state."""


def stated_justification(**stated: object) -> Justification:
    """Check what the options state; raise `SymbolonError` naming the option that is wrong."""
    try:
        return check_justification(stated)
    except JustificationError as error:
        option = _OPTIONS.get(error.field, f"--{error.field.replace('_', '-').replace('.', '-')}")
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{option}: {error.reason}") from None


def row_of_person(path: Path | None, row: dict[str, Any]) -> dict[str, Any]:
    """Give the person of the file, or of the options; raise `SymbolonError` where there are both."""
    if path and row:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--file: the person is given by options too: choose one")
    return row_of_file(path) if path else row


def row_of_file(path: Path) -> dict[str, Any]:
    """Read the person from a file of one JSON object."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path} is not JSON") from None
    if not isinstance(row, dict):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: expected one JSON object")
    return row


def row_of_options(
    names: list[str] | None,
    aliases: list[str] | None,
    natives: list[str] | None,
    births: list[str] | None,
    nationalities: list[str] | None,
    gender: str,
    documents: list[str] | None,
) -> dict[str, Any]:
    """Give the row of the options that are there."""
    row: Mapping[str, Any] = {
        "names": names,
        "aliases": aliases,
        "names_original": natives,
        "dob": births,
        "nationality": nationalities,
        "gender": gender,
        "documents": [_document(text) for text in documents or ()],
    }
    return {field: value for field, value in row.items() if value}


def read_zone(path: Path | None) -> str:
    """Read the lines of a zone from a file or standard input; never from the command line, which others can list."""
    if path is None:
        return ""
    try:
        return (sys.stdin.buffer.read(LONGEST_ZONE + 1) if path == Path("-") else path.read_bytes()).decode()
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--mrz: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--mrz: not UTF-8") from None


async def with_zone(desk: DeskClient, zone: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Add what the node reads in a zone to a row; raise `SymbolonError` where a check digit is wrong."""
    if not zone:
        return dict(row)
    read = await desk.read_mrz(zone)
    if wrong := [check.field for check in read.checks if not check.right]:
        detail = f"--mrz: the check digit is wrong: {', '.join(wrong)}; read the zone again"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    if read.names_cut:
        error_console.print("The names fill their line of the zone and may be cut off: compare the printed ones.")
    told: dict[str, Any] = json.loads(read.subject_json)
    both = {field: [*told[field], *row[field]] for field in told.keys() & row.keys() if isinstance(row[field], list)}
    return {**told, **row, **both}


def recipient(agency: str) -> str:
    """Give the URI of an agency named by an option."""
    try:
        return Party.agency(agency).uri
    except IdentityError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--to: expected an agency's name, for example FR-DNMS") from None


def _document(text: str) -> dict[str, str]:
    kind, _, rest = text.partition(":")
    country, colon, number = rest.partition(":")
    if not (kind and colon and number):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--document: expected TYPE:COUNTRY:NUMBER")
    return {"type": kind, "country": country, "number": number}
