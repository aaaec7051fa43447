"""A request of a data subject: whom to look for, what was found, and the decision, after which there is a letter.

Particulars of the person stand in forms only. A search is named in the address by a random word. What was found can be
searched for again with other particulars, and with other records of this agency taken for the person's.
"""

from __future__ import annotations

from collections import defaultdict

from starlette.responses import Response

from auditing.subject_extract import GROUNDS
from auditing.subject_letter import set_letter
from console.languages import Language, languages
from console.numbers import whole
from console.routing import Page
from console.visit import Form, Visit
from console.wording.said import worded
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire


async def ask(visit: Visit) -> Response:
    """Ask whom to look for."""
    return visit.page("subject/ask.html", typed=defaultdict(str), error=None)


async def find(visit: Visit) -> Response:
    """Begin to look."""
    form = await visit.form()
    read = (whole(one, 10**15) for one in form.text("also").split())
    also = [number for number in read if number is not None]
    his = form.texts("his")
    request = wire.FindSubjectRequest(
        request=form.text("request"),
        names=_lines(form, "names"),
        births=_lines(form, "births"),
        documents=_lines(form, "documents"),
        records=list(dict.fromkeys([*_lines(form, "records"), *his])),
        references=_lines(form, "references"),
        also=also,
        without=[one for one in form.texts("fitting") if one not in his],
    )
    try:
        begun = await visit.desk.subjects.find_subject(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        typed = defaultdict(str, {name: given[0] for name, given in form.values().items() if given})
        typed["records"] = "\n".join(request.records)
        return visit.page("subject/ask.html", 422, typed=typed, error=error)
    return visit.redirect(f"/subject-access/{begun.work}")


async def found(visit: Visit) -> Response:
    """Show what was found, and ask for the decision; or the letter."""
    return await _found(visit)


async def decide(visit: Visit) -> Response:
    """Decide what the person is told."""
    form = await visit.form()
    choices = [(name, given[0]) for name, given in form.values().items() if given]
    categories = [(name.partition(".")[2], value) for name, value in choices if name.startswith("category.")]
    partners = [(name.partition(".")[2], value) for name, value in choices if name.startswith("partner.")]
    request = wire.DecideSubjectRequest(
        work=visit.part("work"),
        tell=[name for name, value in categories if value == "tell"],
        withhold=[f"{name}={value}" for name, value in (*categories, *partners) if value in GROUNDS],
        heard=[f"{name}={value}" for name, value in partners if value in ("agrees", "objects")]
        + [f"{name}=objects" for name, value in partners if value in GROUNDS],
        refuse=form.text("refuse"),
        reason=form.text("reason"),
    )
    try:
        await visit.desk.subjects.decide_subject(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return await _found(visit, error)
    return visit.redirect(f"/subject-access/{request.work}", visit.say("The decision is in the log. Send the letter."))


async def letter(visit: Visit) -> Response:
    """Give the letter as a file, in a language of the console: the person's may not be the officer's."""
    shown, language = await _shown(visit), languages().get(visit.part("language"))
    if language is None:
        raise SymbolonError(ErrorCode.NOT_FOUND)
    if not shown.letter_lines:
        raise SymbolonError(ErrorCode.NOT_FOUND, "there is no letter before the decision")
    content = _letter(shown, language).encode()
    return visit.file(content, f"letter.{language.code}.txt", "text/plain; charset=utf-8")


def _letter(shown: wire.ShowFoundSubjectResponse, language: Language) -> str:
    return set_letter((worded(one.says, language), one.indent) for one in shown.letter_lines)


async def _shown(visit: Visit) -> wire.ShowFoundSubjectResponse:
    request = wire.ShowFoundSubjectRequest(work=visit.part("work"))
    return await visit.desk.subjects.show_found_subject(request, visit.officer)


async def _found(visit: Visit, error: SymbolonError | None = None) -> Response:
    shown = await _shown(visit)
    return visit.page(
        "subject/found.html",
        422 if error else 200,
        shown=shown,
        letter=_letter(shown, visit.language),
        categories=list(dict.fromkeys(one.category for one in shown.lines)),
        partners=list(dict.fromkeys(one.partner for one in shown.lines if one.partner)),
        grounds=list(GROUNDS),
        typed=_typed(shown),
        error=error,
    )


def _typed(shown: wire.ShowFoundSubjectResponse) -> dict[str, str]:
    """Give what was asked as the form has it; records stand beside it, each with a box to tick."""
    asked = shown.asked
    several = {name: "\n".join(getattr(asked, name)) for name in ("names", "births", "documents", "references")}
    return several | {"request": asked.request, "records": "", "also": " ".join(map(str, asked.also))}


def _lines(form: Form, name: str) -> list[str]:
    return [one.strip() for one in form.text(name).splitlines() if one.strip()]


PAGES = (
    Page("/subject-access", ask, "answer_subject"),
    Page("/subject-access", find, "answer_subject", "POST"),
    Page("/subject-access/{work}", found, "answer_subject"),
    Page("/subject-access/{work}", decide, "answer_subject", "POST"),
    Page("/subject-access/{work}/letter/{language}", letter, "answer_subject"),
)
