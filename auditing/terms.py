"""By what an entry can be found: its type, the parties, purposes and agreements it names, and what links it to others.

A term is a kind and a value, none of them personal, since an event holds nothing that is. Two entries with the same
linking term speak of one query, one case, one message or one hold, in whatever direction of time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from auditing.denials import DENIED_TYPES

Kind = Literal[
    "type", "party", "purpose", "agreement", "denied", "spoken", "viewed", "query", "case", "message", "hold"
]

Term: TypeAlias = tuple[Kind, str]

LINKING: tuple[Kind, ...] = ("query", "case", "message", "hold")
"""Kinds of terms that link entries to each other."""

CHOSEN: tuple[Kind, ...] = ("type", "party", "purpose", "agreement")
"""Kinds of terms that a person chooses from a list."""

PADDING = "log_padded"
VIEWING_TYPES = frozenset({"auditor_access", "audit_viewed"})

_PARTIES = ("sender", "member", "recipients", "recipient", "custodian", "party", "partner", "caller", "not_asked")
_PURPOSES = ("purpose", "purposes")
_AGREEMENTS = ("agreement", "agreements", "agreement_hash", "agreement_hashes", "by_hash")
_MESSAGES = ("digest", "digests", "envelope_digest", "approved", "request_digest")


def terms_of(body: bytes) -> Iterator[Term]:
    """Give the terms of an entry's bytes; each may come twice."""
    return read_terms(json.loads(body))


def read_terms(read: Mapping[str, Any]) -> Iterator[Term]:
    """Give the terms of an entry whose bytes were read as JSON."""
    event: dict[str, Any] = read["event"]
    kind = event["type"]
    yield "type", kind
    if kind != PADDING:
        yield "spoken", ""
    if kind in DENIED_TYPES:
        yield "denied", ""
    if kind in VIEWING_TYPES:
        yield "viewed", ""
    for name, value in event.items():
        yield from _of_field(kind, name, value)
    if kind == "hold_placed":
        yield "hold", str(read["number"])


def read_agreements(read: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give hash and identifier of each agreement of which an entry, read as JSON, says both."""
    event: dict[str, Any] = read["event"]
    if isinstance(event.get("agreement"), str) and event.get("agreement_hash") and event["agreement"]:
        yield event["agreement_hash"], event["agreement"]
    hashes, names = event.get("agreement_hashes"), event.get("agreements")
    if isinstance(hashes, list) and isinstance(names, list) and len(hashes) == len(names):
        yield from zip(hashes, names, strict=True)


def _of_field(event: str, name: str, value: Any) -> Iterator[Term]:
    texts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one]
    if name in _PARTIES:
        yield from (("party", one) for one in texts)
    elif name in _PURPOSES:
        yield from (("purpose", one) for one in texts)
    elif name in _AGREEMENTS:
        yield from (("agreement", one) for one in texts)
    elif name == "query_id":
        yield from (("query", one) for one in texts)
    elif name in ("case", "cases"):
        yield from (("case", one) for one in texts)
    elif name in _MESSAGES:
        yield from (("message", one) for one in texts)
    elif event == "hold_lifted" and name == "hold":
        yield "hold", str(value)
