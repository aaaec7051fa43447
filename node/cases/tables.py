"""The tables of cases and referrals: what a file is found by stands in columns, all else in its document."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from node.cases import allowance, cleared, requests

MIGRATIONS = Migrations("cases")

_TABLES = (
    """CREATE TABLE hit_case (
        member TEXT NOT NULL,
        reference TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        since TEXT NOT NULL,
        waits TEXT NOT NULL,
        wakes TEXT NOT NULL,
        agreement TEXT NOT NULL,
        due TEXT,
        team TEXT,
        document TEXT NOT NULL,
        PRIMARY KEY (member, reference)
    ) STRICT""",
    """CREATE TABLE referral (
        reference TEXT PRIMARY KEY,
        asker TEXT NOT NULL,
        alike TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        since TEXT NOT NULL,
        waits TEXT NOT NULL,
        wakes TEXT NOT NULL,
        agreement TEXT NOT NULL,
        due TEXT,
        team TEXT,
        document TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX hit_case_opened ON hit_case (opened_at)",
    # Silent hits that read alike are one line of a list.
    "CREATE INDEX referral_alike ON referral (state, alike, opened_at, team, waits)",
    # What time may do something with is found by these two, however many hits lie there.
    "CREATE INDEX hit_case_waits ON hit_case (waits, wakes)",
    "CREATE INDEX referral_waits ON referral (waits, wakes)",
    # Under which agreements there are copies.
    "CREATE INDEX hit_case_copies ON hit_case (agreement, member) WHERE due IS NOT NULL",
    *requests.TABLES,
)


@MIGRATIONS()
def create_tables(database: Database) -> None:
    """Create cases, referrals, and the count of requests."""
    for statement in _TABLES:
        database.execute(statement)


@MIGRATIONS()
def create_allowance(database: Database) -> None:
    """Create what holders say is left of the requests that may be made."""
    database.execute(allowance.TABLE)


@MIGRATIONS()
def create_cleared(database: Database) -> None:
    """Create the hits that were cleared."""
    database.execute(cleared.TABLE)


@MIGRATIONS()
def index_what_runs_out(database: Database) -> None:
    """Let a list find what runs out first without reading files."""
    database.execute("DROP INDEX referral_alike")
    database.execute("CREATE INDEX referral_alike ON referral (state, alike, opened_at, team, waits, wakes, since)")


@MIGRATIONS()
def tag_cases(database: Database) -> None:
    """Let the cases that a query put again opened on one record find each other."""
    database.execute("ALTER TABLE hit_case ADD COLUMN tag TEXT NOT NULL DEFAULT ''")
    database.execute(
        "UPDATE hit_case SET tag = coalesce(json_extract(document, '$.repeat'), '') WHERE json_valid(document)"
    )
    database.execute("CREATE INDEX hit_case_tag ON hit_case (member, tag) WHERE tag <> ''")
