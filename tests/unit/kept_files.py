"""All that a node keeps of hits, read from its database."""

from __future__ import annotations

import sqlite3

from node.cases.files import Case, Referral


def cases(connection: sqlite3.Connection) -> list[Case]:
    """Give the asker's files, newest first."""
    rows = connection.execute("SELECT document FROM hit_case ORDER BY opened_at DESC")
    return [Case.model_validate_json(row["document"]) for row in rows.fetchall()]


def referrals(connection: sqlite3.Connection) -> list[Referral]:
    """Give the holder's files, newest first."""
    rows = connection.execute("SELECT document FROM referral ORDER BY opened_at DESC")
    return [Referral.model_validate_json(row["document"]) for row in rows.fetchall()]
