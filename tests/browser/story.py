"""The whole story across two agencies, as its people live it: from a query to what the auditors of both find.

Each part is a page or two of one officer. What has to be so is asserted on the way.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from console.languages import Language
from tests.browser.agencies import Account, Agencies, Cast
from tests.browser.screen import Screen, Watch, opened, reference_in

CASE = "2026/117"
FACTS = "Seen twice at the border with a group."


@dataclass(frozen=True, slots=True)
class Story:
    """The story in one language: where it plays, who plays, who watches."""

    agencies: Agencies
    chromium: Browser
    language: Language
    watch: Watch

    @property
    def cast(self) -> Cast:
        return self.agencies.casts[self.language.code]

    def play(self) -> str:
        """Play it; give the reference of the hit."""
        with self.window(self.cast.analyst) as analyst:
            put_query(analyst, self.cast)
            reference = open_hit(analyst)
            confirm_and_ask(analyst)
            with self.window(self.cast.release_officer) as officer:
                look_and_approve(officer, reference)
                cannot_approve_twice(officer)
            with self.window(self.cast.supervisor) as supervisor:
                approve_as_second(supervisor, reference)
                take_on_conditions(analyst)
                read_beside(analyst)
                print_report(analyst, reference)
                tell_use(analyst)
                see_use(supervisor)
        for auditor, event in (
            (self.cast.asking_auditor, "content_read"),
            (self.cast.holding_auditor, "approval_given"),
        ):
            with self.window(auditor) as window:
                audit(window, event)
        return reference

    @contextmanager
    def window(self, account: Account) -> Iterator[Screen]:
        """Give the window of an officer who has signed in."""
        with opened(self.chromium, self.agencies.origin(account.agency), self.language, self.watch) as window:
            window.sign_in(account)
            yield window


def put_query(window: Screen, cast: Cast) -> None:
    """Fill the form, read the hint as it changes, ask, and see the answer arrive on the page."""
    window.go("Queries")
    window.expect_heading("Queries")
    window.follow("New query")
    window.expect_heading("New query")
    hint = window.within("#hint")
    expect(hint).to_contain_text(window.say("It cannot be put yet."))
    window.seen("query-new")
    state_why(window, CASE)
    window.fill("Names", cast.typed_name.split()[0])
    expect(hint).to_contain_text(window.say("The full birth date"))
    expect(hint).to_contain_text(window.say("It cannot be put yet."))
    window.fill("Names", cast.typed_name)
    window.fill("Birth date", cast.typed_birth)
    window.fill("Nationality", cast.record["nationality"][0])
    expect(hint).to_contain_text(window.say("It can be put as it is."))
    window.seen("query-filled")
    window.press("Ask")
    window.page.wait_for_url("**/queries/*")
    window.page.evaluate("window.stayed = true")
    expect(window.within("#summary")).to_contain_text(window.word("query.over"))
    expect(window.within("#nodes")).to_contain_text(window.word("outcome.hit"))
    assert window.page.evaluate("window.stayed"), "the answers came by another page"
    window.seen("query-answers")


def state_why(window: Screen, case_reference: str) -> None:
    """Fill in what a query in a case states."""
    window.choose("Purpose", "migrant_smuggling")
    window.fill("Case reference", case_reference)
    window.fill("Legal basis", "Article 1")
    window.choose("Offence", "migrant_smuggling")
    window.fill("Maximum penalty, in months", "120")
    window.choose("Nature of the offence", "ordinary")
    window.choose("What the person is in the case", "suspect")
    window.choose("Death penalty", "death.no")


def open_hit(window: Screen) -> str:
    """Open the case of the hit; give its reference."""
    window.within("#nodes .candidates a").first.click()
    window.expect_heading("Case")
    window.expect_text("Asked for, beside what the holder told of the match")
    window.seen("case-hit")
    return reference_in(window.page.url)


def confirm_and_ask(window: Screen) -> None:
    """Confirm that it is the person, and ask for more."""
    step = window.opened("confirm")
    window.fill("Why it is the person", "The same scar on the left hand.", step)
    window.press("Confirm the match", step)
    window.expect_text("Your confirmation is noted.")
    window.seen("case-confirmed")
    step = window.opened("request")
    window.fill("Facts of the case", FACTS, step)
    window.press("Ask for more", step)
    window.expect_text("The request is on its way to the holder.")
    window.seen("case-requested")


def look_and_approve(window: Screen, reference: str) -> None:
    """Find the request in the queue, look at what would leave and what stays, and approve exactly that."""
    window.go("Referrals")
    window.expect_heading("Referrals")
    found = window.page.get_by_role("link", name=reference)
    window.reload_until(window.page.get_by_role("row").filter(has=found).filter(has_text=window.word("requested")))
    window.seen("referrals")
    found.click()
    window.expect_heading("Referral")
    window.expect_text("What would leave")
    window.expect_text("What stays here, and why")
    expect(window.within("main")).to_contain_text(FACTS)
    window.seen("referral")
    window.press("Review what leaves")
    window.expect_heading("What leaves")
    window.seen("release")
    other_tab = window.context.new_page()
    other_tab.goto(f"{window.origin}/referrals/{reference}")
    window.button("Review what leaves", other_tab.locator("main")).click()
    window.press("I approve exactly this")
    window.expect_text("Your approval is noted.")
    window.button("I approve exactly this", other_tab.locator("main")).click()
    only_one = window.say("You have approved what would leave now. Another officer has to approve it, too.")
    expect(other_tab.locator("main")).to_contain_text(only_one)
    other_tab.close()


def cannot_approve_twice(window: Screen) -> None:
    """See that one pair of eyes is not four."""
    window.page.reload()
    window.expect_text("You have approved what would leave now. Another officer has to approve it, too.")
    expect(window.page.locator("main").get_by_text(window.say("Counts"), exact=True)).to_have_count(1)
    expect(window.button("Review what leaves")).to_have_count(0)
    window.seen("referral-approved-once")


def approve_as_second(window: Screen, reference: str) -> None:
    """Approve as another officer; then the offer goes out."""
    window.open(f"/referrals/{reference}")
    window.press("Review what leaves")
    window.press("I approve exactly this")
    window.expect_heading("Referral")
    window.seen("referral-approved")


def take_on_conditions(window: Screen) -> None:
    """Take on the conditions of what is offered."""
    window.reload_until(window.within("#acknowledge"))
    step = window.opened("acknowledge")
    window.seen("case-offered")
    step.get_by_label(window.say("We take on exactly these conditions")).check()
    window.press("Take on the conditions", step)
    window.expect_text(
        "The conditions are taken on. The content comes by itself: load this page again in some seconds."
    )


def read_beside(window: Screen) -> None:
    """Read the content beside what was asked, the differences marked."""
    window.reload_until(window.within("#read"))
    window.seen("case-readable")
    window.press("Read the content", window.opened("read"))
    window.expect_text("Asked for, beside what the holder released")
    expect(window.within("table.beside mark").first).to_be_visible()
    window.seen("case-read")


def print_report(window: Screen, reference: str) -> None:
    """Print the report: each sheet bears the handling code."""
    address = window.page.url.rpartition("/")[0] if window.page.url.endswith("/read") else window.page.url
    window.page.goto(address)
    window.page.get_by_label(window.say("With the content: this is logged as a reading")).check()
    window.press("Make the report")
    window.expect_heading("Report on case")
    window.seen("report")
    code = window.within(".running strong").get_attribute("class")
    assert code
    sheets = PdfReader(io.BytesIO(window.page.pdf(format="A4"))).pages
    assert len(sheets) >= 2
    for sheet in sheets:
        head = sheet.extract_text()[:300]
        assert code.removeprefix("code-") in head
        assert reference in head
    window.page.goto(address)


def tell_use(window: Screen) -> None:
    """Tell the holder what came of it."""
    step = window.opened("feedback")
    window.choose("What came of it", "identified", step)
    window.press("Tell the holder", step)
    window.expect_text("The holder is told of the use.")
    window.seen("case-feedback")


def see_use(window: Screen) -> None:
    """Read at the holder what came of it."""
    told = window.page.locator("main").get_by_text(window.word("identified"))
    window.reload_until(told)
    window.seen("referral-feedback")


def audit(window: Screen, event: str) -> None:
    """Search the log, open one entry's personal fields, and see the proof that it is in the log."""
    window.go("Disclosure log")
    window.expect_heading("Disclosure log")
    window.choose("What happened", event)
    window.press("Search")
    expect(window.page.get_by_role("heading", name=window.say("Entries"), exact=True)).to_be_visible()
    window.seen("audit-found")
    window.page.locator("tbody th a").first.click()
    window.seen("audit-entry")
    entry = window.page.url
    window.fill("Why do you open them?", "Yearly review.")
    window.press("Open the personal fields")
    window.expect_text("Opened because:")
    window.seen("audit-opened")
    window.page.goto(entry)
    window.follow("Prove that it is in the log")
    window.expect_text("Leaf, path and root")
    window.seen("audit-proof")
