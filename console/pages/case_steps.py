"""The steps with a case, each by a form; content is shown as the answer to the step read, and nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.responses import Response

from console.comparing import rows_of
from console.pages.case_forms import step_of, typed_in
from console.pages.cases import case_of, case_page, conditions_of, member_of
from console.routing import Page
from console.timeline import timeline_of
from console.visit import Visit
from console.wording.words import WORDS
from node.cases.desk_steps import CASE_STEPS
from symbolon.rpc.errors import SymbolonError
from symbolon.v1 import cases_pb2 as wire


def taking(step: str) -> Callable[[Visit], Awaitable[Response]]:
    """Give the page that takes a step; where it is not possible, it shows the case as it is now, and why not."""

    async def take(visit: Visit) -> Response:
        form = await visit.form()
        name = form.text("form")
        try:
            request = _request(visit)
            request.MergeFrom(wire.ActOnCaseRequest(**step_of(step, name, form)))
            case = (await visit.desk.cases.act_on_case(request, visit.officer)).case
        except SymbolonError as error:
            return case_page(visit, await case_of(visit), error=error, typed=typed_in(name, form.values()))
        if step == "read":
            return case_page(visit, case)
        return visit.redirect(
            f"/cases/{visit.part('holder')}/{visit.part('reference')}", visit.say(WORDS[f"done.{step}"])
        )

    return take


async def report(visit: Visit) -> Response:
    """Make a case's report for printing: with its content, which is a reading, or without, which is a showing."""
    form = await visit.form()
    if not form.checked("report_content"):
        return _report(visit, await case_of(visit))
    try:
        request = _request(visit)
        request.read.SetInParent()
        case = (await visit.desk.cases.act_on_case(request, visit.officer)).case
    except SymbolonError as error:
        return case_page(visit, await case_of(visit), error=error)
    return _report(visit, case)


def _request(visit: Visit) -> wire.ActOnCaseRequest:
    return wire.ActOnCaseRequest(reference=visit.part("reference"), member=member_of(visit))


def _report(visit: Visit, case: wire.CaseShown) -> Response:
    return visit.page(
        "cases/report.html",
        case=case,
        file=case.file,
        rows=rows_of(case),
        has_content=bool(case.content_json),
        conditions=conditions_of(case),
        timeline=timeline_of(case),
        countries=visit.language.locale.territories,
        now=datetime.now(UTC),
    )


PAGES = (
    *(
        Page(f"/cases/{{holder}}/{{reference}}/{name.replace('_', '-')}", taking(name), step.action, "POST")
        for name, step in CASE_STEPS.items()
    ),
    Page("/cases/{holder}/{reference}/report", report, "see_cases", "POST"),
)
