"""The program ``symbolon-verify``: reads the files, prints sentences or JSON, and says by its exit code how it went.

0: nothing was found. 1: findings. 2: the file, or what was given to check it with, cannot be used. What was not checked
is printed whatever the exit code. Only what is named on the command line is opened.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ledger.exports import ExportError
from verifier.export import Progress, verify_export
from verifier.proof import LONGEST_PROOF, ProofFileError, is_proof, verify_proof_file
from verifier.report import Report
from verifier.trust import (
    Trust,
    TrustError,
    read_agreement,
    read_authority,
    read_checkpoint,
    read_key,
    read_witness,
)

RIGHT, FOUND, UNUSABLE = 0, 1, 2
_MOST_BYTES = 4 * 2**20  # of a key, checkpoint, certificate or agreement
_BEGIN = 64


class _UnusableError(Exception):
    """Something cannot be used; the message says what."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        report = _verify(options)
    except (_UnusableError, TrustError, ExportError, ProofFileError) as error:
        return _unusable(str(error), as_json=options.json)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  # a text of its own could quote the file
        return _unusable(f"the verifier failed ({type(error).__name__}): tell its makers", as_json=options.json)
    try:
        _print(report, as_json=options.json)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough; the exit code says the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return RIGHT if report.is_right else FOUND


def run() -> None:
    """Run the program and leave with its exit code."""
    sys.exit(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="symbolon-verify",
        description="Check an export of a disclosure log, or a proof of one entry (.tlog-proof), without its party.",
        epilog="Exit codes: 0 nothing found, 1 findings, 2 it cannot be used."
        " Example: symbolon-verify france.export --key france.key --earlier france-2025.checkpoint",
    )
    parser.add_argument("file", type=Path, help="the export or proof")
    parser.add_argument(
        "--key",
        required=True,
        action="append",
        help="the log's verifier key, or a file with it: your own copy; repeat for those it had before",
    )
    parser.add_argument(
        "--witness", action="append", default=[], help="a witness's verifier key, or a file with it; repeat for others"
    )
    parser.add_argument(
        "--earlier", action="append", default=[], type=Path, help="a checkpoint that you kept; repeat for others"
    )
    parser.add_argument("--authority", type=Path, help="certificate of the federation's authority (PEM)")
    parser.add_argument(
        "--agreement", action="append", default=[], type=Path, help="an agreement from elsewhere; repeat for others"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _verify(options: argparse.Namespace) -> Report:
    trust = _trust(options)
    try:
        with options.file.open("rb") as source:
            begin = source.read(_BEGIN)
            source.seek(0)
            if is_proof(begin):
                return verify_proof_file(_bounded(source, options.file, LONGEST_PROOF), trust)
            return verify_export(source, trust, _progress(options))
    except OSError as error:
        raise _UnusableError(f"{options.file}: {type(error).__name__}") from None


def _trust(options: argparse.Namespace) -> Trust:
    keys = tuple(read_key(_text(one)) for one in options.key)
    agreements = (read_agreement(_content(path), path.name) for path in options.agreement)
    return Trust(
        keys,
        tuple(read_witness(_text(one)) for one in options.witness),
        tuple(read_checkpoint(_content(path), keys) for path in options.earlier),
        read_authority(_content(options.authority)) if options.authority else None,
        {one.hash.hex(): one for one in agreements},
    )


def _text(given: str) -> str:
    """Give a key that stands on the command line itself, or in the file named there."""
    return given if _is_key(given) else _content(Path(given)).decode("utf-8", "replace")


def _is_key(given: str) -> bool:
    return given.count("+") > 1


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            return _bounded(source, path, _MOST_BYTES)
    except (OSError, ValueError) as error:  # of which a name with a zero byte is one
        raise _UnusableError(f"{path}: {type(error).__name__}") from None


def _bounded(source: BinaryIO, path: Path, most: int) -> bytes:
    content = source.read(most + 1)
    if len(content) > most:
        raise _UnusableError(f"{path} is larger than {most:,} bytes")
    return content


def _progress(options: argparse.Namespace) -> Progress:
    if options.json or not sys.stderr.isatty():
        return lambda _: None
    return lambda count: print(f"\r{count:,} entries", end="\r", file=sys.stderr, flush=True)  # noqa: T201


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        _write(json.dumps(report.to_json(), separators=(",", ":")))
        return
    if "party" in report.facts:
        _write("{party}: entries {first} to {last}, taken out at {made_at}.".format_map(report.facts))
    for finding in report.findings:
        _write(finding.text)
    if report.more:
        _write(f"And {report.more:,} findings more.")
    for text in report.said:
        _write(text)
    checked = ", ".join(f"{what} {count:,}" for what, count in sorted(report.checked.items()))
    _write(f"Checked: {checked}." if checked else "Checked: nothing.")
    for what, count in sorted(report.unchecked.items()):
        _write(f"Not checked: {what}{_where(report.unchecked_entries.get(what, []), count)}.")
    _write("Nothing was found." if report.is_right else "Do not rely on this log before each finding is explained.")


def _where(entries: Sequence[int], count: int) -> str:
    """Say how many there are, and the entries of the first."""
    if not entries:
        return f" ({count:,})" if count > 1 else ""
    numbers = ", ".join(str(number) for number in dict.fromkeys(entries))
    return f" ({count:,}: entries {numbers}{' ...' if count > len(entries) else ''})"


def _unusable(text: str, *, as_json: bool) -> int:
    if as_json:
        _write(json.dumps({"error": _printable(text)}, separators=(",", ":")))
    else:
        sys.stderr.write(f"{_printable(text)}\n")
    return UNUSABLE


def _write(text: str) -> None:
    sys.stdout.write(f"{_printable(text)}\n")


def _printable(text: str) -> str:
    """Show what a terminal would obey, or the file's party wrote into a name, as a replacement character."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
