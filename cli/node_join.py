"""``symbolon node join``: enter the directory, and pin what it says."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from cli.output import HomeOption, JsonOption, UserOption, counted, emit, failing_clearly, login_name
from ledger.log import Ledger
from node.config import load_home
from node.directory.recording import joined, not_joined
from node.directory.view import join as join_federation
from node.keys import load_keys
from symbolon.rpc.errors import SymbolonError


@failing_clearly
def join(
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Enter the federation's directory and pin its members, custodian and epoch. Safe to repeat."""
    node = load_home(home)
    keys, who = load_keys(node.keys), user or login_name()
    with Ledger(node.ledger_path) as ledger:
        try:
            federation, reviewed = asyncio.run(join_federation(node, keys, partial(joined, ledger, who)))
        except SymbolonError as error:
            not_joined(ledger, who, error.code.code)
            raise
    data = {
        "federation": federation.name,
        "epoch": federation.epoch,
        "custodian": federation.custodian,
        "members": sorted(federation.members),
        "changed_keys": [change.member for change in reviewed.news.changes if not change.is_new],
        "waiting": list(reviewed.waiting),
    }
    members = counted(len(federation.members), "member")
    emit(data, as_json, lambda: f"Joined {federation.name}, epoch {federation.epoch}: {members}.")
