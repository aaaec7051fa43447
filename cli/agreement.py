"""``symbolon agreement``: write, check, read and compare agreements; the signing of them is in the rooms beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agreements.difference import differences
from agreements.prose import render
from agreements.reading import agreement_errors, format_of
from agreements.signing import SignedDeclaration
from agreements.template import TEMPLATE
from cli.agreement_files import TextFile, read_agreement, read_either, read_text
from cli.agreement_signing import accept, countersign, sign
from cli.agreement_standing import list_agreements, resume, suspend, terminate
from cli.output import JsonOption, emit, failing_clearly
from symbolon.rpc.errors import ErrorCode, SymbolonError

app = typer.Typer(
    help="Write, check, sign and end agreements.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Either = Annotated[Path, typer.Argument(help="An agreement as TOML or YAML, or a bundle.")]


@app.command(epilog="Example: symbolon agreement new fr-de.toml")
@failing_clearly
def new(file: Annotated[Path, typer.Argument(help="File to write.")], as_json: JsonOption = False) -> None:
    """Write a commented template to fill in."""
    if file.exists():
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file} exists already: name another file, or edit this one")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEMPLATE, encoding="utf-8")
    emit({"file": str(file)}, as_json, lambda: f"Fill in {file}, then symbolon agreement check {file}.")


@app.command(epilog="Example: symbolon agreement check fr-de.toml")
@failing_clearly
def check(file: TextFile, as_json: JsonOption = False) -> None:
    """Say whether a file is an agreement, or everything that keeps it from being one (exit code 3)."""
    errors = agreement_errors(read_text(file), format_of(file.name))
    data: dict[str, Any] = {
        "valid": not errors,
        "errors": [{"place": one.place, "reason": one.reason} for one in errors],
    }
    if not errors:
        data["hash"] = read_agreement(file).hash.hex()
    emit(data, as_json, lambda: _findings(file, data))
    if errors:
        raise typer.Exit(ErrorCode.INVALID_INPUT.value.exit_code)


@app.command(epilog="Example: symbolon agreement show fr-de.toml")
@failing_clearly
def show(file: _Either, as_json: JsonOption = False) -> None:
    """Show an agreement as text, clause by clause: who may ask whom for what, and what is answered.

    Of a bundle it names the signatures too; that they hold is checked when one signs or accepts it.
    """
    agreement, signatures = read_either(file)
    text = render(agreement)
    data = {"hash": agreement.hash.hex(), "text": text, "signatures": [_signature(one) for one in signatures]}
    emit(data, as_json, lambda: "\n".join([text, *map(_signature_line, signatures)]))


@app.command(epilog="Example: symbolon agreement diff fr-de.toml fr-de-2.toml")
@failing_clearly
def diff(
    old: Annotated[Path, typer.Argument(help="The version before: TOML, YAML or a bundle.")],
    new: Annotated[Path, typer.Argument(help="The new version: TOML, YAML or a bundle.")],
    as_json: JsonOption = False,
) -> None:
    """Show in what two versions differ, clause by clause, and whether the new one tells more or less."""
    (before, _), (after, _) = read_either(old), read_either(new)
    found = differences(before, after)
    data = {
        "old": before.hash.hex(),
        "new": after.hash.hex(),
        "differences": [{"place": one.place, "change": str(one.change), "effect": one.effect} for one in found],
    }
    emit(data, as_json, lambda: "\n".join(map(str, found)) or "They are one text.")


app.command(epilog="Example: symbolon agreement sign fr-de.toml --home /srv/symbolon")(sign)
app.command(epilog="Example: symbolon agreement countersign fr-de.toml.signed --home /srv/symbolon")(countersign)
app.command(epilog="Example: symbolon agreement accept fr-de.toml.signed --home /srv/symbolon")(accept)
app.command(epilog="Example: symbolon agreement suspend fr-de-2026 --reason 'order of 3 May' --home /srv/symbolon")(
    suspend
)
app.command(epilog="Example: symbolon agreement resume fr-de-2026 --reason 'order lifted' --home /srv/symbolon")(resume)
app.command(
    epilog="Example: symbolon agreement terminate fr-de-2026 --reason 'act of 2 May' --last-day 2027-03-31"
    " --home /srv/symbolon"
)(terminate)
app.command("list", epilog="Example: symbolon agreement list --home /srv/symbolon")(list_agreements)


def _findings(file: Path, data: dict[str, Any]) -> str:
    if data["valid"]:
        return f"{file} is an agreement, fingerprint {data['hash']}."
    return "\n".join(f"{file}: {one['place']}: {one['reason']}" for one in data["errors"])


def _signature(signed: SignedDeclaration) -> dict[str, str]:
    return {"agency": signed.declaration.agency, "at": signed.declaration.at.isoformat()}


def _signature_line(signed: SignedDeclaration) -> str:
    return f"Signature of {signed.declaration.agency}, {signed.declaration.at:%Y-%m-%d %H:%M} (not checked here)"
