"""The agreements: their texts have the hash that was logged, and the signatures under them hold.

The texts stand in the export, or the auditor brings them; an agreement is known by its hash alone, so either will do.
Signatures are checked against the authority that the auditor brings, as a node does when it accepts an agreement.
"""

from __future__ import annotations

import json
from typing import Any

from cryptography import x509

from agreements import signing
from agreements.agreement import Agreement
from agreements.reading import AgreementFormatError, read_canonical
from ledger.exports import ExportedAgreement
from verifier.report import Report
from verifier.trust import Trust

MOST_AGREEMENTS = 10_000
"""Agreements that are read of one export."""


class AgreementChecker:
    """Knows the agreements of an export; who signed each is in `signers`."""

    def __init__(self, trust: Trust, report: Report) -> None:
        """Begin with what the auditor brings."""
        self._trust = trust
        self._report = report
        self._known = dict(trust.agreements)
        self._given: set[str] = set()
        self._signers: dict[str, frozenset[str]] = {}

    def find(self, agreement_hash: str) -> Agreement | None:
        """Give an agreement by its hash."""
        return self._known.get(agreement_hash)

    def signers(self, agreement_hash: str) -> frozenset[str] | None:
        """Give who signed an agreement; nothing where the export does not say."""
        return self._signers.get(agreement_hash)

    def take(self, line: ExportedAgreement) -> None:
        """Check an agreement of the export."""
        named = f"agreement {line.hash[:16]}"
        if line.hash in self._given or len(self._given) >= MOST_AGREEMENTS:
            self._report.find(f"The export has {named} twice, or too many agreements.")
            return
        self._given.add(line.hash)
        agreement = _read(line)
        if agreement is None:
            self._report.find(f"The text given for {named} is no agreement of that hash.")
            return
        self._known[line.hash] = agreement
        self._check_signatures(agreement, line)
        self._report.checked["agreements"] += 1

    def _check_signatures(self, agreement: Agreement, line: ExportedAgreement) -> None:
        authority = self._trust.authority
        if authority is None:
            claimed = (_claimed(one) for one in line.signatures)
            self._signers[line.hash] = frozenset(one for one in claimed if one in agreement.party_of)
            self._report.unchecked["signatures of agreements: no --authority was given"] += 1
            return
        signed = frozenset(filter(None, (self._signer(agreement, one, authority) for one in line.signatures)))
        self._signers[line.hash] = signed
        missing = sorted(agreement.party_of.keys() - signed)
        if missing:
            self._report.find(f"{name_of(agreement)} has no valid signature of {', '.join(missing)}.")

    def _signer(self, agreement: Agreement, values: Any, authority: x509.Certificate) -> str | None:
        """Give the party whose signature this is, if it holds and is of this agreement."""
        try:
            declared = signing.verify(signing.SignedDeclaration.model_validate(values), authority)
        except ValueError:  # of which those of pydantic and of declarations are
            self._report.find(f"A signature under {name_of(agreement)} does not hold.")
            return None
        if (declared.kind, declared.agreement) != ("signs", agreement.hash.hex()):
            self._report.find(f"A signature under {name_of(agreement)} is of another text or statement.")
            return None
        return declared.agency if declared.agency in agreement.party_of else None


def name_of(agreement: Agreement) -> str:
    """Name an agreement in a sentence."""
    return f"agreement {agreement.id} v{agreement.version}"


def _read(line: ExportedAgreement) -> Agreement | None:
    try:
        agreement = read_canonical(json.loads(line.document))
        is_this = agreement.canonical == line.document.encode() and agreement.hash.hex() == line.hash
    except (AgreementFormatError, ValueError, RecursionError):
        return None
    return agreement if is_this else None


def _claimed(values: Any) -> str:
    try:
        agency = values["declaration"]["agency"]
    except (TypeError, KeyError):
        return ""
    return agency if isinstance(agency, str) else ""
