"""Reconciling files: each export is verified and its claims taken in the same pass, then all are compared.

Nobody's folder is needed. What is compared lies in a temporary file (`node.auditing.claims`) while it runs.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography import x509

from agreements.agreement import Agreement
from agreements.sentences import Sentence, said
from auditing.reconciliation import reconcile as compare
from auditing.reconciliation_claims import Reader
from auditing.reconciliation_logs import Clocks, Log
from auditing.reconciliation_outcome import Finding, Outcome
from auditing.sources import short
from ledger.entries import DamagedLogError, Entry
from ledger.exports import ExportedAgreement, ExportedEntry, ExportError, ExportHead, read_entries, read_lines
from ledger.notes import VerifierKey
from node.auditing.claims import ClaimStore
from node.auditing.sources import read_agreements
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from verifier.export import verify_export
from verifier.trust import Trust, TrustError, read_authority, read_key

FEWEST, MOST = 2, 60
_HUB = "symbolon://coordinator/"

_OTHERWISE = {"cosignatures: no --witness was given": "cosignatures: have symbolon-verify check them"}
"""What the verifier says of its own options, for which a reconciliation has none."""

_Take = Callable[[Entry, Mapping[str, str]], None]

Progress = Callable[[str, int, int], None]
"""Is told of a party how many entries were read, and how many there are."""


@dataclass(slots=True)
class _Export:
    """A file: its first line, the agreements in it, and the time of which its entries speak."""

    path: Path
    named: str
    head: ExportHead
    made_at: float
    agreements: Mapping[str, Agreement]
    since: float | None = None
    until: float = 0.0
    entries: int = 0

    @property
    def party(self) -> str:
        """Name its party."""
        return short(self.head.party)

    def follow(self, entry: Entry) -> None:
        """Take an entry."""
        moment = entry.time.timestamp()
        if not self.entries and self.head.first > 1:
            self.since = moment
        self.until = max(self.until, moment)
        self.entries += 1

    def log(self) -> Log:
        """Give of what time it speaks: to the moment it was made, if it goes to the end that the log had then."""
        return Log(self.party, self.since, max(self.until, self.made_at) if self.head.to_end else self.until)


@dataclass(frozen=True, slots=True)
class Given:
    """What the auditor brings: keys by the names of their logs, and the authority's certificate."""

    keys: Mapping[str, tuple[VerifierKey, ...]] = field(default_factory=dict)
    authority: x509.Certificate | None = None

    @classmethod
    def read(cls, keys: Iterable[str], authority: Path | None) -> Given:
        """Read keys, or files that hold one, and a certificate (PEM); raise `SymbolonError`."""
        try:
            read = [read_key(one if one.count("+") > 1 else Path(one).read_text("utf-8")) for one in keys]
            certificate = read_authority(authority.read_bytes()) if authority else None
        except TrustError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
        except (OSError, ValueError) as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"--key or --authority: {type(error).__name__}") from None
        return cls.of(read, certificate)

    @classmethod
    def of(cls, keys: Sequence[VerifierKey], authority: x509.Certificate | None) -> Given:
        """Take keys, each under the name of its log."""
        names = dict.fromkeys(one.name for one in keys)
        return cls({name: tuple(one for one in keys if one.name == name) for name in names}, authority)


def reconcile_files(files: Mapping[str, Path], given: Given, progress: Progress) -> tuple[Outcome, Clocks]:
    """Verify and compare exports; raise `SymbolonError` naming the file that cannot be used.

    ``files`` are the exports by how errors name them.
    """
    exports = [_headed(named, path) for named, path in files.items()]
    _check_parties([one.head.party for one in exports])
    secret = secrets.token_bytes(32)  # of this run alone, so that officers can be compared and not found out
    reader = Reader([one.party for one in exports], lambda name: hmac.digest(secret, name.encode(), "sha256").hex())
    outcome = Outcome()
    with ClaimStore() as store:
        for place, one in enumerate(exports):
            total = one.head.last - one.head.first + 1
            _load(
                one,
                given,
                outcome,
                lambda entry, opened, place=place: store.add(reader.claims(place, entry, opened)),  # type: ignore[misc]  # not inferred
                lambda count, one=one, total=total: progress(one.party, count, total),  # type: ignore[misc]  # not inferred
            )
        store.sort()
        outcome.logs = [one.log() for one in exports]
        agreements = {name: text for one in exports for name, text in one.agreements.items()}
        clocks = compare(outcome, agreements, store.groups)
    outcome.left_out.update(reader.left_out)
    return outcome, clocks


def _headed(named: str, path: Path) -> _Export:
    """Read what stands before the entries of a file."""
    agreements = []
    with _reading(named, path) as source:
        lines = read_lines(source)
        head = next(lines, None)
        if not isinstance(head, ExportHead):
            raise ExportError("the file is empty")
        made_at = _moment(head.made_at)
        for line in lines:
            if isinstance(line, ExportedEntry):
                break
            if isinstance(line, ExportedAgreement):
                agreements.append(line)
    return _Export(path, named, head, made_at, read_agreements(agreements))


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise ExportError("line 1: made_at is no moment") from None


def _check_parties(parties: Sequence[str]) -> None:
    detail = ""
    if not FEWEST <= len(parties) <= MOST:
        detail = f"expected {FEWEST} to {MOST} exports"
    elif len(set(parties)) < len(parties):
        detail = "two exports are of the same party"
    elif sum(one.startswith(_HUB) for one in parties) > 1:
        detail = "two exports are of coordinators, and a federation has one"
    elif not all(map(_is_compared, parties)):
        detail = "an export is neither of an agency nor of a coordinator"
    if detail:
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)


def _is_compared(party: str) -> bool:
    try:
        return Party.parse(party).kind in ("agency", "coordinator")
    except IdentityError:
        return False


def _load(one: _Export, given: Given, outcome: Outcome, take: _Take, progress: Callable[[int], None]) -> None:
    """Verify a file and take its entries in the same pass."""

    def follow(entry: Entry, opened: Mapping[str, str]) -> None:
        one.follow(entry)
        take(entry, opened)

    keys = given.keys.get(one.head.origin)
    if keys is None:
        outcome.not_checked[
            said("%(party)s: whether the key of its log is its own, which was not given", party=one.party)
        ] += 1
    with _reading(one.named, one.path) as source:
        if keys is None and not one.head.key:
            without = said("%(party)s: the signatures over its log, for which the export names no key", party=one.party)
            outcome.not_checked[without] += 1
            for entry, opened in read_entries(source):
                follow(entry, opened)
            return
        trust = Trust(keys or (read_key(one.head.key),), authority=given.authority)
        report = verify_export(source, trust, progress, follow)
    for finding in report.findings:
        text = said("%(party)s: %(what)s", party=one.party, what=Sentence(finding.text))
        outcome.add(Finding("verification", text, ((one.party, finding.entry),)))
    outcome.more += report.more
    for what, count in report.unchecked.items():
        outcome.not_checked[
            said("%(party)s: %(what)s", party=one.party, what=Sentence(_OTHERWISE.get(what, what)))
        ] += count


@contextmanager
def _reading(named: str, path: Path) -> Iterator[BinaryIO]:
    """Open a file; raise `SymbolonError` naming it where it cannot be used."""
    try:
        with path.open("rb") as source:
            yield source
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{named}: {type(error).__name__}") from None
    except (ExportError, DamagedLogError, TrustError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{named}: {error}") from None
