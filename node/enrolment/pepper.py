"""Whether an index was made under this node's pepper: under another one nobody is found, and nothing looks wrong.

The index keeps HMAC-SHA256(pepper, enc("symbolon/v1/pepper-check", responder)), written when an enrolment begins.
Serving and enrolling refuse when it differs. To a thief of the index it says nothing of a pepper of 32 random bytes.
"""

from __future__ import annotations

from hmac import compare_digest, digest

from matching.encoding import encode
from node.enrolment.index import IndexStore
from symbolon.rpc.errors import ErrorCode, SymbolonError


def check_pepper(index: IndexStore, pepper: bytes, responder: str) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) when records are enrolled under another pepper or another name."""
    kept = index.pepper_check()
    if kept is None or compare_digest(kept, _check_value(pepper, responder)):
        return
    if next(index.markers(), None) is None:  # nothing would be missed
        return
    detail = (
        "keys/pepper.key is not the pepper, or agency not the name, that data/index.db was made with, so every record"
        " would be missed: restore it from its backup, or stop the node, delete data/index.db with its -wal and -shm"
        " and run symbolon node enrol"
    )
    raise SymbolonError(ErrorCode.INVALID_INPUT, detail)


def claim_index(index: IndexStore, pepper: bytes, responder: str) -> None:
    """Check the pepper as `check_pepper` does, and note it in the index before entries are made under it."""
    check_pepper(index, pepper, responder)
    index.keep_pepper_check(_check_value(pepper, responder))


def _check_value(pepper: bytes, responder: str) -> bytes:
    return digest(pepper, encode("symbolon/v1/pepper-check", responder), "sha256")
