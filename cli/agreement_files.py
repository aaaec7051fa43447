"""Files of agreements: a text in TOML or YAML, or a bundle with signatures; told apart by name, then by content."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agreements.agreement import Agreement
from agreements.reading import AgreementFormatError, format_of, parse_agreement
from agreements.signing import SignedDeclaration
from node.agreements import bundles
from symbolon.rpc.errors import ErrorCode, SymbolonError

TextFile = Annotated[Path, typer.Argument(help="An agreement as TOML or YAML.")]
BundleFile = Annotated[Path, typer.Argument(help="A bundle: an agreement and the signatures under it.")]


def read_file(path: Path) -> bytes:
    """Read a file; raise `SymbolonError` naming it and why it does not read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SymbolonError(
            ErrorCode.INVALID_INPUT, f"{path}: {(error.strerror or type(error).__name__).lower()}"
        ) from None


def read_text(path: Path) -> str:
    """Read a text; raise `SymbolonError` as `read_file`, or where it is not UTF-8."""
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: not UTF-8") from None


def is_bundle(path: Path) -> bool:
    """Say whether a file holds a bundle, not a text."""
    return path.suffix not in (".toml", ".yaml", ".yml") and read_file(path).lstrip()[:1] == b"{"


def read_agreement(path: Path) -> Agreement:
    """Read an agreement from its text; raise `SymbolonError` with the file, place and reason."""
    try:
        return parse_agreement(read_text(path), format_of(path.name))
    except AgreementFormatError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None


def read_either(path: Path) -> tuple[Agreement, tuple[SignedDeclaration, ...]]:
    """Read an agreement from its text or bundle, with the signatures it comes with, which nobody has checked yet."""
    return bundles.read(read_file(path)) if is_bundle(path) else (read_agreement(path), ())
