"""What follows a hit, between real nodes over real mail: the whole way, with nodes killed on it; invented people only.

The tests share one federation; each has a person of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local import ANALYST, LocalFederation
from node.config import load_home
from node.desk.client import DeskClient
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire
from tests.integration.case_nodes import (
    ASKER,
    CHEF,
    HOLDER,
    PEOPLE,
    VOGT,
    WEBER,
    acknowledge,
    ask,
    case_is,
    desk,
    events,
    hit_on,
    hold,
    kill,
    load,
    referral_is,
    row_of,
    to_content,
    to_offer,
    to_request,
    two_nodes,
    until,
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run two nodes, the holder's list enrolled."""
    with two_nodes(tmp_path_factory.mktemp("cases")) as made:
        yield made


async def test_a_hit_is_followed_up_by_commands_to_content_and_the_receipt_for_its_deletion(
    federation: LocalFederation,
) -> None:
    reference = await hit_on(federation, "way")
    asker = ("--officer-key", str(federation.officer_key(ASKER)))

    async def case(*words: str) -> dict[str, Any]:
        return await federation.command(ASKER, "case", *words, *asker)

    async def referral(officer: str, *words: str) -> dict[str, Any]:
        key = ("--officer-key", str(federation.officer_key(HOLDER, officer)))
        return await federation.command(HOLDER, "referral", *words, *key)

    told = await case("show", reference)
    assert told["subject"]["names"] == [PEOPLE["way"]]
    assert told["asked"]["legal_basis"] == "article 1"
    assert told["reasons"]
    await case("confirm", reference, "--reason", "the same scar")
    await case("request", reference, "--facts", "seen twice at the border", "--urgent")
    shown = await referral_is(federation, reference, "requested")
    assert shown.file.request.facts == "seen twice at the border"
    preview = await referral(WEBER, "show", reference)
    assert preview["content"]["phones"] == ["+373 22 00 00 00"]
    assert preview["asked"]["legal_basis"] == "article 1"
    assert any(PEOPLE["way"].split()[1].lower() in reason.lower() for reason in preview["reasons"])
    (command,) = [step["command"] for step in preview["next_steps"] if step["step"] == "approve"]
    assert command == f"symbolon referral approve {reference} --digest {preview['digest']}"
    (listed,) = [one for one in (await referral(WEBER, "list"))["referrals"] if one["reference"] == reference]
    assert (listed["alerts"], listed["see_to_by"]) == (["a request: decide it"], preview["clock_due_at"])
    waits = await referral(WEBER, "list", "--waiting", "1")
    assert waits["waiting"]["own"] >= waits["total"] == len(waits["referrals"]) == 1
    await referral(WEBER, "approve", reference, "--digest", preview["digest"])
    await referral(VOGT, "approve", reference, "--digest", preview["digest"])
    offered = await case_is(federation, reference, "offered")
    assert "phones" in offered.file.offer.fields
    await case("acknowledge", reference, "--offer", offered.file.offer.digest)
    await case_is(federation, reference, "readable")
    read = await case("read", reference)
    assert read["content"]["names"] == [PEOPLE["way"]]
    assert read["conditions"]["code"] == "H1"
    assert "content" not in await case("show", reference)
    await case("feedback", reference, "--use", "led_to_inquiry")
    await referral_is(federation, reference, "feedback_received")
    await case("delete", reference)
    ended = await referral_is(federation, reference, "deleted_there")
    assert ended.receipt == "officer"
    data = federation.home(ASKER) / "data"
    assert [path for path in data.glob("cases.db*") if b"+373 22 00 00 00" in path.read_bytes()] == []


async def test_who_asks_does_not_see_the_own_agencys_referrals(federation: LocalFederation) -> None:
    async with desk(federation, HOLDER, ANALYST) as client:
        for call in (client.referrals(), client.referral("ABCDEFGHIJKLMNOP")):
            with pytest.raises(SymbolonError) as error:
                await call
            assert error.value.code is ErrorCode.ROLE_MISSING
    async with desk(federation, HOLDER, WEBER) as client:
        with pytest.raises(SymbolonError) as error:
            await client.cases()
        assert error.value.code is ErrorCode.ROLE_MISSING


async def test_kills_between_all_steps_lose_nothing_and_repeat_nothing(federation: LocalFederation) -> None:
    async def cut(*agencies: str) -> None:
        for agency in agencies:
            kill(federation, agency)
        await asyncio.sleep(0.5)
        for agency in agencies:
            await federation.start(agency)

    before = {agency: len(events(federation, agency)) for agency in (ASKER, HOLDER)}
    reference = await hit_on(federation, "down")
    kill(federation, HOLDER)
    await ask(federation, reference, confirm=wire.Worded(words="the same scar"))
    await ask(federation, reference, request=wire.FollowUp(facts="seen twice"))
    await cut(ASKER)
    await federation.start(HOLDER)
    await referral_is(federation, reference, "requested")
    await cut(HOLDER)
    await hold(federation, reference, approve=wire.Worded())
    await hold(federation, reference, VOGT, approve=wire.Worded())
    await cut(ASKER, HOLDER)
    await case_is(federation, reference, "offered")
    await cut(ASKER)
    await acknowledge(federation, reference)
    await cut(ASKER, HOLDER)
    await case_is(federation, reference, "readable")
    shown = await ask(federation, reference, read=wire.Plain())
    assert json.loads(shown.content_json)["names"] == [PEOPLE["down"]]
    asker = events(federation, ASKER)[before[ASKER] :]
    holder = events(federation, HOLDER)[before[HOLDER] :]
    for once in ("hit_confirmed", "request_sent", "offer_received", "conditions_acknowledged", "content_received"):
        assert asker.count(once) == 1, once
    for once in ("request_received", "release_offered", "acknowledgement_received", "content_sent"):
        assert holder.count(once) == 1, once
    assert holder.count("approval_given") == 2


async def test_a_suspension_between_approval_and_content_keeps_it_back(federation: LocalFederation) -> None:
    reference = await to_offer(federation, "suspended")
    offered = await case_is(federation, reference, "offered")
    kill(federation, HOLDER)
    await ask(federation, reference, acknowledge=wire.Worded(words=offered.file.offer.digest))
    await federation.command(HOLDER, "agreement", "suspend", "demonstration", "--reason", "a test", "--user", "demo")
    await federation.start(HOLDER)
    shown = await referral_is(federation, reference, "acknowledged")
    assert list(shown.held) == ["in_force"]
    with pytest.raises(SymbolonError) as error:
        await hold(federation, reference, send=wire.Worded())
    assert (error.value.code, error.value.detail) == (ErrorCode.AGREEMENT_REFUSES, "in_force")
    assert (await case_is(federation, reference, "acknowledged")).content_json == b""
    await federation.command(HOLDER, "agreement", "resume", "demonstration", "--reason", "a test", "--user", "demo")

    async def both_resumed() -> bool:
        async with DeskClient(load_home(federation.home(ASKER))) as client:
            return len((await client.status()).agreements) == 1

    await until(both_resumed)
    await hold(federation, reference, send=wire.Worded())
    await case_is(federation, reference, "readable")


async def test_four_eyes_are_those_of_two_officers_with_the_role(federation: LocalFederation) -> None:
    reference = await to_request(federation, "eyes")
    await hold(federation, reference, approve=wire.Worded())
    with pytest.raises(SymbolonError) as error:
        await hold(federation, reference, approve=wire.Worded())
    assert error.value.code is ErrorCode.NOT_THIS_OFFICER
    with pytest.raises(SymbolonError) as error:
        await hold(federation, reference, ANALYST, approve=wire.Worded())
    assert error.value.code is ErrorCode.ROLE_MISSING
    with pytest.raises(SymbolonError) as error:
        await ask(federation, reference, CHEF, feedback=wire.Use(use="no_use"))
    assert error.value.code is ErrorCode.ROLE_MISSING
    assert (await referral_is(federation, reference, "requested")).file.state == "requested"


async def test_a_recall_follows_the_content_and_brings_a_receipt(federation: LocalFederation) -> None:
    reference = await to_content(federation, "recalled")
    await hold(federation, reference, recall=wire.Worded(words="entered by mistake"))
    await referral_is(federation, reference, "recall_confirmed")
    recalled = await case_is(federation, reference, "recalled")
    assert recalled.recalled_because == "entered by mistake"
    with pytest.raises(SymbolonError) as error:
        await ask(federation, reference, read=wire.Plain())
    assert error.value.code is ErrorCode.STEP_NOT_POSSIBLE


async def test_a_correction_follows_the_content_and_brings_a_receipt(
    federation: LocalFederation, tmp_path: Path
) -> None:
    reference = await to_content(federation, "corrected")
    await ask(federation, reference, dispute=wire.Worded(words="the telephone is another"))
    await referral_is(federation, reference, "disputed")
    await load(federation, tmp_path, row_of("corrected") | {"phones": ["+373 22 11 11 11"]})
    await hold(federation, reference, confirm_match=wire.Worded())
    await hold(federation, reference, correct=wire.Worded())
    await hold(federation, reference, VOGT, correct=wire.Worded())
    await case_is(federation, reference, "corrected")
    shown = await ask(federation, reference, read=wire.Plain())
    assert json.loads(shown.content_json)["phones"] == ["+373 22 11 11 11"]

    async def confirmed() -> bool:
        return "correction_confirmed" in events(federation, HOLDER)

    await until(confirmed)


async def test_a_silent_hit_reaches_the_holders_officer_only(federation: LocalFederation) -> None:
    async with desk(federation, ASKER, ANALYST) as client:
        before = len((await client.cases()).cases)
    assert await hit_on(federation, "silent") == ""
    async with desk(federation, ASKER, ANALYST) as client:
        assert len((await client.cases()).cases) == before
    async with desk(federation, HOLDER, WEBER) as client:
        (silent,) = [one for one in (await client.referrals()).referrals if one.file.state == "silent"]
        assert (await client.referral(silent.file.reference)).record_id == "Z-silent"
        seen = await client.act_on_referral(silent.file.reference, see=wire.Plain())
    assert seen.file.state == "silent_seen"


async def test_a_cleared_hit_that_comes_again_opens_no_case_until_the_clearing_is_taken_back_or_the_record_changes(
    federation: LocalFederation, tmp_path: Path
) -> None:
    first = await hit_on(federation, "cleared")
    await ask(federation, first, reject=wire.Worded(words="another birth place"))
    second = await hit_on(federation, "cleared")
    assert second not in ("", first)
    async with desk(federation, ASKER, ANALYST) as client:
        assert second not in [one.file.reference for one in (await client.cases(over_too=True)).cases]
        (cleared,) = await client.cleared()
        assert (cleared.reference, cleared.reason, cleared.returned) == (first, "another birth place", 1)
    assert events(federation, ASKER).count("hit_returned") == 1
    await referral_is(federation, second, "told")  # the owner learns of each hit
    await load(federation, tmp_path, row_of("cleared") | {"pob": ["Chisinau"]})
    changed = await hit_on(federation, "cleared")
    await case_is(federation, changed, "hit")
    await load(federation, tmp_path, row_of("cleared"))
    key = ("--officer-key", str(federation.officer_key(ASKER)))
    assert (await federation.command(ASKER, "case", "cleared", *key))["total"] == 1
    await federation.command(ASKER, "case", "unclear", first, *key)
    again = await hit_on(federation, "cleared")
    await case_is(federation, again, "hit")
    once_more = await hit_on(federation, "cleared")
    async with desk(federation, ASKER, ANALYST) as client:
        assert [(one.reference, one.state) for one in (await client.case(once_more)).same_hits] == [(again, "hit")]
        assert not (await client.case(changed)).same_hits


async def test_an_emergency_takes_the_shorter_path_and_is_reviewed(federation: LocalFederation) -> None:
    reference = await hit_on(federation, "emergency")
    appeal = wire.EmergencyUse(responsible=CHEF, danger="forty people at sea")
    await ask(federation, reference, request=wire.FollowUp(facts="a boat without a pilot", emergency=appeal))
    await referral_is(federation, reference, "requested")
    await hold(federation, reference, approve=wire.Worded())
    await acknowledge(federation, reference)
    shown = await case_is(federation, reference, "readable")
    assert shown.file.review.state == "due"
    with pytest.raises(SymbolonError) as error:
        await ask(federation, reference, CHEF, review=wire.Worded(words="in order"))
    assert error.value.code is ErrorCode.NOT_THIS_OFFICER
    reviewed = await hold(federation, reference, VOGT, review=wire.Worded(words="in order"))
    assert reviewed.file.review.state == "reviewed"
    assert {"emergency_used", "emergency_reviewed"} <= set(events(federation, HOLDER))
