"""Two agencies conclude an agreement, ask under it, stop it and amend it: real commands, real nodes, real mail.

The nodes run from the beginning. Nothing is restarted: what is accepted or suspended counts in the running nodes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agreements.reading import parse_agreement
from agreements.template import TEMPLATE
from deploy.local import LocalFederation
from symbolon.rpc.errors import ErrorCode
from tests.integration.commands import CommandedFederation
from tests.integration.invented import AGENCIES, ASKER, BYSTANDER, HOLDER, USER, Row, Scene, asked, draw_rows

ID = "fr-de-2026"
TEXT = TEMPLATE.replace("FR-DNMS", ASKER).replace("DE-ZASM", HOLDER).replace("until = 2027-12-31", "until = 2099-12-31")
HASH = parse_agreement(TEXT).hash.hex()
REASON = ("--reason", "order of an invented court")
MAIL_SECONDS = 90.0

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


class Ceremony:
    """Both sides of the table, and the person that the holder lists."""

    def __init__(self, federation: LocalFederation, person: Row, stranger: Row) -> None:
        self.federation = federation
        self.person = person
        self._scene = Scene(federation, {}, stranger)

    async def run(self, agency: str, *arguments: str, code: int = 0) -> Any:
        """Run a command of agreements in an agency's home; it ends with exactly this code."""
        home = ("--home", str(self.federation.home(agency)))
        told = await self.federation.run("agreement", *arguments, *home, accept=(code,))
        return told.get("error", told)

    async def refused(self, agency: str, *arguments: str, by: ErrorCode) -> str:
        """Run a command that is refused, and give the detail."""
        error = await self.run(agency, *arguments, code=by.value.exit_code)
        assert error["code"] == by.code
        return str(error["detail"])

    async def states(self, agency: str) -> dict[int, dict[str, Any]]:
        """Give what an agency's list says of the agreement, by version."""
        listed = (await self.run(agency, "list"))["agreements"]
        return {one["version"]: one for one in listed if one["id"] == ID}

    async def outcome(self) -> str:
        """Ask about the person, and give the holder's outcome, or the code of the error."""
        _, outcomes = await self._scene.query(asked(self.person), HOLDER)
        return str(outcomes["error"]["code"] if "error" in outcomes else outcomes[HOLDER]["outcome"])

    async def conclude(self, text: str, name: str) -> Path:
        """Have both sign a text and accept it."""
        file = self.federation.folder / name
        file.write_text(text, encoding="utf-8")
        bundle, fingerprint = Path(f"{file}.signed"), parse_agreement(text).hash.hex()
        await self.run(ASKER, "sign", str(file), "--fingerprint", fingerprint)
        await self.run(HOLDER, "countersign", str(bundle), "--fingerprint", fingerprint)
        for agency in (ASKER, HOLDER):
            await self.run(agency, "accept", str(bundle))
        return bundle


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ceremony(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ceremony]:
    folder = tmp_path_factory.mktemp("ceremony")
    with CommandedFederation(folder, AGENCIES, settings={"mail-tick-seconds": "1"}) as federation:
        await federation.set_up()
        await federation.add_officer(ASKER, USER, "analyst")
        await federation.start_hub()
        await federation.start_nodes()
        rows = draw_rows(HOLDER, 4, seed=1)
        path = folder / "list.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        await federation.command(HOLDER, "node", "import", str(path))
        yield Ceremony(federation, rows[0], draw_rows("nobody", 1, seed=2)[0])


async def test_only_what_both_signed_and_accepted_opens_anything(ceremony: Ceremony) -> None:
    folder = ceremony.federation.folder
    file, bundle = folder / "first.toml", folder / "first.toml.signed"
    await ceremony.federation.run("agreement", "new", str(folder / "template.toml"))
    assert (folder / "template.toml").read_text() == TEMPLATE
    file.write_text(TEXT, encoding="utf-8")
    assert await ceremony.outcome() == "no_agreement"
    signed = await ceremony.run(ASKER, "sign", str(file), "--fingerprint", HASH)
    assert signed["missing"] == [HOLDER]
    half = await ceremony.refused(ASKER, "accept", str(bundle), by=ErrorCode.AGREEMENT_UNSIGNED)
    assert half == f"not signed yet by {HOLDER}"
    await ceremony.run(HOLDER, "countersign", str(bundle), "--fingerprint", HASH)
    assert await ceremony.outcome() == "no_agreement"
    await ceremony.run(ASKER, "accept", str(bundle))
    assert await ceremony.outcome() != "hit", "the holder has not accepted it"
    await ceremony.run(HOLDER, "accept", str(bundle))
    await ceremony.federation.command(HOLDER, "node", "enrol")
    assert await ceremony.outcome() == "hit"


async def test_what_is_unsigned_tampered_or_signed_by_a_third_is_refused_in_clear_words(ceremony: Ceremony) -> None:
    folder = ceremony.federation.folder
    file = folder / "other.toml"
    file.write_text(TEXT.replace(ID, "other"), encoding="utf-8")
    fingerprint = parse_agreement(file.read_text()).hash.hex()
    third = await ceremony.refused(
        BYSTANDER, "sign", str(file), "--fingerprint", fingerprint, by=ErrorCode.AGREEMENT_REFUSED
    )
    assert third == f"{BYSTANDER} is no party to other"
    await ceremony.refused(ASKER, "accept", str(file), by=ErrorCode.INVALID_INPUT)
    await ceremony.run(ASKER, "sign", str(file), "--fingerprint", fingerprint)
    values = json.loads((folder / "other.toml.signed").read_text())
    tampered = folder / "tampered.signed"
    tampered.write_text(json.dumps(values | {"agreement": values["agreement"] | {"death_penalty": "answer"}}))
    for command in (("countersign", str(tampered), "--fingerprint", fingerprint), ("accept", str(tampered))):
        detail = await ceremony.refused(HOLDER, *command, by=ErrorCode.AGREEMENT_UNSIGNED)
        assert detail == f"signature of {ASKER}: it is under another text"
    pretended = json.dumps(values).replace(f'"agency": "{ASKER}", "agreement"', f'"agency": "{HOLDER}", "agreement"')
    assert pretended != json.dumps(values)
    tampered.write_text(pretended)
    detail = await ceremony.refused(HOLDER, "accept", str(tampered), by=ErrorCode.AGREEMENT_UNSIGNED)
    assert detail.startswith(f"signature of {HOLDER}: ")


@pytest.mark.parametrize(("by", "other"), [(HOLDER, ASKER), (ASKER, HOLDER)])
async def test_a_suspension_at_either_side_stops_answers_at_once_and_reaches_the_other(
    ceremony: Ceremony, by: str, other: str
) -> None:
    await ceremony.run(by, "suspend", ID, *REASON)
    assert await ceremony.outcome() != "hit"
    await _until(ceremony, other, 1, "suspended_by", [by])
    assert await ceremony.outcome() == "no_agreement", "the asker knows it now and asks nobody"
    await ceremony.refused(other, "resume", ID, *REASON, by=ErrorCode.DECLARATION_REFUSED)
    await ceremony.run(by, "resume", ID, *REASON)
    await _until(ceremony, other, 1, "suspended_by", [])
    assert await ceremony.outcome() == "hit"


async def test_an_amendment_supersedes_the_version_before_and_is_asked_under_at_once(ceremony: Ceremony) -> None:
    second = TEXT.replace("version = 1", "version = 2").replace('supersedes = ""', f'supersedes = "{HASH}"')
    second = second.replace("maximum = 2", "maximum = 1").replace("notice_days = 90", "notice_days = 0")
    bundle = await ceremony.conclude(second, "second.toml")
    for agency in (ASKER, HOLDER):
        states = await ceremony.states(agency)
        assert [(version, one["state"]) for version, one in states.items()] == [(1, "superseded"), (2, "in force")]
    assert await ceremony.outcome() == "hit"
    first = ceremony.federation.folder / "first.toml.signed"
    assert (await ceremony.run(HOLDER, "accept", str(first)))["version"] == 1
    assert (await ceremony.states(HOLDER))[1]["state"] == "superseded", "accepted again, it does not come back"
    assert bundle.exists()


async def test_a_termination_is_told_with_its_last_day_and_not_taken_back(ceremony: Ceremony) -> None:
    told = await ceremony.run(HOLDER, "terminate", ID, *REASON)
    (ended,) = told["agreements"]
    assert list(ended["ends"]) == [HOLDER]
    assert ended["state"] == "in force", "today is the last day"
    await _until(ceremony, ASKER, 2, "ends", ended["ends"])
    detail = await ceremony.refused(
        HOLDER, "terminate", ID, "--last-day", "2090-01-01", *REASON, by=ErrorCode.DECLARATION_REFUSED
    )
    assert "cannot be taken back" in detail
    logged = await ceremony.federation.run(
        "audit", "list", "--type", "agreement_ended", "--home", str(ceremony.federation.home(ASKER))
    )
    assert [entry["event"]["party"] for entry in logged["entries"]] == [f"symbolon://agency/{HOLDER}"]


async def _until(ceremony: Ceremony, agency: str, version: int, told: str, expected: object) -> None:
    """Wait until the mail has brought a statement: an agency's list tells it."""
    async with asyncio.timeout(MAIL_SECONDS):
        while (await ceremony.states(agency))[version][told] != expected:  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(0.3)
