"""A joint team at work between two running nodes: whose case it is, who sees it on either side, and who decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agreements.reading import read_canonical
from deploy.agreement import EVERY_CASE, EVERY_PURPOSE, conclude
from deploy.local import ANALYST, LocalFederation
from node.cases_file import open_book
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire
from tests.integration.case_nodes import (
    ASKER,
    CHEF,
    HOLDER,
    VOGT,
    WEBER,
    acknowledge,
    ask,
    case_is,
    desk,
    hit_on,
    hold,
    referral_is,
    row_of,
    two_nodes,
)

pytestmark = pytest.mark.timeout(300)

TEAM_CASE = "JIT-2026-7"


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run two nodes under an agreement of their agencies, and one of a team whose approvers are no members."""
    with two_nodes(tmp_path_factory.mktemp("team")) as made:
        homes = [load_home(made.home(agency)) for agency in (ASKER, HOLDER)]
        with open_book(homes[0]) as book:
            (standing,) = book.current()
        members = [{"agency": ASKER, "officer": ANALYST}, {"agency": HOLDER, "officer": "j.team"}]
        values = json.loads(standing.agreement.canonical) | {
            "id": "team",
            "title": "A joint team",
            "joint_team": {"case": TEAM_CASE, "members": members},
        }
        conclude(homes, read_canonical(values), datetime.now(UTC))
        yield made


async def _hit_in_the_teams_case(made: LocalFederation) -> str:
    row = row_of("way")
    asked = {name: row[name] for name in ("names", "dob", "nationality")}
    async with DeskClient(load_home(made.home(ASKER)), load_key(made.officer_key(ASKER))) as client:
        events = client.query(
            asked, purpose=EVERY_PURPOSE, legal_basis="article 1", case_reference=TEAM_CASE, justification=EVERY_CASE
        )
        answers = [event.answer async for event in events if event.WhichOneof("event") == "answer"]
    return next(one.reference for answer in answers for one in answer.candidates)


async def test_in_the_teams_case_its_members_ask_and_the_holders_approvers_decide(federation: LocalFederation) -> None:
    alone = await hit_on(federation, "way")
    reference = await _hit_in_the_teams_case(federation)
    async with desk(federation, ASKER, ANALYST) as client:
        cases = [await client.case(one) for one in (alone, reference)]
    hashes = [case.file.agreement_hash for case in cases]
    assert hashes[0] != hashes[1], "the team's agreement is taken in the team's case alone"
    async with desk(federation, ASKER, CHEF) as client:
        assert (await client.case(alone)).file.state == "hit"
        with pytest.raises(SymbolonError) as caught:
            await client.case(reference)
    assert caught.value.code is ErrorCode.NO_SUCH_CASE
    await ask(federation, reference, confirm=wire.Worded(words="the same scar"))
    await ask(federation, reference, request=wire.FollowUp(facts="seen twice at the border"))
    await referral_is(federation, reference, "requested")
    await hold(federation, reference, WEBER, approve=wire.Worded())
    await hold(federation, reference, VOGT, approve=wire.Worded())
    await acknowledge(federation, reference)
    await case_is(federation, reference, "readable")
