"""An agreement as people read it: clause by clause, and what each means in practice.

The text says everything the document says and nothing else; a test looks every clause up in it. Words are plain, and
whatever a node does by itself, as when something is unknown, is said where it matters. It is made of sentences in parts
(`agreements.sentences`), so that it can be read in any language; what is signed is the document.
"""

from __future__ import annotations

from agreements import prose_of_questions, prose_of_releases
from agreements.agreement import Agreement
from agreements.prose_words import Article, wrapped

WIDTH = 100
"""Characters of a line of the text, where words allow."""


def render(agreement: Agreement) -> str:
    """Give the agreement as text, in English."""
    head = [
        f"{agreement.title} ({agreement.id}, version {agreement.version})",
        f"Legal basis: {agreement.legal_basis}",
        f"Supersedes: {agreement.supersedes or 'nothing, this is the first version'}",
        f"Fingerprint: {agreement.hash.hex()}",
    ]
    numbered = [_numbered(number, article) for number, article in enumerate(articles(agreement), 1)]
    return "\n".join([*head, *(line for lines in numbered for line in lines)])


def articles(agreement: Agreement) -> tuple[Article, ...]:
    """Give the articles in order."""
    return (
        prose_of_questions.parties(agreement),
        prose_of_questions.validity(agreement),
        prose_of_questions.questions(agreement),
        prose_of_questions.persons(agreement),
        prose_of_questions.answer(agreement),
        prose_of_releases.release(agreement),
        prose_of_questions.quotas(agreement),
        prose_of_releases.protection(agreement),
        prose_of_releases.discreet(agreement),
        prose_of_releases.penalty(agreement),
        prose_of_releases.handling(agreement),
        prose_of_releases.emergency(agreement),
        prose_of_releases.team(agreement),
        prose_of_releases.always(),
    )


def _numbered(number: int, article: Article) -> list[str]:
    lines = ["", f"{number}. {article.heading}"]
    for sentence in article.agreed:
        lines += wrapped(str(sentence), WIDTH, "   ")
    if article.practice:
        lines.append("   In practice:")
    for sentence in article.practice:
        lines += wrapped(f"- {sentence}", WIDTH, "   ", "     ")
    return lines
