"""The asker's side: whom a question may be put to, and that no failure ever reads as "nothing"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from agreements.asking import REASONS
from agreements.decision import Decision, decide_asking, refused
from agreements.reading import parse_agreement
from agreements.standing import AgreementSet, Standing
from agreements.template import TEMPLATE
from matching.features import golden_digest, own_normaliser
from matching.keys import SealingKey, SigningKey
from matching.reply import ReplyContext, seal_reply, seal_reply_to_nobody
from matching.subject import parse_subject
from node.cases.messages import RequestsLeft
from node.directory.membership import Member
from node.queries.answers import INCONCLUSIVE, NOTHING, QUOTA_USED, Answer, Candidate, Left, encode_answer
from node.queries.justification import Justification
from node.queries.outcomes import Awaited, NodeOutcome, Outcome, read_delivery
from node.queries.plan import Question, check_question, facts_of, plan
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.envelope_pb2 import SealedReply
from symbolon.v1.relay_pb2 import DeliverResponse, DeliveryFailure

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FR, DE, GR = (f"symbolon://agency/{name}" for name in ("FR-DNMS", "DE-ZASM", "GR-YPAM"))
SIGNING, REPLY_KEY = SigningKey.generate(), SealingKey.generate()
AGREEMENT = parse_agreement(TEMPLATE)
AGREEMENTS = AgreementSet([Standing(AGREEMENT, frozenset(AGREEMENT.party_of), accepted=True)])
GOLDEN = golden_digest()
QUESTION = Question(
    parse_subject({"names": ["Giorgos Melanos"], "dob": ["1984-08-16"]}),
    "migrant_smuggling",
    "art. 25",
    "2026/117",
    "a.analyst",
    Justification(
        offence="migrant_smuggling", penalty_months=120, nature="ordinary", person_role="suspect", death_penalty="no"
    ),
)
ASKED = facts_of(QUESTION, FR, DE, NOW, AGREEMENT.hash)
OWN = decide_asking(AGREEMENTS, ASKED)


def member_at(uri: str, normaliser: str = own_normaliser(), golden: str = GOLDEN) -> Member:
    return Member(
        uri=uri,
        display_name=uri.rpartition("/")[2],
        signing_key=SIGNING.public_key().raw.hex(),
        sealing_key=SealingKey.generate().public_key().raw.hex(),
        normaliser=normaliser,
        golden_digest=golden,
        issued_at=1,
    )


def _awaited() -> Awaited:
    return Awaited(member_at(DE), ReplyContext(bytes(32), DE, FR), REPLY_KEY, ASKED, AGREEMENT)


def _left(today: int) -> Left:
    requests = RequestsLeft(day=NOW.date(), requests_today=50, emergencies_this_month=3)
    return Left(today=today, this_year=700, in_case=70, requests=requests)


def _told(answer: Answer, own: Decision = OWN) -> NodeOutcome:
    awaited = _awaited()
    reply = seal_reply(encode_answer(answer), REPLY_KEY.public_key(), awaited.context, SIGNING)
    return read_delivery(_delivery(reply), awaited, own, 1.0)


def _delivery(reply: bytes) -> DeliverResponse:
    return DeliverResponse(recipient=DE, reply=SealedReply(reply=reply))


@pytest.mark.parametrize("field", ["purpose", "legal_basis", "case_reference", "user"])
def test_a_question_without_its_reasons_is_not_put(field: str) -> None:
    with pytest.raises(SymbolonError, match=f"{field} is required") as caught:
        check_question(replace(QUESTION, **cast(dict[str, Any], {field: " "})))
    assert caught.value.code is ErrorCode.INVALID_INPUT


@pytest.mark.parametrize("field", ["legal_basis", "case_reference"])
@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "\ud800", "a" * 500])
def test_reasons_that_cannot_travel_are_refused_before_anybody_evaluates(field: str, value: str) -> None:
    with pytest.raises(SymbolonError, match=field) as caught:
        check_question(replace(QUESTION, **cast(dict[str, Any], {field: value})))
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert value not in str(caught.value)


@pytest.mark.parametrize("field", ["offence", "penalty_months", "nature", "person_role"])
def test_a_question_that_does_not_say_what_every_agreement_needs_is_not_put(field: str) -> None:
    silent = QUESTION.justification.model_copy(update={field: getattr(Justification(), field)})
    with pytest.raises(SymbolonError, match=f"{field} is required"):
        check_question(replace(QUESTION, justification=silent))


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"offence": "arson"}, "offences.categories"),
        ({"penalty_months": 11}, "offences.minimum_penalty_months"),
        ({"nature": "political"}, "offences.barred_natures"),
        ({"person_role": "victim"}, "person_roles"),
        ({"death_penalty": "unknown"}, "death_penalty"),
    ],
)
def test_whom_the_agreement_does_not_let_be_asked_is_not_and_the_analyst_reads_why(
    change: dict[str, Any], clause: str
) -> None:
    question = replace(QUESTION, justification=QUESTION.justification.model_copy(update=change))
    planned, not_asked = plan(question, AGREEMENTS, FR, {DE: member_at(DE)}, NOW)
    assert planned == ()
    assert [(one.outcome, one.explanation) for one in not_asked] == [(Outcome.NOT_ASKED, REASONS[clause])]


@pytest.mark.parametrize(
    ("row", "enough"),
    [
        ({"names": ["Giorgos Melanos"]}, True),
        ({"names": ["Melanos"], "dob": ["1984"]}, True),
        ({"names": ["Melanos"], "documents": [{"type": "passport", "country": "GR", "number": "A1"}]}, True),
        ({"names": ["Melanos"]}, False),
        ({"names": ["Melanos"], "nationality": ["GR"]}, False),
    ],
)
def test_two_of_given_name_family_name_and_birth_date_are_needed(row: dict[str, Any], enough: bool) -> None:
    question = replace(QUESTION, subject=parse_subject(row))
    if enough:
        check_question(question)
        return
    with pytest.raises(SymbolonError) as caught:
        check_question(question)
    assert caught.value.code is ErrorCode.QUERY_TOO_THIN


def test_only_members_under_an_agreement_are_asked_and_the_others_are_told_of() -> None:
    members = {DE: member_at(DE), GR: member_at(GR)}
    planned, not_asked = plan(QUESTION, AGREEMENTS, FR, members, NOW)
    assert [one.member.uri for one in planned] == [DE]
    assert [(one.member, one.outcome) for one in not_asked] == [(GR, Outcome.NOT_ASKED)]
    assert "no agreement" in not_asked[0].explanation


@pytest.mark.parametrize("other", [member_at(DE, "older"), member_at(DE, golden="00" * 32)])
def test_a_member_with_another_normaliser_is_not_asked_since_it_would_miss_silently(other: Member) -> None:
    planned, not_asked = plan(QUESTION, AGREEMENTS, FR, {DE: other}, NOW)
    assert planned == ()
    assert (not_asked[0].outcome, not_asked[0].outcome.answered) == (Outcome.REFUSED, False)


def test_somebody_who_is_no_member_is_an_error_and_no_outcome() -> None:
    with pytest.raises(SymbolonError, match="no such member"):
        plan(replace(QUESTION, recipients=(GR,)), AGREEMENTS, FR, {DE: member_at(DE)}, NOW)


def test_a_hit_is_read_and_cut_to_the_level_this_side_allows() -> None:
    one = Candidate(reference="R" * 16, band="strong")
    told = Answer(level=2, candidates=(one,), contact="desk@zasm.example", left=_left(7))
    assert _told(told).answer == told
    assert _told(told, replace(OWN, level=1, maximum_candidates=0)).answer == Answer(level=1, left=_left(7))
    many = told.model_copy(update={"candidates": (one,) * 6})
    assert _told(many, replace(OWN, maximum_candidates=2)).answer.candidates == (one, one)


@pytest.mark.parametrize("said", [NOTHING, Answer(level=1), INCONCLUSIVE, QUOTA_USED], ids=str)
def test_an_answer_under_an_agreement_that_lapsed_meanwhile_is_discarded_and_never_nothing(said: Answer) -> None:
    outcome = _told(said, refused("in_force"))
    assert (outcome.outcome, outcome.answer) == (Outcome.LAPSED, INCONCLUSIVE)
    assert not outcome.outcome.answered
    assert "suspended, ended or replaced" in outcome.explanation


@pytest.mark.parametrize(("left", "way_out"), [(0, "tomorrow (UTC)"), (3, "in this case")])
def test_a_quota_that_is_used_up_is_told_with_the_way_out_and_never_nothing(left: int, way_out: str) -> None:
    outcome = _told(QUOTA_USED.model_copy(update={"left": _left(left)}))
    assert (outcome.outcome, outcome.outcome.answered) == (Outcome.QUOTA_USED, False)
    assert way_out in outcome.explanation
    assert "another agreement" in outcome.explanation


@pytest.mark.parametrize(("left", "why"), [(7, "not enrolled whole"), (None, "its text of it is another")])
def test_who_reads_inconclusive_reads_whether_it_is_the_agreement(left: int | None, why: str) -> None:
    outcome = _told(INCONCLUSIVE.model_copy(update={"left": None if left is None else _left(left)}))
    assert (outcome.outcome, why in outcome.explanation) == (Outcome.INCONCLUSIVE, True)
    assert "is not excluded" in outcome.explanation


def test_nothing_is_said_only_of_a_reply_that_says_so() -> None:
    outcome = _told(NOTHING)
    assert (outcome.outcome, outcome.explanation) == (Outcome.NOTHING, "")
    assert _told(INCONCLUSIVE).outcome is Outcome.INCONCLUSIVE


def _forged() -> list[bytes]:
    awaited = _awaited()
    other_query = ReplyContext(b"\x01" * 32, DE, FR)
    other_holder = ReplyContext(bytes(32), GR, FR)
    honest = seal_reply(encode_answer(NOTHING), REPLY_KEY.public_key(), awaited.context, SIGNING)
    return [
        b"",
        b"garbage",
        honest[:-1],
        honest[:-1] + bytes([honest[-1] ^ 1]),
        seal_reply_to_nobody(awaited.context, SIGNING),
        seal_reply(encode_answer(NOTHING), REPLY_KEY.public_key(), awaited.context, SigningKey.generate()),
        seal_reply(encode_answer(NOTHING), REPLY_KEY.public_key(), other_query, SIGNING),
        seal_reply(encode_answer(NOTHING), REPLY_KEY.public_key(), other_holder, SIGNING),
        seal_reply(b"{}x", REPLY_KEY.public_key(), awaited.context, SIGNING),
        seal_reply(b'{"level":9}', REPLY_KEY.public_key(), awaited.context, SIGNING),
    ]


@pytest.mark.parametrize("reply", _forged(), ids=range(10))
def test_a_reply_that_does_not_verify_is_never_nothing(reply: bytes) -> None:
    outcome = read_delivery(_delivery(reply), _awaited(), OWN, 1.0)
    assert outcome.outcome is Outcome.INVALID_REPLY
    assert "not excluded" in outcome.explanation


@pytest.mark.parametrize("failure", [*DeliveryFailure.values(), 99])
def test_a_delivery_that_failed_is_never_nothing(failure: int) -> None:
    delivery = DeliverResponse(recipient=DE, failure=failure, error_code="epoch_mismatch")  # type: ignore[arg-type]
    outcome = read_delivery(delivery, _awaited(), OWN, 1.0)
    assert not outcome.outcome.answered
    assert outcome.explanation


def test_a_delivery_without_any_outcome_is_never_nothing() -> None:
    assert not read_delivery(DeliverResponse(recipient=DE), _awaited(), OWN, 1.0).outcome.answered


@pytest.mark.parametrize(("code", "said"), [("epoch_mismatch", "epochs differ"), ("<b>x</b>", "refused the query")])
def test_a_refusal_is_told_in_the_catalogue_s_words_and_never_in_the_other_side_s(code: str, said: str) -> None:
    delivery = DeliverResponse(recipient=DE, failure=DeliveryFailure.DELIVERY_FAILURE_REFUSED, error_code=code)
    outcome = read_delivery(delivery, _awaited(), OWN, 1.0)
    assert outcome.outcome is Outcome.REFUSED
    assert said in outcome.explanation
    assert "<b>" not in outcome.explanation
