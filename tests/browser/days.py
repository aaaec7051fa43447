"""What the other officers do on a day: what their pages show afterwards, and the pages that only a form leads to.

Each function has the window of an officer who has signed in; what it does is what `tests.browser.walk` then finds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pyotp
from playwright.sync_api import FilePayload, expect

from node.officers.register import Role
from tests.browser.agencies import CLEARED
from tests.browser.screen import Screen
from tests.browser.story import state_why
from tests.integration.console_browser import PASSWORD

CLEARED_NAME, CLEARED_BIRTH = CLEARED["names"][0], CLEARED["dob"][0]


def analyst(window: Screen) -> None:
    """Save a case, ask in it, clear the hit, ask again, and have a list asked about."""
    window.go("Saved cases")
    window.follow("New case")
    state_why(window, "2026/200")
    window.press("Save")
    window.follow("New query in this case")
    ask_for(window, CLEARED_NAME, CLEARED_BIRTH)
    window.within("#nodes .candidates a").first.click()
    step = window.opened("reject")
    window.fill("Why it is not the person", "Another birth place.", step)
    window.press("Reject the match", step)
    window.expect_text("The match is rejected, and the case is over.")
    window.seen("case-rejected")
    window.open("/queries/new")
    window.press("Ask")
    expect(window.within(".failure, [aria-invalid]").first).to_be_visible()
    window.seen("query-refused")
    state_why(window, "2026/200")
    ask_for(window, CLEARED_NAME, CLEARED_BIRTH)
    window.seen("query-cleared-before")
    ask_about_list(window)


def ask_for(window: Screen, name: str, birth: str) -> None:
    """Describe a person, ask, and wait for the outcomes."""
    window.fill("Names", name)
    window.fill("Birth date", birth)
    window.press("Ask")
    expect(window.within("#summary")).to_contain_text(window.word("query.over"))


def ask_about_list(window: Screen) -> None:
    """Hand a list over, look at what it is, have it asked about, and read the results."""
    window.go("Lists of queries")
    window.follow("Ask about a list")
    content = f"reference,names,dob\nA-1,{CLEARED_NAME},{CLEARED_BIRTH}\nA-2,Nobody Zhavelin,1990-01-01\nA-3,,\n"
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": content.encode()}
    window.within("#list").set_input_files(file)
    for name, code in (
        ("purpose", "migrant_smuggling"),
        ("offence", "migrant_smuggling"),
        ("nature", "ordinary"),
        ("person_role", "suspect"),
        ("death_penalty", "no"),
    ):
        window.within(f"#{name}").select_option(code)
    window.fill("Legal basis", "Article 1")
    window.fill("Case reference", "2026/200")
    window.fill("Maximum penalty, in months", "120")
    window.press("Read the list")
    window.expect_heading("A list to ask about")
    window.seen("list-read")
    window.within("main form[action$='/start'] button").click()
    window.expect_heading("A list")
    window.reload_until(window.page.get_by_role("link", name=window.say("See the results")))


def operator(window: Screen) -> None:
    """Import a list with a row that cannot be read; invite somebody, who sets the account up."""
    window.go("Node")
    window.open("/node/unfindable")
    window.seen("unfindable")
    window.open("/node/doubtful")
    window.seen("doubtful")
    window.open("/node/list")
    rows = [json.dumps({"record_id": "L-1", "names": ["Ruslana Ovdiyenko"], "dob": ["1984-02-02"]}), '{"record_id": 7']
    window.within("#file").set_input_files(
        {"name": "list.jsonl", "mimeType": "application/x-ndjson", "buffer": "\n".join(rows).encode()}
    )
    window.press("Import")
    window.reload_until(window.page.locator("main a[href^='/node/rejects/']"))
    window.go("Staff")
    window.fill("Name", f"new.{window.language.code}")
    window.within("#role-analyst").check()
    window.press("Enter")
    officers = window.page.get_by_role("row").filter(has_text=f"new.{window.language.code}")
    officers.get_by_role("button").last.click()
    window.seen("staff-member")
    window.press("Invite")
    window.expect_heading("An invitation")
    window.seen("staff-invited")
    code = window.within("#invitation-code").inner_text()
    with window.beside() as newcomer:
        newcomer.open("/enrol")
        newcomer.choose_language()
        enrol(newcomer, f"new.{window.language.code}", code)


def enrol(window: Screen, name: str, invitation: str) -> None:
    """Set an account up as somebody who was invited."""
    window.seen("enrol")
    window.fill("Name", name)
    window.fill("Code of the invitation", invitation)
    window.press("Go on")
    window.seen("enrol-choose")
    secret = window.within("#secret").inner_text()
    window.fill("Code that it shows now", pyotp.TOTP(secret).now())
    window.fill("New password", PASSWORD)
    window.fill("New password once more", PASSWORD)
    window.press("Finish")
    window.expect_heading("Your recovery codes")
    window.seen("enrol-codes")


def auditor(window: Screen) -> None:
    """Have the long works done."""
    for path, button in (
        ("/audit/verification", "Check all of it"),
        ("/audit/report", "Make the report"),
        ("/audit/statistics", "Count"),
        ("/audit/export", "Make the export"),
    ):
        window.open(path)
        window.press(button)
        window.reload_until(window.page.locator("main .state.good"))
        window.seen(f"work-of-{path.rpartition('/')[2]}")


def legal_adviser(window: Screen) -> None:
    """Answer a data subject of whom the log says nothing."""
    window.go("Subject access")
    window.fill("Reference of the request", "SA-2026-1")
    window.fill("Names", "Nobody Zhavelin")
    window.press("Search the log")
    window.reload_until(window.button("Decide, and write the letter"))
    window.seen("subject-found")
    window.press("Decide, and write the letter")
    expect(window.page.locator("main pre")).to_be_visible()
    window.seen("subject-decided")


def release_officer(window: Screen) -> None:
    """Look at a recall of what the story released, and go back without it."""
    window.open("/referrals?all=1")
    used = window.page.get_by_role("row").filter(has_text=window.word("feedback_received"))
    used.get_by_role("link").first.click()
    form = window.within("form[action$='/recall']")
    form.get_by_role("textbox").fill("Another person's record.")
    window.press("Review the recall", form)
    window.expect_heading("Recall")
    window.seen("recall")
    window.follow("Back, without doing it")


DAYS: Mapping[Role, Callable[[Screen], None]] = {
    "analyst": analyst,
    "operator": operator,
    "auditor": auditor,
    "legal_adviser": legal_adviser,
    "release_officer": release_officer,
}
"""The others look only."""
