"""What the hub checks of a query's envelopes before it does anything with them. All of it is in the public header.

Rules, in order: 1 to 64 envelopes; each is the canonical encoding of an envelope and of its class's exact size; the
sender named is the caller; all carry one query_id, no two the same recipient; none is expired, from the future or
valid for too long; each is signed with the key the caller has entered in the directory.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from datetime import datetime

from matching.envelope import SealedQuery, check_window
from matching.errors import ProtocolError, SignatureError, WindowError
from matching.keys import SigningPublicKey
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

MOST_ENVELOPES = 64
"""Envelopes of one query, and so members asked at once."""


def check_number(envelopes: Sized) -> None:
    """Raise `SymbolonError` (`MALFORMED`) unless there are 1 to 64; none is looked at."""
    if not 1 <= len(envelopes) <= MOST_ENVELOPES:
        raise SymbolonError(ErrorCode.MALFORMED, f"envelopes: not 1 to {MOST_ENVELOPES}")


def read_envelopes(messages: Sequence[bytes], caller: Party, key: SigningPublicKey, now: datetime) -> list[SealedQuery]:
    """Read and check the envelopes of one query.

    Raises `SymbolonError`: `MALFORMED`, `NOT_PERMITTED`, `ENVELOPE_EXPIRED` or `KEY_CHANGED`.
    """
    check_number(messages)
    try:
        queries = [SealedQuery.from_bytes(message) for message in messages]
    except ProtocolError:
        raise SymbolonError(ErrorCode.MALFORMED, "envelopes: one is not of the agreed form or size") from None
    _check_together(queries, caller)
    try:
        for query in queries:
            check_window(query.header, int(now.timestamp()))
            query.verify_signature(key)
    except WindowError as error:
        raise SymbolonError(ErrorCode.ENVELOPE_EXPIRED, str(error)) from None
    except SignatureError:
        detail = "envelopes: one is not signed with the key in the directory: join again after changing keys"
        raise SymbolonError(ErrorCode.KEY_CHANGED, detail) from None
    return queries


def _check_together(queries: Sequence[SealedQuery], caller: Party) -> None:
    if any(query.header.sender != caller.uri for query in queries):
        raise SymbolonError(ErrorCode.NOT_PERMITTED, "envelopes: the sender named is not the caller")
    if len({query.header.query_id for query in queries}) != 1:
        raise SymbolonError(ErrorCode.MALFORMED, "envelopes: of more than one query")
    if len({query.header.recipient for query in queries}) != len(queries):
        raise SymbolonError(ErrorCode.MALFORMED, "envelopes: two for one recipient")
