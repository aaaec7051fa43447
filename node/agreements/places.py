"""Which place a text would take among the agreements of a node: what keeps it from being accepted, and what to mind.

Pure. That a text has its place says nothing of its signatures (``node.agreements.bundles``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from agreements.agreement import Agreement
from agreements.difference import differences
from agreements.standing import AgreementSet, Standing

_NAMES = frozenset({"id", "version", "supersedes"})
"""What two texts that say the same may differ in."""


def hindrance(agreement: Agreement, accepted: Mapping[int, bytes], today: date) -> str:
    """Say why a text can never be accepted beside these versions of it, and the way out; empty where it can be."""
    if agreement.validity.until < today:
        return f"its validity is over since {agreement.validity.until}: all parties sign a text with a later last day"
    latest = max(accepted, default=0)
    if latest >= agreement.version and accepted.get(agreement.version) != agreement.hash:
        return (
            f"version {latest}, of another text, is accepted here: to amend it, make this version {latest + 1}"
            f" and put {accepted[latest].hex()} into supersedes"
        )
    before = accepted.get(agreement.version - 1)
    if before is not None and before.hex() != agreement.supersedes:
        return f"it supersedes another text than the version accepted here: put {before.hex()} into supersedes"
    return ""


def missing_before(agreement: Agreement, accepted: Mapping[int, bytes]) -> str:
    """Say which version has to be accepted before this one; empty where none has."""
    is_missing = agreement.version > 1 and agreement.version - 1 not in accepted
    return f"accept version {agreement.version - 1} first" if is_missing else ""


def accepted_of(agreements: AgreementSet, agreement_id: str) -> dict[int, bytes]:
    """Give the versions of an agreement that are accepted, with their hashes."""
    return {
        one.agreement.version: one.agreement.hash for one in agreements if _is_of(one, agreement_id) and one.accepted
    }


def cautions(agreement: Agreement, agreements: AgreementSet, agency: str, *, to_sign: bool) -> tuple[str, ...]:
    """Say what to mind before this agency signs or accepts a text, beside those it has."""
    before = missing_before(agreement, accepted_of(agreements, agreement.id)) if to_sign else ""
    return (
        *_of_the_same_text(agreement, agreements, agency, to_sign),
        *_of_other_texts(agreement, agreements, agency),
        *([f"{before}, or accept this one as an agency that joins (--acceding)"] if before else []),
        *_of_twins(agreement, agreements),
    )


def _of_the_same_text(agreement: Agreement, agreements: AgreementSet, agency: str, to_sign: bool) -> tuple[str, ...]:
    own = agreements.find(agreement.hash)
    if own is not None and own.accepted:
        return ("this very text is accepted here already: nothing changes",)
    if own is not None and agency in own.signed_by and to_sign:
        return (f"{agency} has signed this very text already: its signature is kept and not made again",)
    return ()


def _of_other_texts(agreement: Agreement, agreements: AgreementSet, agency: str) -> tuple[str, ...]:
    others = [
        one.agreement.hash.hex()
        for one in agreements
        if _is_of(one, agreement.id)
        and one.agreement.version == agreement.version
        and one.agreement.hash != agreement.hash
        and agency in one.signed_by
    ]
    return tuple(
        f"{agency} has signed another text of version {agreement.version} already ({other[:8]}), and only one of them"
        " can be accepted: agree with all parties which one, and see what differs with symbolon agreement diff"
        for other in others
    )


def _of_twins(agreement: Agreement, agreements: AgreementSet) -> tuple[str, ...]:
    twins = (one.agreement for one in agreements if one.agreement.id != agreement.id and one.accepted)
    return tuple(
        f"it says the same as {one.id} v{one.version} ({one.hash.hex()[:8]}), which is accepted here: to amend"
        " that one, keep its id; two agreements are suspended and ended each by itself"
        for one in twins
        if {found.place for found in differences(one, agreement)} <= _NAMES
    )


def _is_of(standing: Standing, agreement_id: str) -> bool:
    return standing.agreement.id == agreement_id
