"""What an answer says inside its seal: the level, and at level 2 the candidates and whom to ask.

One encoding for all: "nothing" is the answer of level 0, and whether that means no match, no permission or a query that
could not be read is not in it. Where a match is not excluded (the list is not enrolled whole, or the query could not be
examined) the answer is not ``conclusive``. A partner that has used up its quota is told so, since that says nothing of
any record; what it has left is in every answer under an agreement. So is a partner that asks while this node discloses
nothing. The seal pads every answer to one size
(`matching.reply`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from agreements.codes import HandlingCode
from matching.errors import EncodingError
from matching.reply import REPLY_CONTENT_BYTES
from matching.scoring import Band
from node.cases.messages import Reference, RequestsLeft

MAX_LEVEL = 2
"""Highest level that is answered at once; more needs people on both sides."""

MOST_CANDIDATES = 20
"""Candidates of one answer; an agreement allows no more."""

MOST_REASONS = 100
"""Reasons of one candidate that are read."""

_CLOSED = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("not a printable line")
    return text


_Line = Annotated[str, StringConstraints(max_length=600), AfterValidator(_printable)]

MOST_OF_CONTACT = 200
"""Characters of a contact point: as many as the setting `contact` of a node may have."""


_Repeat = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{32})?$")]


class Candidate(BaseModel):
    """A record that may be the person asked for; ``reference`` is the holder's, for the follow-up.

    ``repeat`` is equal where the same record, unchanged, answers the same query in the same case again
    (`node.queries.repeats`); empty from a holder that gives none. ``code`` is the handling code of this record's owner
    where it is stricter than the agreement's, which always binds.
    """

    model_config = _CLOSED

    reference: Reference
    band: Band
    reasons: tuple[_Line, ...] = Field(default=(), max_length=MOST_REASONS)
    code: HandlingCode | Literal[""] = ""
    repeat: _Repeat = ""


_Left = Annotated[int, Field(ge=0, le=10**9)]


class Left(BaseModel):
    """What the asker may still ask under the agreement: queries today, this year and in this case, and requests."""

    model_config = _CLOSED

    today: _Left
    this_year: _Left
    in_case: _Left
    requests: RequestsLeft


class Answer(BaseModel):
    """A holder's answer: level 0 says nothing, 1 says that there is a hit, 2 says which and whom to ask.

    ``refusal`` says why nothing was even looked up, ``left`` how much the asker may still ask.
    """

    model_config = _CLOSED

    level: int = Field(default=0, ge=0, le=MAX_LEVEL)
    candidates: tuple[Candidate, ...] = Field(default=(), max_length=MOST_CANDIDATES)
    contact: _Line = Field(default="", max_length=MOST_OF_CONTACT)
    conclusive: bool = True
    refusal: Literal["", "quota", "stopped"] = ""
    left: Left | None = None

    @model_validator(mode="after")
    def _says_no_more_than_its_level(self) -> Self:
        if self.level < MAX_LEVEL and (self.candidates or self.contact):
            raise ValueError("an answer says more than its level allows")
        if self.refusal and (self.level or self.conclusive):
            raise ValueError("a refusal says nothing of a match")
        return self


NOTHING = Answer()
INCONCLUSIVE = Answer(conclusive=False)
"""Nothing found, but a match is not excluded."""
QUOTA_USED = Answer(conclusive=False, refusal="quota")
"""Nothing was looked up: the asker has put as many queries as the agreement allows."""
STOPPED = Answer(conclusive=False, refusal="stopped")
"""Nothing was looked up: this node discloses nothing at present (`node.disclosing`)."""


def encode_answer(answer: Answer) -> bytes:
    """Give the canonical bytes; reasons, from the last candidate on, give way until `REPLY_CONTENT_BYTES` suffice.

    No candidate does: what was noted as told has to be told. As many as may be, without reasons, always fit.
    """
    for shortened in _ever_shorter(answer):
        content = rfc8785.dumps(shortened.model_dump(mode="json"))
        if len(content) <= REPLY_CONTENT_BYTES:
            return content
    raise ValueError("an answer within its bounds does not fit a reply")


def decode_answer(content: bytes) -> Answer:
    """Read the bytes; raise `EncodingError` on anything that is no answer, and on content above its level."""
    try:
        return Answer.model_validate_json(content)
    except ValidationError:
        raise EncodingError("the reply's content is not an answer, or above its level") from None


def _ever_shorter(answer: Answer) -> Iterator[Answer]:
    full = answer.candidates
    bare = tuple(candidate.model_copy(update={"reasons": ()}) for candidate in full)
    for explained in range(len(full), -1, -1):
        yield answer.model_copy(update={"candidates": full[:explained] + bare[explained:]})
