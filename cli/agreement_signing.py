"""``symbolon agreement sign``, ``countersign`` and ``accept``: an agency's word, given on the very text it has read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from agreements.agreement import Agreement
from agreements.prose import render
from agreements.signing import bundle_of, write_bundle
from cli.agreement_files import BundleFile, TextFile, read_agreement, read_file
from cli.output import (
    HomeOption,
    JsonOption,
    UserOption,
    console,
    emit,
    error_console,
    failing_clearly,
    foreign,
    login_name,
)
from node.agreements import bundles
from node.agreements.declaring import SHORTEST
from node.agreements.places import cautions
from node.agreements.recording import refusing
from node.agreements.signing import add_signature, load_signatory
from node.agreements.state import outlook
from node.cases_file import open_book
from node.config import load_home
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import write_whole
from symbolon.rpc.identity import Party

_Fingerprint = Annotated[
    str,
    typer.Option(
        help="Fingerprint of the text, or its first 8 characters or more, instead of being asked. Needed with --json."
    ),
]


@failing_clearly
def sign(
    file: TextFile,
    fingerprint: _Fingerprint = "",
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Sign an agreement for this agency: shows the text, asks for its fingerprint, writes the bundle FILE.signed.

    The signature is made with the key of this agency's certificate. Send the bundle to the next party to countersign.
    """
    target = file.with_name(file.name + ".signed")
    if target.exists():
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{target} is there: countersign it, or move it away")
    agreement = read_agreement(file)
    _sign(home, write_bundle(bundle_of(agreement)), target, fingerprint, user, as_json)


@failing_clearly
def countersign(
    bundle: BundleFile,
    fingerprint: _Fingerprint = "",
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Add this agency's signature to a bundle, in place. Signatures that are there must hold."""
    _sign(home, read_file(bundle), bundle, fingerprint, user, as_json)


@failing_clearly
def accept(
    bundle: BundleFile,
    acceding: Annotated[
        bool, typer.Option("--acceding", help="This agency was no party to the version before, and does not have it.")
    ] = False,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let an agreement count at this node once all parties have signed it; the log has it first.

    An amendment takes the place of the version before it from its first day. The running node heeds it at once.
    """
    personal, now = {"user": user or login_name()}, datetime.now(UTC)
    content = read_file(bundle)
    with open_book(load_home(home)) as book:
        with (
            refusing(book.ledger, "accept", Party.agency(book.agency).uri, personal),
            book.transaction() as connection,
        ):
            warnings = cautions(bundles.read(content)[0], book.current(), book.agency, to_sign=False)
            agreement = book.accept(connection, content, now, personal, acceding=acceding)
        stands = outlook(agreement, book.current(), book.agency, now)
    _warn(warnings, as_json)
    text = f"Accepted {_named(agreement)}: {stands}."
    data = _identity(agreement) | {"accepted": True, "stands": stands, "warnings": list(warnings)}
    emit(data, as_json, lambda: text)


def _sign(home: Path, content: bytes, target: Path, fingerprint: str, user: str, as_json: bool) -> None:
    node = load_home(home)
    signatory = load_signatory(node)
    agreement, signatures = bundles.read(content)
    # Before anybody reads and confirms what cannot be signed.
    bundles.check_party(agreement, signatory.agency)
    bundles.signers(agreement, signatures, signatory.authority, datetime.now(UTC))
    with open_book(node) as book:
        with book.transaction() as connection:
            book.check_place(connection, agreement, datetime.now(UTC))
        warnings = cautions(agreement, book.current(), signatory.agency, to_sign=True)
        _confirm(agreement, fingerprint, warnings, as_json)
        personal = {"user": user or login_name()}
        bundle = add_signature(book, signatory, content, datetime.now(UTC), personal)
    write_whole(target, bundle)
    signed_by = {one.declaration.agency for one in bundles.read(bundle)[1]}
    missing = sorted(agreement.party_of.keys() - signed_by)
    following = f"{', '.join(missing)} to countersign" if missing else "signed by all: each party accepts it"
    data = _identity(agreement) | {"bundle": str(target), "signed_by": sorted(signed_by), "missing": missing}
    data["warnings"] = list(warnings)
    emit(data, as_json, lambda: f"Signed {_named(agreement)} in {target}; {following}.")


def _confirm(agreement: Agreement, fingerprint: str, warnings: Sequence[str], as_json: bool) -> None:
    """Have the person name the text; raise `SymbolonError` where it is not this one."""
    if not fingerprint and as_json:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--fingerprint: needed with --json, for nobody is asked")
    if not fingerprint:
        console.print(Text(render(agreement)))
        console.print(Text(f"Fingerprint: {agreement.hash.hex()}"))
    _warn(warnings, as_json)
    if not fingerprint:
        fingerprint = typer.prompt(f"To sign this text, type the first {SHORTEST} characters of its fingerprint")
    given = fingerprint.strip().lower()
    if len(given) < SHORTEST or not agreement.hash.hex().startswith(given):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "the fingerprint is not that of this text; nothing is signed")


def _warn(warnings: Sequence[str], as_json: bool) -> None:
    """Show what is to be minded, where no program reads it from the result."""
    for warning in () if as_json else warnings:
        error_console.print(Text.assemble(("Mind: ", "bold yellow"), foreign(warning)))


def _identity(agreement: Agreement) -> dict[str, object]:
    return {"id": agreement.id, "version": agreement.version, "hash": agreement.hash.hex()}


def _named(agreement: Agreement) -> str:
    return f"{agreement.id} v{agreement.version} ({agreement.hash.hex()[:SHORTEST]})"
