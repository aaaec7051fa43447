"""What the auditor's calls work on: one party's log, its index, its keys, the keys certified for others, agreements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger.checkpoints import ledger_origin
from ledger.exports import ExportedAgreement
from ledger.log import Ledger
from ledger.notes import VerifierKey
from ledger.reading import LedgerReader
from matching.keys import SigningKey, SigningPublicKey
from node.auditing.index import LogIndex

INDEX_FILE = "log-index.db"


@dataclass(frozen=True)
class AuditedHouse:
    """The parts; ``folder`` is the node's own room for the index, uploads and results, emptied at each start.

    ``authority`` is the file of the federation's certificate (PEM), by which statements on agreements are checked.
    ``certified`` gives the signing keys of other parties by URI, ``agreements`` those that the node keeps.
    """

    party: str
    log: Ledger
    log_path: Path
    folder: Path
    signing: SigningKey
    certified: Callable[[], Mapping[str, SigningPublicKey]]
    agreements: Callable[[], tuple[ExportedAgreement, ...]]
    authority: Path | None = None

    @property
    def origin(self) -> str:
        """Name the log."""
        return ledger_origin(self.party)

    @property
    def key(self) -> VerifierKey:
        """Give the verifier key of the log."""
        return VerifierKey(self.origin, self.signing.public_key())

    def index(self) -> LogIndex:
        """Give the index over the log."""
        return LogIndex(self.folder / INDEX_FILE, LedgerReader(self.log_path))
