"""``symbolon audit key``, ``checkpoint``, ``proof``, ``tiles``, ``check``: what a log shows outside its house.

The first four need the party's folder and its signing key. The last needs a file and a key, and nobody's folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.output import HomeOption, JsonOption, counted, emit, failing_clearly
from coordinator.custodian.home import CONFIG_FILE as CUSTODIAN_CONFIG
from coordinator.custodian.home import load_home as load_custodian
from coordinator.home import load_home as load_coordinator
from ledger.checkpoints import ledger_origin, parse_checkpoint
from ledger.entries import DamagedLogError
from ledger.log import Ledger
from ledger.merkle import ProofError
from ledger.notes import NoteError, VerifierKey, VerifierKeyError
from ledger.tiles import TileError, verify_folder
from ledger.tiling import write_tiles
from matching.errors import FieldError
from matching.keys import SigningKey
from node.auditing.proving import newest_head, prove_entry
from node.config import CONFIG_FILE as NODE_CONFIG
from node.config import load_home as load_node
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import read_secret
from symbolon.rpc.identity import Party
from verifier.proof import LONGEST_PROOF, ProofFileError, prove


@failing_clearly
def key(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Print the verifier key of this party's log, for those who are to check its checkpoints and proofs."""
    text = str(VerifierKey(_origin(home), signing_key(home).public_key()))
    emit({"key": text}, as_json, lambda: text)


@failing_clearly
def checkpoint(
    witnessed: Annotated[
        bool,
        typer.Option("--witnessed", help="Print the newest head that others have cosigned, with their signatures."),
    ] = False,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Sign the head of the log as it is now and print it as a checkpoint; the log keeps it.

    None is signed that contradicts an earlier one. With --witnessed nothing is signed.
    """
    with Ledger(log_path(home)) as ledger:
        note = ledger.witnessed_head() if witnessed else ledger.sign_head(_origin(home), signing_key(home))
    if note is None:
        raise SymbolonError(ErrorCode.NOT_FOUND, "no head of this log has been cosigned yet")
    head = parse_checkpoint(note.text).head
    _put({"checkpoint": str(note), "size": head.size, "root": head.root.hex()}, as_json, str(note))


@failing_clearly
def proof(
    number: Annotated[int, typer.Argument(help="Number of the entry.", min=1)],
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Print a file that proves one entry to be in the log: the entry, its place, and a checkpoint.

    The checkpoint is the newest that others have cosigned, or, where that does not reach the entry yet, one that is
    signed now and that nobody has cosigned. Nothing personal is in the file.
    """
    with Ledger(log_path(home)) as ledger:
        if number > ledger.count():
            raise SymbolonError(ErrorCode.NOT_FOUND, f"entry {number}")
        note = newest_head(ledger, number, _origin(home), lambda: signing_key(home))
        try:
            text = str(prove_entry(ledger, number, note))
        except DamagedLogError as error:
            raise SymbolonError(ErrorCode.LOG_DAMAGED, str(error)) from None
    _put({"proof": text, "entry": number}, as_json, text)


@failing_clearly
def tiles(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Lay the log out as files after C2SP's tlog-tiles, for programs that read logs in that form.

    It goes as far as the newest head that others have cosigned; where there is none, one is signed now. From two such
    folders of one log anybody can compute that the one is the beginning of the other. Nothing personal is in them.
    """
    with Ledger(log_path(home)) as ledger:
        note = newest_head(ledger, 1, _origin(home), lambda: signing_key(home))
    try:
        size = write_tiles(log_path(home), note, folder)
    except FileExistsError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{folder} exists: name a new folder") from None
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, str(error)) from None
    emit({"folder": str(folder), "entries": size}, as_json, lambda: f"{counted(size, 'entry', 'entries')} in {folder}.")


@failing_clearly
def check(
    file: Annotated[Path, typer.Argument(help="A proof of one entry (.tlog-proof), or a folder of tiles.")],
    key: Annotated[str, typer.Option(help="Verifier key of the log, as its party prints it, or a file that holds it.")],
    as_json: JsonOption = False,
) -> None:
    """Check that an entry is in the log of this key, from the file alone, and show it; or a whole log of tiles."""
    log_key = _verifier_key(key)
    if file.is_dir():
        _check_tiles(file, log_key, as_json)
        return
    try:
        proven = prove(_read(file), [log_key])
    except ProofFileError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: {error}") from None
    except (NoteError, ProofError, DamagedLogError) as error:
        raise SymbolonError(ErrorCode.PROOF_REFUSED, f"{file}: {error}") from None
    signed = proven.checkpoint
    data = {"entry": proven.entry.to_json(), "origin": signed.origin, "size": signed.head.size, "verified": True}
    emit(data, as_json, proven.sentence)


def _check_tiles(folder: Path, key: VerifierKey, as_json: bool) -> None:
    try:
        checkpoint = verify_folder(folder, key)
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{folder}: {error.strerror}") from None
    except (NoteError, TileError) as error:
        raise SymbolonError(ErrorCode.PROOF_REFUSED, f"{folder}: {error}") from None
    size = checkpoint.head.size
    text = f"All {counted(size, 'entry', 'entries')} are in the log {checkpoint.origin}."
    emit({"origin": checkpoint.origin, "size": size, "verified": True}, as_json, lambda: text)


def log_path(home: Path) -> Path:
    """Name the log of a party; raise `SymbolonError` where there is none yet."""
    path = home / "data" / "ledger.db"
    if not path.exists():
        raise SymbolonError(ErrorCode.NOT_INITIALISED, f"{path} is missing: this party has not written a log yet")
    return path


def party_of(home: Path) -> Party:
    """Give whose folder it is: a node's, a custodian's or the coordinator's."""
    if (home / NODE_CONFIG).exists():
        return load_node(home).party
    if (home / CUSTODIAN_CONFIG).exists():
        return load_custodian(home).party
    return load_coordinator(home).party


def signing_key(home: Path) -> SigningKey:
    """Give the key that signs the party's checkpoints; raise `SymbolonError` where it cannot be read."""
    path = home / "keys" / "signing.key"
    try:
        return SigningKey(read_secret(path))
    except FieldError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None


def _origin(home: Path) -> str:
    return ledger_origin(party_of(home).uri)


def _verifier_key(given: str) -> VerifierKey:
    text = given if "+" in given else _read(Path(given)).decode("utf-8", "replace").strip()
    try:
        return VerifierKey.parse(text)
    except VerifierKeyError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--key: {error}") from None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            content = source.read(LONGEST_PROOF + 1)
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: {type(error).__name__}") from None
    if len(content) > LONGEST_PROOF:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file} is larger than {LONGEST_PROOF:,} bytes")
    return content


def _put(data: dict[str, object], as_json: bool, text: str) -> None:
    """Print a file's text as it is, to the byte."""
    emit(data, as_json, lambda: None)
    if not as_json:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
