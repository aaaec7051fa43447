"""Saved cases: checked as a query is, each change logged first, a closed one gone in time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.log import Ledger
from node.database import DatabaseFile
from node.investigations.calls import InvestigationCalls
from node.investigations.store import MIGRATIONS, InvestigationStore, Saved, new_name
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import investigations_pb2 as wire
from tests.unit.asked_desk import CASE, TaughtAsker, calls, investigations
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import ANALYST, NOW, REFERENCE, RELEASE, SECOND_ANALYST, SUPERVISOR, TEXT, opened_desks


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Iterator[DatabaseFile]:
    with DatabaseFile(tmp_path / "cases.db", MIGRATIONS) as opened:
        yield opened


@pytest.fixture
def clock() -> list[datetime]:
    return [NOW]


@pytest.fixture
def desk(ledger: Ledger, file: DatabaseFile, clock: list[datetime]) -> InvestigationCalls:
    return investigations(ledger, file, lambda: clock[0])


async def _save(desk: InvestigationCalls, by: Officer = ANALYST, **changes: Any) -> wire.Investigation:
    one = wire.Investigation(**{**CASE, **changes})
    return (await desk.save_investigation(wire.SaveInvestigationRequest(investigation=one), by)).investigation


async def _all(desk: InvestigationCalls, by: Officer = ANALYST, *, closed_too: bool = False) -> list[str]:
    listed = await desk.list_investigations(wire.ListInvestigationsRequest(closed_too=closed_too), by)
    return [one.case_reference for one in listed.investigations]


async def test_a_case_is_saved_changed_and_closed_and_each_is_logged_first(
    desk: InvestigationCalls, ledger: Ledger
) -> None:
    saved = await _save(desk)
    assert re.fullmatch(r"[\w-]{16}", saved.name)
    assert saved.opened_by == saved.changed_by == "a.durand"
    changed = await _save(desk, name=saved.name, penalty_months=24, opened_by="somebody")
    assert (changed.penalty_months, changed.opened_by, changed.name) == (24, "a.durand", saved.name)
    await desk.close_investigation(wire.CloseInvestigationRequest(name=saved.name), ANALYST)
    assert await _all(desk) == []
    assert await _all(desk, SUPERVISOR, closed_too=True) == ["2026/117"]
    with pytest.raises(SymbolonError, match="closed"):
        await _save(desk, name=saved.name)
    logged = [entry.event for entry in ledger.entries()]
    assert [(one.type, getattr(one, "what", "")) for one in logged] == [
        ("investigation_saved", what) for what in ("opened", "changed", "closed")
    ]


async def test_who_closes_a_case_closes_it_as_a_colleague_has_just_left_it(
    desk: InvestigationCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await _save(desk)
    real = InvestigationStore.erase_due

    def meanwhile(store: InvestigationStore, now: datetime) -> None:
        monkeypatch.setattr(InvestigationStore, "erase_due", real)
        store.save(saved.name, lambda one: _amended(one, "article 99"), now, lambda _: None)

    monkeypatch.setattr(InvestigationStore, "erase_due", meanwhile)
    closed = await desk.close_investigation(wire.CloseInvestigationRequest(name=saved.name), ANALYST)
    assert closed.investigation.closed_at
    assert closed.investigation.legal_basis == "article 99"


def _amended(one: Saved | None, basis: str) -> Saved:
    assert one is not None
    return one.model_copy(update={"legal_basis": basis})


async def test_a_case_that_was_changed_since_it_was_shown_is_not_written_over(
    desk: InvestigationCalls, clock: list[datetime]
) -> None:
    shown = await _save(desk)
    clock[0] += timedelta(minutes=1)
    await _save(desk, SECOND_ANALYST, name=shown.name, changed_at=shown.changed_at, legal_basis="article 99")
    with pytest.raises(SymbolonError, match="somebody has changed it meanwhile"):
        await _save(desk, name=shown.name, changed_at=shown.changed_at)
    now = await desk.show_investigation(wire.ShowInvestigationRequest(name=shown.name), ANALYST)
    assert now.investigation.legal_basis == "article 99"
    assert (await _save(desk, name=shown.name, changed_at=now.investigation.changed_at)).legal_basis != "article 99"


async def test_what_cannot_be_logged_is_not_saved(desk: InvestigationCalls, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    monkeypatch.setattr(desk, "_record", full)
    with pytest.raises(SymbolonError):
        await _save(desk)
    assert await _all(desk) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("purpose", "curiosity"), ("purpose", ""), ("legal_basis", " "), ("case_reference", "a\nb"), ("offence", "x"),
     ("nature", ""), ("person_role", ""), ("penalty_months", 1201), ("death_penalty", "perhaps"),
     ("case_reference", "x" * 500)],
)  # fmt: skip
async def test_a_case_states_what_a_query_has_to(desk: InvestigationCalls, field: str, value: Any) -> None:
    with pytest.raises(SymbolonError, match=field) as caught:
        await _save(desk, **{field: value})
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert await _all(desk) == []


def test_no_command_takes_the_name_of_a_case_for_an_option() -> None:
    """One name in 64 began with a dash, as one of two hundred is all but sure to."""
    assert all(re.fullmatch("[A-Z2-7]{16}", new_name()) for _ in range(200))


async def test_a_reference_is_given_once(desk: InvestigationCalls) -> None:
    await _save(desk)
    with pytest.raises(SymbolonError, match="another case has it"):
        await _save(desk)
    other = await _save(desk, case_reference="2026/118")
    with pytest.raises(SymbolonError, match="another case has it"):
        await _save(desk, name=other.name)


async def test_a_closed_case_is_erased_after_its_time(
    desk: InvestigationCalls, clock: list[datetime], file: DatabaseFile
) -> None:
    saved = await _save(desk)
    await desk.close_investigation(wire.CloseInvestigationRequest(name=saved.name), ANALYST)
    clock[0] += timedelta(days=365)
    assert await _all(desk, closed_too=True) == ["2026/117"]
    clock[0] += timedelta(seconds=1)
    assert await _all(desk, closed_too=True) == []
    assert file.connection.execute("SELECT count(*) FROM investigation").fetchone()[0] == 0


async def test_only_who_may_sees_and_saves(desk: InvestigationCalls) -> None:
    with pytest.raises(SymbolonError) as caught:
        await _save(desk, SUPERVISOR)
    assert caught.value.code is ErrorCode.ROLE_MISSING
    with pytest.raises(SymbolonError) as caught:
        await _all(desk, RELEASE)
    assert caught.value.code is ErrorCode.ROLE_MISSING
    with pytest.raises(SymbolonError) as caught:
        await desk.show_investigation(wire.ShowInvestigationRequest(name="none"), ANALYST)
    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_the_pages_save_a_case_fill_the_query_form_and_show_its_hits(
    tmp_path: Path, ledger: Ledger, desk: InvestigationCalls
) -> None:
    (tmp_path / "two").mkdir()
    with (
        opened_desks(tmp_path / "two", TEXT) as two,
        ConsoleDesk(tmp_path, two.asker.desk, queries=calls(ledger, TaughtAsker()), investigations=desk) as console,
    ):
        console.enter("a.durand", "analyst")
        console.enter("l.vogt", "supervisor")
        browser = console.browser("a.durand")
        await browser.get("/investigations/new")
        typed = {**CASE, "penalty_months": "120", "legal_basis": "<b>art. 26</b>"}
        assert (await browser.send("/investigations/new", **{**typed, "nature": ""})).status_code == 422
        where = (await browser.send("/investigations/new", **typed)).headers["location"]
        page = (await browser.get(where)).text
        assert "&lt;b&gt;art. 26&lt;/b&gt;" in page
        assert f'href="/cases/DE-ZASM/{REFERENCE}"' in page
        close = page.partition("<summary>Close the case</summary>")[2].partition("</details>")[0]
        assert "It is not opened again" in close
        assert f'action="{where}/close"' in close
        form = (await browser.get(f"{where}/query")).text
        assert 'value="2026/117"' in form
        assert 'value="&lt;b&gt;art. 26&lt;/b&gt;"' in form
        name = where.rpartition("/")[2]
        filled = (await browser.send("/queries/new", do="fill", investigation=name, names="Giorgos Melanos")).text
        assert 'value="2026/117"' in filled
        assert ">Giorgos Melanos</textarea>" in filled
        edited = (await browser.get(f"{where}/edit")).text
        assert f'name="name" value="{name}"' in edited
        assert f'name="changed_at" value="{int(NOW.timestamp())}"' in edited
        stale = await browser.send("/investigations/new", **typed, name=name, changed_at="1")
        assert stale.status_code == 422
        assert "somebody has changed it meanwhile" in stale.text
        assert 'name="changed_at" value="1"' in stale.text
        reader = console.browser("l.vogt")
        assert "Close the case" not in (await reader.get(where)).text
        assert (await reader.get("/investigations/new")).status_code == 403
        assert (await browser.send(f"{where}/close")).headers["location"] == "/investigations"
        assert "Closed" in (await browser.get("/investigations")).text
