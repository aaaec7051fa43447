"""What a person decides about the directory: that entries count, or that a dispute is settled; the log has it first."""

from __future__ import annotations

from ledger.log import Ledger
from node.config import NodeHome
from node.directory.copy import DirectoryFile
from node.directory.membership import sole_writer
from node.directory.recording import directory_accepted
from node.directory.trust import DirectoryCopy, settle_up_to
from symbolon.rpc.errors import ErrorCode, SymbolonError


def opened_directory(node: NodeHome) -> tuple[DirectoryFile, DirectoryCopy]:
    """Open the copy of the directory; raise `SymbolonError` (`NOT_JOINED`) where there is none."""
    if not node.directory_path.exists():
        raise SymbolonError(ErrorCode.NOT_JOINED)
    file = DirectoryFile(node.directory_path)
    return file, file.load()


def accept_entries(node: NodeHome, ledger: Ledger, number: int, user: str, reason: str) -> None:
    """Let the entries up to a number count; raise `SymbolonError` (`NOT_FOUND`) where that one does not wait."""
    with sole_writer(node.federation_path):
        file, copy = opened_directory(node)
        if not copy.settled.size < number <= copy.size:
            raise SymbolonError(ErrorCode.NOT_FOUND, f"no entry {number} waits; {copy.settled.size} are settled")
        settled = settle_up_to(copy, number)
        fingerprint = copy.entries[number - 1].leaf_hash.hex()
        directory_accepted(ledger, "entries", number, fingerprint, user, reason)
        file.store(settled)


def settle_dispute(node: NodeHome, ledger: Ledger, number: int, user: str, reason: str) -> int:
    """Close a dispute and give how many are open; raise `SymbolonError` (`NOT_FOUND`) where there is none."""
    with sole_writer(node.federation_path):
        file, _ = opened_directory(node)
        kept = {one.number: one for one in file.disputes()}
        if number not in kept:
            raise SymbolonError(ErrorCode.NOT_FOUND, f"dispute {number}")
        directory_accepted(ledger, "dispute", number, kept[number].evidence.digest, user, reason)
        file.settle_dispute(number)
    return sum(not one.is_settled for one in file.disputes())
