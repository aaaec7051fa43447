"""A small invented population and a federation of three agencies that list it, for tests that attack or break one.

Names are drawn from syllables that no other text of the repository has, so that finding one anywhere means that it
leaked. One agency asks in most tests, one lists the person asked for, one does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from deploy.agreement import CASE_OPTIONS, EVERY_PURPOSE
from deploy.local import LocalFederation
from tests.forked import SYMBOLON, run
from tests.integration.commands import CommandedFederation

ASKER, HOLDER, BYSTANDER = "AA-ASK", "BB-HOLD", "CC-STAND"
AGENCIES = {ASKER: "Asking agency", HOLDER: "Holding agency", BYSTANDER: "Bystanding agency"}
LEGAL_BASIS, CASE, USER = "article 25, invented", "CASE-4711-X", "analyst-seventeen"

Row = dict[str, Any]

_FIRST = ("Zhav", "Quor", "Brix", "Thul", "Vosk", "Jemb", "Drae", "Kyph", "Worm", "Glau")
_MIDDLE = ("ande", "ilto", "omzu", "erka", "uvri", "ysto", "aqui", "embo", "orfu", "igna")
_LAST = ("rrak", "lvex", "mpho", "ndru", "sgyl", "tzov", "bkin", "dwar", "ffet", "gnoq")
_CYRILLIC = str.maketrans("abdefghijklmnopqrstuvwxyz", "абдефгхийклмнопкрстувшхыз")


def draw_rows(agency: str, count: int, seed: int) -> list[Row]:
    """Draw the rows of one agency's own people; every second has the name in Cyrillic letters too."""
    rng = Random(f"{agency} {seed}")  # noqa: S311  # people, not keys
    return [_draw_row(rng, agency, number) for number in range(count)]


def _draw_row(rng: Random, agency: str, number: int) -> Row:
    names = [rng.choice(_FIRST) + rng.choice(_MIDDLE) + rng.choice(_LAST) for _ in range(2)]
    row: Row = {
        "record_id": f"{agency}/{number:03d}-{rng.randrange(10**6):06d}",
        "names": [" ".join(names)],
        "dob": [f"{rng.randint(1950, 1999)}-{rng.randint(1, 12):02d}-{rng.randint(13, 28)}"],
        "nationality": [rng.choice(("GR", "MD", "GE", "TN"))],
        "documents": [{"type": "passport", "country": "MD", "number": f"QX{rng.randrange(10**7):07d}"}],
    }
    if number % 2:
        row["names_original"] = [row["names"][0].lower().translate(_CYRILLIC).title()]
    return row


def asked(row: Row) -> Row:
    """Give what an analyst types of a person: name, birth date and nationality."""
    return {field: row[field] for field in ("names", "dob", "nationality")}


@dataclass
class Scene:
    """The running federation and whom each agency lists; ``stranger`` is on no list."""

    federation: LocalFederation
    lists: Mapping[str, Sequence[Row]]
    stranger: Row

    async def query(self, subject: Row, *to: str) -> tuple[int, dict[str, dict[str, Any]]]:
        """Run ``symbolon query --json`` at the asker; give its exit code and each agency's outcome, or *error*'s."""
        options = [
            *("--home", str(self.federation.home(ASKER)), "--purpose", EVERY_PURPOSE, "--legal-basis", LEGAL_BASIS),
            *("--case", CASE, "--officer-key", str(self.federation.officer_key(ASKER, USER)), "--json"),
            *CASE_OPTIONS,
            *(text for name in subject["names"] for text in ("--name", name)),
            *(text for birth in subject["dob"] for text in ("--born", birth)),
            *(text for country in subject["nationality"] for text in ("--nationality", country)),
            *(text for agency in to for text in ("--to", agency)),
        ]
        code, output = await run(*SYMBOLON, "query", *options)
        return code, dict(map(_outcome, filter(_tells, map(json.loads, output.splitlines()))))


def _tells(shown: Row) -> bool:
    return shown.get("event") == "answer" or "error" in shown


def _outcome(shown: Row) -> tuple[str, Row]:
    return ("error", shown["error"]) if "error" in shown else (shown["member"].rpartition("/")[2], shown)


@contextlib.asynccontextmanager
async def invented_federation(
    folder: Path, records: int, launchers: Callable[[str], Sequence[str] | None], **settings: str
) -> AsyncIterator[Scene]:
    """Prepare, start, import and enrol. All people are on one list, but the holder's last one, who is on two."""
    lists = {agency: draw_rows(agency, records, seed=1) for agency in AGENCIES}
    lists[BYSTANDER].append(lists[HOLDER][-1] | {"record_id": f"{BYSTANDER}/shared"})
    with CommandedFederation(folder, AGENCIES, settings=settings) as federation:
        await federation.prepare()
        await federation.add_officer(ASKER, USER, "analyst")
        for party in ("FIRST", "HUB", *AGENCIES):
            launcher = launchers(party)
            if launcher is not None:
                federation.launchers[party] = launcher
        await federation.start_hub()
        await federation.start_nodes()
        await asyncio.gather(*(enrol_rows(federation, agency, rows) for agency, rows in lists.items()))
        yield Scene(federation, lists, draw_rows("nobody", 1, seed=2)[0])


async def enrol_rows(federation: LocalFederation, agency: str, rows: Sequence[Row]) -> None:
    """Import an agency's rows and enrol them."""
    path = federation.folder / f"{agency}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    await federation.command(agency, "node", "import", str(path))
    await federation.command(agency, "node", "enrol")
