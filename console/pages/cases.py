"""The cases of this agency: the list, and one case with all that is known of it. Steps are in `case_steps`."""

from __future__ import annotations

from starlette.responses import Response

from agreements.stages import CASES_OVER, CaseState
from console.comparing import rows_of
from console.pages.case_forms import Typed, forms_of
from console.paging import Part, part_of
from console.routing import Page
from console.timeline import timeline_of
from console.visit import Visit
from console.wording.rules import RULES
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from symbolon.v1 import cases_pb2 as wire


async def list_cases(visit: Visit) -> Response:
    """List the cases that are not over."""
    return await _list(visit, wire.ListCasesRequest(), "")


async def find_cases(visit: Visit) -> Response:
    """List those that are looked for; by a form, for a case reference is nothing for an address."""
    form = await visit.form()
    wanted = wire.ListCasesRequest(
        over_too=form.checked("over_too"),
        partner=form.text("partner"),
        state=form.text("state"),
        case_reference=form.text("case_reference"),
    )
    return await _list(visit, wanted, form.text("page"))


async def _list(visit: Visit, wanted: wire.ListCasesRequest, number: str) -> Response:
    try:
        cases = (await visit.desk.cases.list_cases(wanted, visit.officer)).cases
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        none: Part[wire.CaseShown] = part_of((), "")
        return visit.page("cases/list.html", 422, part=none, wanted=wanted, states=list(CaseState), error=error)
    return visit.page("cases/list.html", part=part_of(cases, number), wanted=wanted, states=list(CaseState), error=None)


async def show(visit: Visit) -> Response:
    """Show one case, without content."""
    return case_page(visit, await case_of(visit))


def member_of(visit: Visit) -> str:
    """Give the URI of the holder in the path; raise `SymbolonError` (`NO_SUCH_CASE`) where it is no agency's name."""
    try:
        return Party.agency(visit.part("holder")).uri
    except IdentityError:
        raise SymbolonError(ErrorCode.NO_SUCH_CASE) from None


async def case_of(visit: Visit) -> wire.CaseShown:
    """Give the case of the path as it is now; that it was shown is logged."""
    request = wire.ShowCaseRequest(reference=visit.part("reference"), member=member_of(visit))
    return (await visit.desk.cases.show_case(request, visit.officer)).case


def case_page(
    visit: Visit,
    case: wire.CaseShown,
    *,
    error: SymbolonError | None = None,
    typed: Typed | None = None,
) -> Response:
    """Give the page of a case; with an error above it and what was typed, where a step was not possible."""
    mine, others = forms_of(case, visit.officer, typed)
    return visit.page(
        "cases/case.html",
        409 if error else 200,
        case=case,
        file=case.file,
        rows=rows_of(case),
        has_content=bool(case.content_json),
        conditions=conditions_of(case),
        is_over=case.file.state in CASES_OVER,
        timeline=timeline_of(case),
        mine=mine,
        others=others,
        error=error,
        refusing=refusing(error),
        countries=visit.language.locale.territories,
    )


def refusing(error: SymbolonError | None) -> list[str]:
    """Give the rules that an agreement refuses a step by, in plain words; none for another error."""
    if error is None or error.code is not ErrorCode.AGREEMENT_REFUSES:
        return []
    return [RULES.get(rule, rule) for rule in error.detail.split(", ")]


def conditions_of(case: wire.CaseShown) -> wire.BindingConditions | None:
    """Give the conditions that bind, or else those that are offered; None before there are any."""
    if case.HasField("conditions"):
        return case.conditions
    return case.file.offer.conditions if case.file.HasField("offer") else None


PAGES = (
    Page("/cases", list_cases, "see_cases"),
    Page("/cases", find_cases, "see_cases", "POST"),
    Page("/cases/{holder}/{reference}", show, "see_cases"),
)
