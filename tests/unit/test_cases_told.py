"""What the holder does reaches the officers who ask: it waits for them until one has taken note of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agreements.stages import CaseState
from node.cases import asking, holding
from node.cases.alerts import alerts_of_case
from node.cases.clockwork import KEEPING
from node.cases.correcting import AS_SENT, correct
from node.cases.leave import answer_consent
from node.cases.wire import case_shown, referral_shown
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import (
    ANALYST,
    REFERENCE,
    RELEASE,
    ROW,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    held,
    refusal,
    two_desks,
)

CHANGED = ROW | {"dob": ["1985-08-16"]}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    yield from two_desks(tmp_path, TEXT)


def read(desks: TwoDesks) -> None:
    """Go on to content that was read, and whose use was told."""
    desks.to_content()
    desks.ask(asking.read)
    desks.ask(asking.give_feedback, use="led_to_inquiry")
    desks.carry()


def declined(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.decline, by=SUPERVISOR, reason="a source")
    desks.carry()


def recalled(desks: TwoDesks) -> None:
    read(desks)
    desks.hold(holding.recall, by=SUPERVISOR, reason="another person")
    desks.carry()


def settled(desks: TwoDesks) -> None:
    read(desks)
    desks.ask(asking.dispute, words="the passport says 1985")
    desks.carry()
    desks.hold(holding.settle, by=SUPERVISOR, words="it says 1984")
    desks.carry()


def leave_refused(desks: TwoDesks) -> None:
    read(desks)
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
    desks.carry()
    desks.hold(answer_consent, by=SUPERVISOR, number=1, given=False)
    desks.carry()


def corrected(desks: TwoDesks, row: dict[str, object] = CHANGED) -> None:
    desks.holder.records["Z-1"] = held(row)
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.hold(correct, by=SUPERVISOR)
    desks.carry()


def kinds(desks: TwoDesks) -> list[str]:
    return [one.kind for one in alerts_of_case(desks.case(), desks.asker.desk.scene(), ANALYST)]


async def is_shown(desks: TwoDesks, folder: Path) -> list[bool]:
    """Say whether the first page and the list name the case."""
    with ConsoleDesk(folder, cases=desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        browser = console.browser(ANALYST.name)
        return [REFERENCE in (await browser.get(path)).text for path in ("/", "/cases")]


@pytest.mark.parametrize("done", [declined, recalled, settled, leave_refused])
async def test_what_the_holder_has_done_waits_until_somebody_takes_note(
    desks: TwoDesks, tmp_path: Path, done: Callable[[TwoDesks], None]
) -> None:
    done(desks)
    assert "told" in kinds(desks)
    steps = case_shown(desks.case(), desks.asker.desk.scene(), ANALYST).file.next_steps
    assert "see" in {one.step for one in steps}
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
    assert await is_shown(desks, tmp_path / "before") == [True, True]
    desks.ask(asking.see)
    assert desks.asker.events()[-1] == "outcome_seen"
    assert "told" not in kinds(desks)
    assert await is_shown(desks, tmp_path / "after") == [False, not desks.case().is_over]
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.see)
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_what_nobody_takes_note_of_is_erased_all_the_same(desks: TwoDesks) -> None:
    declined(desks)
    desks.wait(KEEPING.closed + timedelta(days=1))
    with pytest.raises(SymbolonError):
        desks.case()


def test_who_acts_on_the_case_has_seen_what_came(desks: TwoDesks) -> None:
    settled(desks)
    desks.ask(asking.read)
    assert desks.case().news == ()


def test_what_is_corrected_after_it_was_read_is_to_be_read_again(desks: TwoDesks) -> None:
    read(desks)
    assert "to_read" not in kinds(desks)
    corrected(desks)
    assert desks.case().state is CaseState.CORRECTED
    assert "to_read" in kinds(desks)
    desks.ask(asking.read)
    assert "to_read" not in kinds(desks)


def test_the_marks_of_a_correction_stay_until_it_is_read(desks: TwoDesks) -> None:
    read(desks)
    corrected(desks)
    without = {name: value for name, value in CHANGED.items() if name != "phones"}
    corrected(desks, without)
    assert desks.case().corrected == ("dob", "phones")
    desks.ask(asking.read)
    corrected(desks, without | {"dob": ["1986-08-16"]})
    assert desks.case().corrected == ("dob",)


def test_what_reads_as_it_was_sent_is_no_correction(desks: TwoDesks) -> None:
    read(desks)

    def shown() -> tuple[bool, bool]:
        referral = desks.referral()
        scene, release = desks.holder.desk.scene(), desks.holder.desk.release_now(referral)
        told = referral_shown(referral, scene, release, RELEASE)
        return told.as_sent, "correct" in {one.step for one in told.file.next_steps}

    assert shown() == (True, False)
    with pytest.raises(SymbolonError) as error:
        desks.hold(correct)
    assert refusal(error) == (ErrorCode.STEP_NOT_POSSIBLE, AS_SENT)
    assert "approval_given" not in desks.holder.events()[-2:]
    desks.holder.records["Z-1"] = held(CHANGED)
    desks.hold(holding.confirm_match)
    assert shown() == (False, True)
    desks.hold(correct)
    desks.hold(correct, by=SUPERVISOR)
    desks.carry()
    assert shown() == (True, False)
