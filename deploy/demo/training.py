"""The training federation: two agencies with consoles, an officer of every role at each, and who they are.

Everything is invented and for training: the password is the same for all and printed, and so are the codes that an
authenticator would show. Officers are entered and their accounts enrolled as everywhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shlex import quote

import pyotp
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.local import LocalFederation
from ledger.log import Ledger
from node.accounts.authenticator import STEP_SECONDS
from node.accounts.calls import AccountCalls
from node.accounts.keeping import AccountKeeping
from node.accounts.store import Accounts
from node.config import load_home
from node.officers.key import OfficerKey, write_key
from node.officers.recording import officer_added
from node.officers.register import Officers, Role

CONSOLES = ("GR-YPAM", "FR-DNMS")
"""Who asks and who holds in the first exercise (docs/tutorial/first-exercise.md)."""

PASSWORD = "training only, invented people"  # noqa: S105  # printed for whoever trains
STAFF: Mapping[str, Role] = {
    "anna.analyst": "analyst",
    "remy.release": "release_officer",
    "sofia.supervisor": "supervisor",
    "lena.legal": "legal_adviser",
    "jonas.judge": "judge",
    "omar.operator": "operator",
    "aude.auditor": "auditor",
}
EXERCISE = "docs/tutorial/first-exercise.md"


@dataclass(frozen=True, slots=True)
class Trainee:
    """An officer to train as: what an authenticator would hold of him, and the step of the code that enrolled him."""

    agency: str
    name: str
    role: Role
    secret: str
    used: int = 0

    def code(self) -> str:
        """Give the code of this moment, or of the step to come where this one's is used up: it counts already."""
        step = max(int(time.time()) // STEP_SECONDS, self.used + 1)
        return pyotp.TOTP(self.secret).at(step * STEP_SECONDS)


async def enter_staff(federation: LocalFederation) -> list[Trainee]:
    """Enter the officers of both agencies, and enrol their accounts at the running nodes."""
    return [one for agency in CONSOLES for one in await enter(federation, agency, STAFF)]


async def enter(federation: LocalFederation, agency: str, staff: Mapping[str, Role]) -> list[Trainee]:
    """Enter officers of one agency, each with a key, and enrol their accounts."""
    home = load_home(federation.home(agency))
    trainees = []
    with (
        Ledger(home.ledger_path) as ledger,
        Officers(home.officers_path) as officers,
        Accounts(home.accounts_path) as accounts,
    ):
        calls = AccountCalls(accounts, officers, ledger, agency)
        keeping = AccountKeeping(accounts, officers, ledger, "demo", time.time())
        for name, role in staff.items():
            _enter(officers, ledger, federation.officer_key(agency, name), name, role)
            invitation = keeping.invite(name, reset=False, confirmed=True)
            secret = await calls.invited(name, invitation.code)
            step = int(time.time()) // STEP_SECONDS
            await calls.enrol(name, invitation.code, PASSWORD, pyotp.TOTP(secret).at(step * STEP_SECONDS))
            trainees.append(Trainee(agency, name, role, secret, step))
    return trainees


def _enter(officers: Officers, ledger: Ledger, key_file: Path, name: str, role: Role) -> None:
    key = OfficerKey.draw(name)
    key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_key(key_file, key)
    officers.add(key, [role], "", "demo", datetime.now(UTC), partial(officer_added, ledger))


async def keep_open(federation: LocalFederation, trainees: list[Trainee], console: Console) -> None:
    """Show where the consoles are and who may sign in, with the codes of the moment, until interrupted.

    Where a party has ended by itself, say which and go on: its agency is what a partner that fails looks like.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    console.print(whereabouts(federation.console_address, trainees))
    console.print(by_command(federation, trainees[0]), crop=False)
    is_shown = console.is_terminal
    if not is_shown:
        console.print(codes(trainees))
    said: set[str] = set()
    with Live(codes(trainees), console=console, auto_refresh=False) if is_shown else contextlib.nullcontext() as live:
        while not told.is_set():
            with contextlib.suppress(TimeoutError):  # then it is time for other codes
                await asyncio.wait_for(told.wait(), 1)
            if live is not None:
                live.update(codes(trainees), refresh=True)
            for party in federation.ended() if not told.is_set() else ():
                if party.name not in said:
                    console.print(f"{party.name} has ended by itself; what it logged: {party.log}", style="bold red")
                    said.add(party.name)


def whereabouts(address_of: Callable[[str], str], trainees: list[Trainee]) -> Group:
    """Give what stays as it is: the addresses, and each secret for whoever has an authenticator."""
    table = Table.grid(padding=(0, 2))
    for one in trainees:
        table.add_row(f"  {one.agency}", one.name, one.secret)
    return Group(
        "",
        "The federation stays up. Consoles (their certificates are their own; a browser asks once):",
        *(f"  {agency}  https://{address_of(agency)}/" for agency in CONSOLES),
        f"A first exercise: {EXERCISE}",
        "",
        "For an authenticator of your own, in place of the codes below:",
        table,
        "",
    )


def by_command(federation: LocalFederation, one: Trainee) -> Group:
    """Give how the same is done at a command line, as one of them."""
    home, key = federation.home(one.agency), federation.officer_key(one.agency, one.name)
    return Group(
        f"By command, as {one.name} at {one.agency} (the keys of the others lie beside that one):",
        Text(f"  export SYMBOLON_HOME={quote(str(home))}", no_wrap=True, overflow="ignore"),
        Text(f"  export SYMBOLON_OFFICER_KEY={quote(str(key))}", no_wrap=True, overflow="ignore"),
        "  .venv/bin/symbolon case list",
        "",
    )


def codes(trainees: list[Trainee]) -> Group:
    """Give the codes of this moment, a line for each name; whole on a terminal of 80 by 24."""
    table = Table(title=f"Who may sign in (password of all: {PASSWORD})", title_justify="left")
    for column in ("name", "role", *(f"code at {agency}" for agency in CONSOLES)):
        table.add_column(column, overflow="fold")  # what is typed over is never cut
    of = {(one.name, one.agency): one for one in trainees}
    for name, role in {one.name: one.role for one in trainees}.items():
        at_each = ((name, agency) for agency in CONSOLES)
        table.add_row(name, role.replace("_", " "), *(of[key].code() if key in of else "" for key in at_each))
    last = f"Each counts once; new ones every 30 seconds; now {datetime.now(UTC):%H:%M:%S} UTC. Ctrl-C ends all."
    return Group(table, last)
