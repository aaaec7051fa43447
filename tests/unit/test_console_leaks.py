"""What somebody may not see is told to him like what there is not: the same status, headers and bytes."""

from __future__ import annotations

import re
from pathlib import Path

from console.pages import PAGES
from tests.unit.audited_log import audited_log
from tests.unit.batch_desk import listed
from tests.unit.console_desk import ConsoleDesk, told_alike
from tests.unit.test_cases_of_teams import TEXT
from tests.unit.test_console_batches import Desks
from tests.unit.two_desks import ASKER, HOLDER, REFERENCE, opened_desks

NONE = "A" * len(REFERENCE)
STEPS = [page for page in PAGES if page.method == "POST" and "{reference}" in page.path]
REFERRAL_STEPS = [page.path for page in STEPS if page.path.startswith("/referrals/")]
CASE_STEPS = [page.path for page in STEPS if page.path.startswith("/cases/")]
FORM = {"words": "x", "confirmed": "yes", "digest": "ab", "form": "x", "x_words": "x", "x_sure": "yes"}


async def test_a_joint_teams_referral_is_no_referral_to_others(tmp_path: Path) -> None:
    with (
        opened_desks(tmp_path, TEXT) as desks,
        ConsoleDesk(tmp_path, cases=desks.holder.desk, agency=HOLDER) as console,
    ):
        desks.to_request()
        console.enter("s.fremd", "judge", "legal_adviser")
        browser = console.browser("s.fremd")
        assert REFERENCE not in (await browser.get("/referrals?all=1")).text
        real = await browser.get(f"/referrals/{REFERENCE}")
        assert real.status_code == 404
        assert told_alike(real, await browser.get(f"/referrals/{NONE}"), REFERENCE, NONE)
        for path in REFERRAL_STEPS:
            answers = [await browser.send(path.replace("{reference}", one), **FORM) for one in (REFERENCE, NONE)]
            assert answers[0].status_code in (403, 404), path
            assert told_alike(answers[0], answers[1], REFERENCE, NONE), path


async def test_a_joint_teams_case_is_no_case_to_others(tmp_path: Path) -> None:
    with (
        opened_desks(tmp_path, TEXT) as desks,
        ConsoleDesk(tmp_path, cases=desks.asker.desk, agency=ASKER) as console,
    ):
        for name, role in (("b.other", "analyst"), ("m.chef", "supervisor")):
            console.enter(name, role)
            browser = console.browser(name)
            for form in ({}, {"over_too": "yes"}, {"case_reference": "2026/117"}):
                await browser.get("/cases")
                assert REFERENCE not in (await browser.send("/cases", **form)).text
            real = await browser.get(f"/cases/{HOLDER}/{REFERENCE}")
            assert real.status_code == 404
            for holder in (HOLDER, "XX-NONE"):
                other = await browser.get(f"/cases/{holder}/{NONE}")
                assert told_alike(real, other, f"{HOLDER}/{REFERENCE}", f"{holder}/{NONE}")
            for path in CASE_STEPS:
                paths = [path.replace("{holder}", HOLDER).replace("{reference}", one) for one in (REFERENCE, NONE)]
                answers = [await browser.send(one, **FORM) for one in paths]
                assert answers[0].status_code in (403, 404), path
                assert told_alike(answers[0], answers[1], REFERENCE, NONE), path


async def test_another_analysts_list_is_no_list(tmp_path: Path) -> None:
    desks = Desks(tmp_path)
    with desks.console:
        path = await desks.finished(listed(2))
        reference = path.rpartition("/")[2]
        none = "A" * len(reference)
        desks.console.enter("b.other", "analyst")
        browser = desks.console.browser("b.other")
        assert reference not in (await browser.get("/batches")).text
        for page in [page for page in PAGES if page.path.startswith("/batches/{reference}")]:
            ask = browser.get if page.method == "GET" else browser.send
            answers = [await ask(page.path.replace("{reference}", one)) for one in (reference, none)]
            assert answers[0].status_code == 404, page.path
            assert told_alike(answers[0], answers[1], reference, none), page.path
    desks.batches.close()


async def test_another_auditors_work_is_no_work(tmp_path: Path) -> None:
    with audited_log(tmp_path) as audited:
        audited.desk.enter("z.auditor", "auditor")
        browser, other = audited.desk.browser("i.auditor"), audited.desk.browser("z.auditor")
        await browser.get("/audit/verification")
        path = (await browser.send("/audit/verification")).headers["location"]
        work = path.rpartition("/")[2]
        none = re.sub(r"\w", "a", work)
        assert work not in (await other.get("/audit/works")).text
        for end in ("", "/files/log.export", "/files/..%2f..%2fledger.db"):
            answers = [await other.get(f"/audit/works/{one}{end}") for one in (work, none)]
            assert answers[0].status_code == 404
            assert told_alike(answers[0], answers[1], work, none), end
