"""Invented traffic of an agency's log: working days of several users, and the parts that attacks are made of."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditing.sources import Opened
from ledger.case_events import HitConfirmed, RequestSent
from ledger.entries import FIRST_PREVIOUS, Statement, draft, place
from ledger.events import (
    AnswerReceived,
    Event,
    QueryAnswered,
    QueryOpened,
    QueryReceived,
    QueryRefused,
    QuerySent,
)
from ledger.log import Ledger
from ledger.referral_events import RequestReceived
from ledger.tree import grow_tree
from node.config import NodeSettings, create_home

MONDAY = datetime(2026, 9, 7, 8, tzinfo=UTC)
PARTNER = "symbolon://agency/DE-ZASM"
ASKER = "symbolon://agency/GR-YPAM"
HASH = "ab" * 32
_FIRST_NAMES = (
    "Idris Selma Tarek Olena Marko Liv Aino Petros Zeno Ruben Edda Yusra Bran Noor Ilse Otto Hawa Kemal Dora Piet"
)
_SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo zu cha dri fle gra kle"


@dataclass(frozen=True)
class Said:
    """A statement at a time."""

    time: datetime
    event: Event
    personal: Mapping[str, str] = field(default_factory=dict)


def invented_name(chance: random.Random) -> str:
    """Give a name of nobody."""
    return f"{chance.choice(_FIRST_NAMES.split())} {''.join(chance.choices(_SYLLABLES.split(), k=3)).capitalize()}"


def invented_birth(chance: random.Random) -> str:
    """Give a birth date."""
    return f"{chance.randint(1955, 2004)}-{chance.randint(1, 12):02}-{chance.randint(2, 28):02}"


def sent(time: datetime, user: str, name: str, born: str = "1980-05-17", **more: Any) -> Said:
    """Give a query put to a partner; the numbers of its entries follow from its time."""
    query_id = f"{int(time.timestamp() * 1000):016x}"
    event = QuerySent(
        query_id=query_id,
        purpose="migrant_smuggling",
        recipients=(PARTNER,),
        agreements=("fr-de",),
        agreement_hashes=(HASH,),
    )
    personal = {"user": user, "subject.names": json.dumps([name]), "subject.dob": json.dumps([born]), **more}
    return Said(time, event, personal)


def answered(query: Said, level: int = 0, reference: str = "") -> Said:
    """Give the answer to a query put."""
    assert isinstance(query.event, QuerySent)
    outcome = "hit" if level else "nothing"
    event = AnswerReceived(
        query_id=query.event.query_id, member=PARTNER, outcome=outcome, level=level, candidates=int(level > 0)
    )
    personal = {"user": query.personal["user"]}
    if reference:
        personal["references"] = json.dumps([reference])
    return Said(query.time + timedelta(seconds=0.2), event, personal)


def received(time: datetime, user: str, level: int | None = 0, record: str = "", sender: str = ASKER) -> list[Said]:
    """Give a query of a partner and what became of it; level None is a refusal."""
    digest = f"{int(time.timestamp() * 1000):064x}"
    came = QueryReceived(
        query_id=digest[:16],
        envelope_digest=digest,
        sender=sender,
        agreement="gr-fr",
        agreement_hash=HASH,
        purpose="terrorism",
        entries=8,
    )
    said = [Said(time, came, {"user": user, "legal_basis": "art. 1", "case_reference": "GR-1", "justification": "{}"})]
    later = time + timedelta(seconds=0.05)
    if level is None:
        return [*said, Said(later, QueryRefused(envelope_digest=digest, sender=sender, reason="quota_used"))]
    if record:
        hits = json.dumps([{"record_id": record, "reference": f"REF{record}"}])
        opened = QueryOpened(envelope_digest=digest, records=1, rules=("name",), bands=("strong",))
        said.append(Said(later, opened, {"hits": hits}))
    event = QueryAnswered(envelope_digest=digest, sender=sender, level=level, agreement_hash=HASH, trace=("said",))
    return [*said, Said(later, event)]


def confirmed(time: datetime, user: str, reference: str) -> list[Said]:
    """Give the follow-up of a hit."""
    asked = RequestSent(partner=PARTNER, agreement_hash=HASH, trace=("said",), emergency=False)
    personal = {"officer": user, "reference": reference}
    return [
        Said(time, HitConfirmed(partner=PARTNER, agreement_hash=HASH), personal),
        Said(time + timedelta(minutes=5), asked, personal),
    ]


def asked_for(time: datetime, reference: str) -> Said:
    """Give a partner's reasoned request."""
    event = RequestReceived(partner=ASKER, agreement_hash=HASH, emergency=False)
    return Said(time, event, {"reference": reference, "record_id": "r"})


def normal_traffic(days: int = 50, users: int = 5, seed: int = 5) -> list[Said]:
    """Give weeks of ordinary work: some queries an hour, hits followed up, partners asking, now and then a retry."""
    chance = random.Random(seed)  # noqa: S311  # invented traffic
    said: list[Said] = []
    for day in range(days):
        morning = MONDAY + timedelta(days=day)
        if morning.weekday() >= 5:
            continue
        for number in range(users):
            for _ in range(chance.randint(2, 9)):
                time = morning + timedelta(minutes=chance.uniform(0, 600))
                said += _ordinary(chance, time, f"user.{number}")
        for _ in range(chance.randint(5, 25)):
            time = morning + timedelta(minutes=chance.uniform(0, 600))
            hit = chance.random() < 0.1
            record = f"{chance.randint(0, 3000)}" if hit else ""
            said += received(time, f"gr.{chance.randint(0, 9)}", 2 if hit else 0, record)
            if hit and chance.random() < 0.5:
                said.append(asked_for(time + timedelta(days=1), f"REF{record}"))
    return said


def _ordinary(chance: random.Random, time: datetime, user: str) -> Iterator[Said]:
    hit = chance.random() < 0.15
    reference = f"R{int(time.timestamp() * 1e6)}" if hit else ""
    name, born = invented_name(chance), invented_birth(chance)
    query = sent(time, user, name, born)
    yield from (query, answered(query, 2 if hit else 0, reference))
    if hit and chance.random() < 0.9:
        yield from confirmed(time + timedelta(hours=2), user, reference)
    if chance.random() < 0.1:  # again, spelt otherwise
        again = sent(time + timedelta(minutes=3), user, name + "e", born)
        yield from (again, answered(again))


def entries_of(said: Iterable[Said], *, opened: bool = True) -> Iterator[Opened]:
    """Give statements as entries of a log, in the order of their times."""
    previous = FIRST_PREVIOUS
    for number, one in enumerate(sorted(said, key=lambda one: one.time), start=1):
        drafted = draft(Statement(one.event, one.personal))
        entry = place(drafted, number, previous, one.time)
        previous = entry.leaf_hash
        yield entry, dict(one.personal) if opened else {}


def write_log(path: Path, said: Iterable[Said]) -> None:
    """Write statements as a log on disk that has the times they are said to have."""
    with Ledger(path):
        pass  # makes the file and its tables
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    previous, number = FIRST_PREVIOUS, 0
    for number, one in enumerate(sorted(said, key=lambda one: one.time), start=1):
        drafted = draft(Statement(one.event, one.personal))
        entry = place(drafted, number, previous, one.time)
        previous = entry.leaf_hash
        connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (number, entry.leaf_hash, entry.body))
        rows = [(number, opening.name, opening.salt, opening.value) for opening in drafted.openings]
        connection.executemany("INSERT INTO opening VALUES (?, ?, ?, ?)", rows)
    grow_tree(connection, 0, number)
    connection.execute("COMMIT")
    connection.close()


def make_home(folder: Path, said: Iterable[Said]) -> Path:
    """Make an agency's folder with such a log."""
    settings = NodeSettings(
        agency="FR-DNMS",
        display_name="DNMS",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="dnms@example",
        declared_records=10,
    )
    create_home(folder, settings)
    write_log(folder / "data" / "ledger.db", said)
    return folder
