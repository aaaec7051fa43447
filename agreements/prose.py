"""An agreement as people read it: clause by clause, with what it means in practice."""

from __future__ import annotations

from agreements.agreement import Agreement

_LEVELS = {
    0: "nothing",
    1: "whether there is a hit",
    2: "whether there is a hit, and then its reference, match quality and whom to ask",
}


def render(agreement: Agreement) -> str:
    """Give the agreement as text."""
    askers = [party.agency for party in agreement.parties if "asks" in party.roles]
    holders = [party.agency for party in agreement.parties if "holds" in party.roles]
    purposes = ", ".join(purpose.replace("_", " ") for purpose in sorted(agreement.purposes))
    answer = agreement.answer
    lines = [
        f"{agreement.title} ({agreement.id}, version {agreement.version})",
        f"Legal basis: {agreement.legal_basis}",
        f"Fingerprint: {agreement.hash.hex()}",
        "",
        f"1. Parties. {_list(askers)} may ask. {_list(holders)} answer from their own lists.",
        *(f"   {party.agency}: contact {party.contact}" for party in agreement.parties),
        f"2. Purposes. Only for: {purposes}. Each query names its legal basis and a case.",
        f"3. Validity. From {agreement.valid_from} to {agreement.valid_until}, both days included (UTC).",
        f"4. Answer. At once and at most: {_LEVELS[answer.maximum]}.",
        f"   A hit is told when the full comparison gives a probability of {answer.hit_score:.2f} or more,",
        f"   its reference from {answer.reference_score:.2f}; at most {agreement.maximum_candidates} candidates.",
        "5. Shown to nobody else. A node can open a query only when one of its records shares",
        f"   {agreement.bit_budget:g} bits of identifying information with it; all others learn nothing of the person.",
    ]
    return "\n".join(lines)


def _list(agencies: list[str]) -> str:
    return ", ".join(agencies) if agencies else "Nobody"
