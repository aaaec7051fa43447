"""Two real nodes in the process of a test with people of every role, a hit, a referral and hostile words in all of it.

Whatever a partner, a list or an officer can write carries markup (`MARKUP`); names of persons carry `PERSON`, which no
log line, address or title may ever show.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from node.officers.register import Role
from symbolon.v1 import cases_pb2 as wire
from tests.integration.case_nodes import ASKER, CHEF, HOLDER, VOGT, WEBER, ask, load, referral_is, until
from tests.integration.commands import CommandedFederation
from tests.integration.console_node import ConsoleNode, console_node
from tests.unit.console_desk import Browser

MARKUP = "<b id=evil>"
PERSON = "Zhavilto Quorlvex"
SPARE = "z.spare"
"""An officer who may be disabled, locked and changed by whatever a form says."""

OFFICERS: dict[str, dict[str, tuple[Role, ...]]] = {
    ASKER: {
        ANALYST: ("analyst",),
        CHEF: ("supervisor",),
        "o.keeper": ("operator",),
        "c.auditor": ("auditor",),
        "j.adviser": ("legal_adviser",),
    },
    HOLDER: {WEBER: ("release_officer",), VOGT: ("supervisor",), "r.judge": ("judge",), "o.holder": ("operator",)},
}
"""Who works where, in which roles; `ANALYST` is there from the start."""

_PEOPLE = ("Brenquist Odlemar", "Tirvald Oxenquay", PERSON)


class Lines(logging.Handler):
    """Keeps what the process would log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with its traceback where it has one."""
        self.lines.append(logging.Formatter("%(name)s %(levelname)s %(message)s").format(record))


@dataclass
class Consoles:
    """The consoles of both agencies, the log of the process, and a browser for every officer."""

    nodes: dict[str, ConsoleNode]
    folder: Path
    log: Lines
    hit: str = ""
    referral: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, officer: str) -> Browser:
        """Give the browser of an officer, signed in."""
        if officer not in self.browsers:
            agency = next(agency for agency, names in OFFICERS.items() if officer in names)
            self.browsers[officer] = self.nodes[agency].browser(officer)
        return self.browsers[officer]


def _row(number: int) -> dict[str, Any]:
    name = _PEOPLE[number]
    return {
        "record_id": f"Z{MARKUP}{number}",
        "names": [name],
        "aliases": [f"{name} {MARKUP}"],
        "dob": [f"197{number}-03-02"],
        "pob": [f"Town {MARKUP}"],
        "nationality": ["MD"],
        "phones": [f"+373 22 00 00 0{number}"],
        "programs": [f"Programme {MARKUP}"],
        "source": f"Source {MARKUP}",
    }


@asynccontextmanager
async def consoles(folder: Path) -> AsyncIterator[Consoles]:
    """Run both nodes in this loop, and bring one hit to a request and one to content."""
    names = {ASKER: f"Asking {MARKUP}", HOLDER: f"Holding {MARKUP}"}
    log = Lines()
    root = logging.getLogger()
    before = root.level
    with CommandedFederation(folder, names, settings={"mail-tick-seconds": "0.2"}) as made:
        await made.prepare()
        for agency, officers in OFFICERS.items():
            settings = made.home(agency) / "node.toml"
            settings.write_text(settings.read_text().replace("sweep_seconds = 60.0", "sweep_seconds = 0.5"))
            for name, roles in officers.items():
                if name != ANALYST:
                    await made.add_officer(agency, name, *roles)
            await made.add_officer(agency, SPARE, "analyst")
        await made.start_hub()
        for agency in OFFICERS:
            await made.command(agency, "node", "join")
        root.addHandler(log)
        root.setLevel(logging.INFO)
        try:
            async with (
                console_node(load_home(made.home(ASKER))) as asking,
                console_node(load_home(made.home(HOLDER))) as holding,
            ):
                running = Consoles({ASKER: asking, HOLDER: holding}, folder, log)
                await _bring_about(made, folder, running)
                yield running
        finally:
            root.removeHandler(log)
            root.setLevel(before)


async def _bring_about(made: CommandedFederation, folder: Path, running: Consoles) -> None:
    await load(made, folder, *map(_row, range(len(_PEOPLE))))
    references = [await _hit(made, number) for number in range(len(_PEOPLE))]
    running.hit = references[0]
    running.referral = references[2]
    for reference in references[1:]:
        await ask(made, reference, confirm=wire.Worded(words=f"the same scar {MARKUP}"))
        await ask(made, reference, request=wire.FollowUp(facts=f"seen twice {MARKUP}"))
        await referral_is(made, reference, "requested")


async def _hit(made: CommandedFederation, number: int) -> str:
    row = _row(number)
    asked = {name: row[name] for name in ("names", "dob", "nationality")}
    found: list[str] = []

    async def is_hit() -> bool:
        async with DeskClient(load_home(made.home(ASKER)), load_key(made.officer_key(ASKER))) as client:
            events = client.query(
                asked,
                purpose=EVERY_PURPOSE,
                legal_basis=f"article 1 {MARKUP}",
                case_reference=f"2026/117 {MARKUP}",
                justification=EVERY_CASE,
            )
            answers = [event.answer async for event in events if event.WhichOneof("event") == "answer"]
        found[:] = [one.reference for answer in answers for one in answer.candidates]
        return bool(found)

    await until(is_hit)
    return found[0]
