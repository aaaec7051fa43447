"""The command ``symbolon``: names its groups and single commands."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from cli.loading import CommandEntry, lazy_group

COMMANDS = {
    "authority": CommandEntry("cli.authority", "app", "Certify parties: the federation's development authority."),
    "coordinator": CommandEntry("cli.coordinator", "app", "Run the hub: directory of members and blind relay."),
    "custodian": CommandEntry("cli.custodian", "app", "Run a key custodian: evaluates blinded elements, metered."),
    "node": CommandEntry("cli.node", "app", "Run an agency's node: records, enrolment, answers."),
    "system": CommandEntry("cli.system", "app", "Set up a system that calls the node of its agency."),
    "query": CommandEntry(
        "cli.query",
        "query",
        "Ask partner agencies whether they know a person.",
        "symbolon query --name 'Giorgos Melanos' --born 1984-08-16 --nationality GR"
        " --purpose migrant_smuggling --legal-basis 'art. 25 (EU) 2024/982' --case 2026/117"
        " --offence migrant_smuggling --penalty-months 120 --nature ordinary"
        " --role suspect --death-penalty no --officer-key a.martin.key",
    ),
    "check": CommandEntry(
        "cli.check",
        "check",
        "Ask about a document or person while somebody waits.",
        "symbolon check --name 'Giorgos Melanos' --document passport:GR:AB1234567"
        " --purpose migrant_smuggling --legal-basis 'art. 25 (EU) 2024/982' --case 2026/117"
        " --offence migrant_smuggling --penalty-months 120 --nature ordinary"
        " --role suspect --death-penalty no --seconds 8 --officer-key a.martin.key",
    ),
    "hint": CommandEntry(
        "cli.hint",
        "hint",
        "Say what a query still lacks, before it is put.",
        "symbolon hint --name 'Giorgos Melanos' --born 1984 --purpose migrant_smuggling --officer-key a.martin.key",
    ),
    "batch": CommandEntry("cli.batch", "app", "Have partners asked about a list of persons."),
    "investigation": CommandEntry("cli.investigation", "app", "Save what the queries of a case state, and close it."),
    "case": CommandEntry("cli.case", "app", "Follow up a hit: confirm, request, acknowledge, read."),
    "referral": CommandEntry("cli.referral", "app", "Decide what partners ask about hits on your records."),
    "compare": CommandEntry(
        "cli.compare",
        "compare",
        "Say whether two written names are one, and why.",
        'symbolon compare "Idris Maran" "Idriss al-Maran"',
    ),
    "agreement": CommandEntry("cli.agreement", "app", "Write, check, sign and end agreements."),
    "audit": CommandEntry("cli.audit", "app", "Read and check the disclosure log."),
}


SUMMARY = """Ask partner agencies whether they know a person, without showing the question to those who do not.

Every command works on one party's folder: --home FOLDER, or the environment variable SYMBOLON_HOME.
"""

app = lazy_group(COMMANDS, SUMMARY, example="symbolon node init --help")


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"symbolon {version('symbolon')}")
        except PackageNotFoundError:  # run from a source tree
            typer.echo("symbolon, not installed")
        raise typer.Exit


@app.callback()
def symbolon(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options of the whole."""


def main() -> None:
    """Run the command line."""
    app(prog_name="symbolon")
