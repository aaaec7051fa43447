"""The holder's side: hits are told, and everything else is one silence (T6, T16, T18, T19, T20, T27)."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agreements.facts import RecordRules
from agreements.reading import parse_agreement
from agreements.template import TEMPLATE
from matching.envelope import open_query, seal_query
from matching.errors import ProtocolError
from matching.keys import SigningKey
from matching.lockbox import SizeClass
from matching.reply import REPLY_BYTES
from node.disclosing import LOG_NOT_WRITABLE, NOT_WITNESSED
from node.enrolment import index
from node.queries import opened_records
from node.queries.answers import INCONCLUSIVE, NOTHING, STOPPED
from node.queries.examination import MAX_COMPARED, write_payload
from node.queries.recording import ENTRIES_OF_QUERY
from node.records import rules as record_rules
from node.records.importing import import_file
from node.records.rows import Record
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit import kept_files
from tests.unit.holder import Asking, Holder, holder, person

MELANOS: dict[str, Any] = {
    "names": ["Giorgos Melanos"],
    "dob": ["1984-08-16"],
    "nationality": ["GR"],
    "gender": "M",
}
ASKED = person(**MELANOS)
STRANGER = person(names=["Tatsuo Kirimori"], dob=["1961-02-03"], nationality=["JP"])
ROWS = "\n".join(
    json.dumps(row)
    for row in (
        {"record_id": "DE-1", "names": ["MELANOS Georgios"], "dob": ["1984-08-16"], "nationality": ["GR"]},
        {"record_id": "DE-2", "names": ["Ilse Brandhorst"], "dob": ["1970-01-02"], "nationality": ["DE"]},
    )
)


@pytest.fixture
def zasm(tmp_path: Path) -> Iterator[Holder]:
    with holder(tmp_path, ROWS) as opened:
        yield opened


async def test_a_match_is_told_with_reference_quality_and_contact_and_no_record_value(zasm: Holder) -> None:
    answer = await zasm.ask(Asking(ASKED))
    assert (answer.level, answer.contact) == (2, "desk@zasm.example")
    (candidate,) = answer.candidates
    assert candidate.band == "strong"
    told = json.dumps(answer.model_dump())
    for value in ("DE-1", "MELANOS", "Georgios", "1984"):
        assert value not in told


async def test_each_step_of_a_hit_is_in_the_log_and_nothing_personal(zasm: Holder) -> None:
    answer = await zasm.ask(Asking(ASKED))
    assert zasm.kinds() == ["query_received", "query_opened", "query_answered"]
    for entry in zasm.ledger.entries():
        for value in (b"Melanos", b"DE-1", b"2026/117", answer.candidates[0].reference.encode()):
            assert value not in entry.body
    (hits,) = (one for one in zasm.ledger.openings(2) if one.name == "hits")
    assert json.loads(hits.value) == [{"record_id": "DE-1", "reference": answer.candidates[0].reference}]


async def test_a_stranger_learns_nothing_and_nothing_is_opened(zasm: Holder) -> None:
    assert await zasm.ask(Asking(STRANGER)) == NOTHING
    assert zasm.logged("query_opened") == []
    assert zasm.logged("query_answered")[0].event.model_dump()["trace"] == ("nothing opened",)


async def test_tokens_of_one_person_beside_the_data_of_another_are_fishing(zasm: Holder) -> None:
    assert await zasm.ask(Asking(ASKED, payload=write_payload(STRANGER))) == NOTHING
    assert [entry.event.model_dump()["reason"] for entry in zasm.logged("query_refused")] == ["fishing"]


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"[" * 3000, b'{"names": 5}', b"\xff" * 9, b'{"names":["A"]}x'])
async def test_a_payload_that_is_no_subject_is_fishing(zasm: Holder, payload: bytes) -> None:
    assert await zasm.ask(Asking(ASKED, payload=payload)) == NOTHING
    assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "fishing"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"header": {"purpose": "terrorism"}}, "not_allowed"),
        ({"header": {"agreement_id": "another"}}, "agreement_not_ours"),
        ({"body": {"agreement_hash": bytes(32)}}, "agreement_not_ours"),
        ({"body": {"legal_basis": " "}}, "not_allowed"),
        ({"body": {"case_reference": " "}}, "not_allowed"),
    ],
)
async def test_what_no_agreement_allows_is_not_even_opened(zasm: Holder, changes: dict[str, Any], reason: str) -> None:
    assert await zasm.ask(Asking(ASKED, **changes)) == INCONCLUSIVE, "it was not looked up, so it is not nothing"
    assert zasm.logged("query_opened") == []
    assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == reason


async def test_level_one_tells_that_there_is_a_hit_and_no_more(tmp_path: Path) -> None:
    # The bit budget and the hash are those of the agreement both sides hold, so the asker's copy changes too.
    text = TEMPLATE.replace("maximum = 2 ", "maximum = 1 ")
    with holder(tmp_path, ROWS, text) as opened:
        answer = await opened.ask(Asking(ASKED))
    assert (answer.level, answer.candidates, answer.contact) == (1, (), "")


async def test_an_envelope_is_answered_once(zasm: Holder) -> None:
    query, reply_key = zasm.envelope(Asking(ASKED))
    first = await zasm.responder.answer(query.to_bytes())
    second = await zasm.responder.answer(query.to_bytes())
    assert zasm.read(first, query, reply_key).level == 2
    with pytest.raises(ProtocolError):
        zasm.read(second, query, reply_key)
    assert len(first) == len(second) == REPLY_BYTES
    assert [entry.event.model_dump()["reason"] for entry in zasm.logged("query_refused")] == ["replayed"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda sent: sent[:-1], "malformed_envelope"),
        (lambda sent: b"", "malformed_envelope"),
        (lambda sent: sent + b"x", "malformed_envelope"),
        (lambda sent: sent[:-80] + bytes([sent[-80] ^ 1]) + sent[-79:], "SignatureError"),
        (lambda sent: sent[:-1] + bytes([sent[-1] ^ 1]), "SignatureError"),
    ],
)
async def test_damaged_envelopes_get_a_reply_of_the_same_size_that_nobody_opens(
    zasm: Holder, damage: Any, reason: str
) -> None:
    query, reply_key = zasm.envelope(Asking(ASKED))
    reply = await zasm.responder.answer(damage(query.to_bytes()))
    assert len(reply) == REPLY_BYTES
    with pytest.raises(ProtocolError):
        zasm.read(reply, query, reply_key)
    assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == reason


async def test_another_member_cannot_sign_for_the_asker_and_a_stranger_is_silence(zasm: Holder) -> None:
    query, _ = zasm.envelope(Asking(ASKED, signer=SigningKey.generate()))
    await zasm.responder.answer(query.to_bytes())
    unknown, _ = zasm.envelope(Asking(ASKED, header={"sender": "symbolon://agency/XX-NOBODY"}))
    await zasm.responder.answer(unknown.to_bytes())
    reasons = [entry.event.model_dump()["reason"] for entry in zasm.logged("query_refused")]
    assert reasons == ["SignatureError", "unknown_sender"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"epoch": "2025-1"}, ErrorCode.EPOCH_MISMATCH),
        ({"normaliser_version": "another"}, ErrorCode.NORMALISER_MISMATCH),
        ({"recipient": "symbolon://agency/GR-YPAM"}, ErrorCode.MALFORMED),
        ({"issued_at": 1_000_000, "expires_at": 1_000_060}, ErrorCode.ENVELOPE_EXPIRED),
    ],
)
async def test_what_the_public_header_decides_is_refused_aloud(
    zasm: Holder, header: dict[str, Any], code: ErrorCode
) -> None:
    query, _ = zasm.envelope(Asking(ASKED, header=header))
    with pytest.raises(SymbolonError) as caught:
        await zasm.responder.answer(query.to_bytes())
    assert caught.value.code is code
    (refused,) = zasm.logged("query_refused")
    assert refused.event.model_dump()["reason"] == code.code
    assert zasm.ledger.count() == ENTRIES_OF_QUERY


async def test_a_namesake_below_the_threshold_is_not_told_of_beside_a_hit(tmp_path: Path) -> None:
    namesake = {"record_id": "DE-3", "names": ["MELANOS Georgios"], "dob": ["1951-02-28"], "nationality": ["CY"]}
    with holder(tmp_path, ROWS + "\n" + json.dumps(namesake)) as opened:
        answer = await opened.ask(Asking(person(names=["Georgios Melanos"], dob=["1984-08-16"], nationality=["GR"])))
        (hits,) = (one for one in opened.ledger.openings(2) if one.name == "hits")
    assert {one["record_id"] for one in json.loads(hits.value)} >= {"DE-1"}
    assert [one.reference for one in answer.candidates] == [
        one["reference"] for one in json.loads(hits.value) if one["record_id"] == "DE-1"
    ]


async def test_nothing_is_inconclusive_while_a_record_waits_for_its_enrolment(zasm: Holder, tmp_path: Path) -> None:
    assert await zasm.ask(Asking(STRANGER)) == NOTHING
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"record_id": "DE-9", "names": ["Tatsuo Kirimori"], "dob": ["1961-02-03"]}))
    import_file(path, zasm.records, tmp_path / "rejects", datetime.now(UTC))
    assert await zasm.ask(Asking(STRANGER)) == INCONCLUSIVE
    fished = Asking(STRANGER, payload=b"{}")
    assert await zasm.ask(fished) == INCONCLUSIVE


async def test_an_older_version_of_an_agreement_is_not_answered_under(zasm: Holder) -> None:
    older = zasm.agreement
    text = TEMPLATE.replace("version = 1", "version = 2")
    text = text.replace('supersedes = ""', f'supersedes = "{older.hash.hex()}"')
    newer = parse_agreement(text)
    assert (await zasm.ask(Asking(ASKED))).level == 2
    zasm.accept(newer)
    assert await zasm.ask(Asking(ASKED)) == INCONCLUSIVE
    assert (await zasm.ask(Asking(ASKED, body={"agreement_hash": newer.hash}))).level == 2


async def test_a_query_that_says_more_than_any_honest_one_is_fishing(zasm: Holder) -> None:
    row = {"names": [*MELANOS["names"], *(f"Name {number} Nobody" for number in range(40))], "dob": ["1984-08-16"]}
    assert await zasm.ask(Asking(ASKED, payload=json.dumps(row).encode())) == NOTHING
    assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "fishing"


async def test_of_very_many_records_those_are_examined_that_most_entries_opened(tmp_path: Path) -> None:
    twins = [{"record_id": f"DE-{n}", "names": ["Georgios Melanos"], "dob": ["1984-08-16"]} for n in range(100, 160)]
    whole = {"record_id": "DE-WHOLE", **MELANOS}
    rows = "\n".join(json.dumps(row) for row in [*twins, whole])
    with holder(tmp_path, rows) as opened:
        answer = await opened.ask(Asking(ASKED))
        (hits,) = (one for one in opened.ledger.openings(2) if one.name == "hits")
    assert answer.level == 2
    assert len(json.loads(hits.value)) <= MAX_COMPARED
    assert "DE-WHOLE" in {one["record_id"] for one in json.loads(hits.value)}


@pytest.mark.parametrize("rules", [{}, {"barred": ["FR"]}], ids=["open", "barred"])
async def test_a_person_listed_hundreds_of_times_costs_what_a_few_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Else the time of an answer would tell how often somebody is listed, also by records that tell nobody anything."""
    monkeypatch.setattr(index, "MOST_ALIKE", 30)
    twins = [{"record_id": f"DE-{n}", **MELANOS, "pob": [f"Town {n}"], "rules": rules} for n in range(60)]
    with holder(tmp_path, "\n".join(json.dumps(row) for row in twins)) as opened:
        calls: Counter[str] = Counter()
        whole, worked_out = opened.records.current_of, record_rules.rules_of

        def read(number: int) -> Record | None:
            calls["read"] += 1
            return whole(number)

        def work_out(*of: Any) -> RecordRules:
            calls["worked out"] += 1
            return worked_out(*of)

        monkeypatch.setattr(opened.records, "current_of", read)
        monkeypatch.setattr(opened_records, "rules_of", work_out)
        answer = await opened.ask(Asking(ASKED))
        (event,) = opened.logged("query_opened")
    assert answer.level == (0 if rules else 2)
    # Once for all that read alike, and again for what is compared.
    assert calls == {"read": MAX_COMPARED, "worked out": 1 + MAX_COMPARED}
    assert event.event.model_dump()["records"] == 30
    assert "records share a feature" in caplog.text
    assert "Melanos" not in caplog.text


async def test_a_lockbox_that_is_none_is_not_told_as_nothing(zasm: Holder) -> None:
    query, reply_key = zasm.envelope(Asking(ASKED))
    body = open_query(query, query.header.recipient, zasm.sealing, zasm.asker.public_key())
    broken = replace(body, lockbox=bytes(len(body.lockbox)))
    query = seal_query(query.header, broken, zasm.sealing.public_key(), zasm.asker)
    assert zasm.read(await zasm.responder.answer(query.to_bytes()), query, reply_key).conclusive is False
    assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "LockboxShapeError"


async def test_a_lockbox_made_to_fail_once_it_opens_reads_like_one_that_opens_nothing(zasm: Holder) -> None:
    """Else a changed byte would ask whether the person of one entry is listed, whatever his rules say."""
    for asked in (ASKED, STRANGER):
        query, reply_key = zasm.envelope(Asking(asked))
        body = open_query(query, query.header.recipient, zasm.sealing, zasm.asker.public_key())
        broken = replace(body, lockbox=body.lockbox[:-1] + bytes([body.lockbox[-1] ^ 1]))
        query = seal_query(query.header, broken, zasm.sealing.public_key(), zasm.asker)
        answer = zasm.read(await zasm.responder.answer(query.to_bytes()), query, reply_key)
        assert answer.model_copy(update={"left": None}) == NOTHING
    assert [entry.event.model_dump()["reason"] for entry in zasm.logged("query_refused")] == ["LockboxError"]


async def test_what_is_not_signed_by_the_asker_is_told_nothing_of_the_enrolment(zasm: Holder) -> None:
    """Else the hub, which can make up a header, could ask whether two agencies have an agreement in force."""
    with contextlib.closing(sqlite3.connect(zasm.records_folder / "data" / "index.db")) as database, database:
        database.execute("UPDATE marker SET budgets = '[99.0]'")
    forged, _ = zasm.envelope(Asking(ASKED, signer=SigningKey.generate()))
    assert len(await zasm.responder.answer(forged.to_bytes())) == REPLY_BYTES
    signed, _ = zasm.envelope(Asking(ASKED))
    with pytest.raises(SymbolonError) as caught:
        await zasm.responder.answer(signed.to_bytes())
    assert caught.value.code is ErrorCode.NOT_ENROLLED


async def test_a_removed_record_is_hit_no_more_at_once(zasm: Holder) -> None:
    zasm.records.remove("DE-1", datetime.now(UTC))
    assert await zasm.ask(Asking(ASKED)) == NOTHING


async def test_a_fault_of_the_holder_is_never_told_as_nothing_and_its_text_stays_inside(
    zasm: Holder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Giorgos Melanos")

    monkeypatch.setattr("node.queries.examination.compare", fail)
    assert await zasm.ask(Asking(ASKED)) == INCONCLUSIVE
    assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "failed"
    assert "RuntimeError" in caplog.text
    assert "Melanos" not in caplog.text


async def test_nothing_is_disclosed_when_the_log_cannot_be_written(zasm: Holder) -> None:
    zasm.ledger.close()
    assert await zasm.ask(Asking(ASKED)) == STOPPED
    assert await zasm.ask(Asking(STRANGER)) == STOPPED
    assert kept_files.referrals(zasm.cases.connection) == []
    assert len(await zasm.responder.answer(b"no envelope")) == REPLY_BYTES


async def test_what_cannot_be_logged_after_the_look_up_is_not_told_either(
    zasm: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    monkeypatch.setattr("node.queries.responding.query_answered", fail)
    assert await zasm.ask(Asking(ASKED)) == STOPPED
    assert kept_files.referrals(zasm.cases.connection) == []


@pytest.mark.parametrize("reason", [NOT_WITNESSED, LOG_NOT_WRITABLE])
async def test_while_disclosure_is_stopped_nothing_is_looked_up_and_the_asker_alone_reads_why(
    zasm: Holder, reason: str
) -> None:
    zasm.responder._stopped = lambda: reason
    query, reply_key = zasm.envelope(Asking(ASKED))
    reply = await zasm.responder.answer(query.to_bytes())
    assert len(reply) == REPLY_BYTES
    assert zasm.read(reply, query, reply_key) == STOPPED
    assert await zasm.ask(Asking(STRANGER)) == STOPPED
    assert zasm.kinds() == ["query_received", "query_refused"] * 2
    assert {entry.event.model_dump()["reason"] for entry in zasm.logged("query_refused")} == {reason}
    zasm.responder._stopped = lambda: ""
    assert (await zasm.ask(Asking(ASKED))).level == 2
    left = (await zasm.ask_counted(Asking(STRANGER))).left
    assert left is not None
    assert left.today == 498  # what was not looked up was not counted


@pytest.mark.parametrize(
    ("asking", "changes"),
    [
        (Asking(ASKED), {}),
        (Asking(STRANGER), {}),
        (Asking(ASKED, payload=b"noise"), {}),
        (Asking(ASKED, body={"agreement_hash": bytes(32)}), {}),
        (Asking(ASKED, header={"purpose": "P9"}), {}),
        (Asking(ASKED, body={"lockbox": b"\xff" * SizeClass.SMALL.lockbox_bytes}), {}),
        (Asking(ASKED, signer=SigningKey.generate()), {}),
        (Asking(ASKED), {"sealed": "yes"}),
        (Asking(ASKED), {"discreet": "yes"}),
    ],
    ids=["hit", "stranger", "noise", "other text", "not allowed", "no lockbox", "forged", "sealed", "silent"],
)
async def test_every_query_makes_one_number_of_entries_whatever_came_of_it(
    zasm: Holder, asking: Asking, changes: dict[str, str]
) -> None:
    if changes:
        zasm.change({**MELANOS, "record_id": "DE-1", "rules": changes})
    before = zasm.ledger.count()
    for _ in range(2):
        await zasm.responder.answer(zasm.envelope(asking)[0].to_bytes())
    assert zasm.ledger.count() == before + 2 * ENTRIES_OF_QUERY


async def test_a_replay_and_what_is_no_envelope_make_as_many_entries(zasm: Holder) -> None:
    query, _ = zasm.envelope(Asking(ASKED))
    for number, received in enumerate((query.to_bytes(), query.to_bytes(), b"no envelope"), start=1):
        await zasm.responder.answer(received)
        assert zasm.ledger.count() == number * ENTRIES_OF_QUERY


async def test_replies_leave_on_ticks_after_arrival(zasm: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("node.queries.responding.asyncio.sleep", sleep)
    query, _ = zasm.envelope(Asking(ASKED))
    moments = iter([100.0, 100.013])
    zasm.responder._monotonic = lambda: next(moments)
    await zasm.responder.answer(query.to_bytes())
    assert waited == [pytest.approx(0.007)]
