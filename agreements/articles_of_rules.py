"""On which article of the text a rule of a decision rests, so that people can read up why something is not told.

The articles are those of `agreements.prose`, by their number there; which rules there are is in ``agreements.rules``.
"""

from __future__ import annotations

from agreements.agreement import Agreement
from agreements.prose import articles

_ARTICLES: tuple[tuple[str, str], ...] = (
    ("parties.", "Parties"),
    ("in_force", "Validity and end"),
    ("agreed", "Validity and end"),
    ("purposes", "What may be asked"),
    ("legal_basis.given", "What may be asked"),
    ("case.given", "What may be asked"),
    ("user.given", "What may be asked"),
    ("offences.", "What may be asked"),
    ("record.nature", "What may be asked"),
    ("person_roles", "Persons and records"),
    ("record_categories", "Persons and records"),
    ("record.", "Persons and records"),
    ("answer.", "Answer at once"),
    ("release.", "Release after a reasoned request"),
    ("scores", "Release after a reasoned request"),
    ("approval", "Release after a reasoned request"),
    ("quotas.", "Quotas"),
    ("protection.", "Protected persons"),
    ("discreet_hits", "Discreet checks"),
    ("death_penalty", "Death penalty"),
    ("handling.", "Handling"),
    ("action.flag", "Handling"),
    ("emergency.", "Emergency"),
    ("joint_team", "Joint team"),
)
"""How a rule's name begins, or the whole of it, and the heading of its article; the first that fits counts."""


def article_of(rule: str, agreement: Agreement) -> int:
    """Give the number of the article a rule rests on; 0 for a rule that is of no agreement."""
    heading = next((heading for start, heading in _ARTICLES if rule.startswith(start)), "")
    headings = [article.heading.text for article in articles(agreement)]
    return headings.index(heading) + 1 if heading else 0
