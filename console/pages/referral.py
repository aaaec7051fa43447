"""One referral: the request, the record, what would leave and what not, and the steps that can be taken.

Which steps there are, and who may take them, the node says (`NextStep`). Approving, correcting, sending and recalling
take two pages: the first shows exactly what leaves or is taken back, the second click does it. What is approved is
named by its digest, so the node refuses what has changed since it was shown.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args
from urllib.parse import quote

from starlette.responses import Response

from agreements.stages import REFERRAL, REFERRALS_OVER, ReferralEvent, ReferralState, allows
from console.pages import referrals
from console.pages.referrals import clock_of, tone_of
from console.reasons import Reason, reasons_of
from console.routing import Page
from console.visit import Form, Visit
from console.wording.texts import text
from node.cases.desk_steps import REFERRAL_STEPS
from node.cases.messages import MOST_CHARACTERS, Unclear
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire

_GONE = (ErrorCode.NO_SUCH_CASE, ErrorCode.ROLE_MISSING)
"""What has no page of its own: there is nothing to show again."""

_STATUS = {ErrorCode.INVALID_INPUT: 422, ErrorCode.NOT_THIS_OFFICER: 403}

_LEAVING = ("approve", "correct", "send")
"""Steps by which content may leave: what leaves is reviewed on a page of its own."""

_SAID: Mapping[str, str] = {
    "see": text("You have taken note of it."),
    "confirm_match": text("You have said that the record is of the same person."),
    "approve": text("Your approval is noted."),
    "decline": text("The request is declined."),
    "ask": text("The question is on its way to the asker."),
    "judge": text("The request is with a judge. The clock stands still."),
    "resume": text("The request is back, and the clock goes on."),
    "send": text("It is decided anew. What happened stands at the end of this page."),
    "answer_leave": text("Your answer is noted."),
    "settle": text("The dispute is settled."),
    "correct": text("Your approval of the correction is noted."),
    "recall": text("The recall is on its way to the asker."),
    "review": text("The review is noted."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A step that can be taken now, and whether this officer may."""

    step: wire.NextStep
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Again:
    """A form that was refused: of which step, what was typed, and why."""

    step: str = ""
    error: SymbolonError | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


def read_json(document: bytes) -> dict[str, Any]:
    """Read a document of the wire; empty where there is none."""
    return dict(json.loads(document)) if document else {}


async def show(visit: Visit) -> Response:
    """Show the referral."""
    return await _shown(visit, Again())


async def _referral(visit: Visit) -> wire.ReferralShown:
    request = wire.ShowReferralRequest(reference=visit.part("reference"))
    return (await visit.desk.cases.show_referral(request, visit.officer)).referral


async def _shown(visit: Visit, again: Again) -> Response:
    referral = await _referral(visit)
    status = _STATUS.get(again.error.code, 409) if again.error else 200
    return visit.page("referrals/one.html", status, again=again, topics=get_args(Unclear), **_of(visit, referral))


def _of(visit: Visit, referral: wire.ReferralShown) -> dict[str, Any]:
    """Give what the pages about a referral show."""
    roles = visit.officer.roles
    own_name = f"{visit.place.agency}/{visit.officer.name}"
    counting = sum(one.counts for one in referral.approvals)
    reasons: list[Reason] = reasons_of(referral.file.reasons)
    state, may_approve = ReferralState(referral.file.state), visit.officer.may("approve")
    has_left = allows(REFERRAL, state, ReferralEvent.CORRECT)
    # Of what has left and nobody disputes, and of what is over, approvals weigh nothing any more.
    is_open = state is ReferralState.DISPUTED or not has_left
    weighs = may_approve and state not in REFERRALS_OVER and (counting > 0 or is_open)
    return {
        "referral": referral,
        "file": referral.file,
        "base": f"/referrals/{quote(referral.file.reference, safe='')}",
        "clock": clock_of(referral, referrals.now()),
        "tone": tone_of(referral.file.state),
        "record": read_json(referral.record_json),
        "rules": read_json(referral.record_rules_json),
        "content": read_json(referral.content_json),
        "reasons": reasons,
        "may_decide": may_approve,
        "has_approved": own_name in referral.not_by,
        "fits": not roles.isdisjoint(referral.approval_roles),
        "weighs": weighs,
        "has_left": has_left,
        "missing": max(referral.approvals_needed - counting, 0),
        "choices": [Choice(step, not roles.isdisjoint(step.roles)) for step in referral.file.next_steps],
        "longest": MOST_CHARACTERS,
    }


def _step_of(name: str, visit: Visit, form: Form) -> wire.ActOnReferralRequest:
    """Give the request for a step with what was typed."""
    request = wire.ActOnReferralRequest(reference=visit.part("reference"))
    step = getattr(request, name)
    step.SetInParent()
    if isinstance(step, wire.Worded):
        step.words = form.text("digest") or form.text("words")
    elif isinstance(step, wire.Question):
        step.about = form.text("about")
    elif isinstance(step, wire.Leave):
        step.number = form.number("number") or 0
        step.given = form.text("given") == "yes"
    return request


async def act(name: str, visit: Visit) -> Response:
    """Take a step; where it is refused, show the referral as it is now, with why and what was typed."""
    form = await visit.form()
    typed = {key: value for key in ("words", "about") if (value := form.text(key))}
    try:
        await visit.desk.cases.act_on_referral(_step_of(name, visit, form), visit.officer)
    except SymbolonError as error:
        if error.code in _GONE:
            raise
        return await _shown(visit, Again(name, error, typed))
    return _done(name, visit)


async def let_out(name: str, visit: Visit) -> Response:
    """Show what would leave, and take the step once that is confirmed by its digest."""
    form = await visit.form()
    error: SymbolonError | None = None
    if form.text("confirmed") == "yes":
        try:
            await visit.desk.cases.act_on_referral(_step_of(name, visit, form), visit.officer)
        except SymbolonError as refusal:
            if refusal.code in _GONE:
                raise
            error = refusal
        else:
            return _done(name, visit)
    referral = await _referral(visit)
    is_changed = bool(form.text("digest")) and form.text("digest") != referral.digest
    if not referral.content_json or name not in {one.step for one in referral.file.next_steps}:
        why = error or SymbolonError(ErrorCode.STEP_NOT_POSSIBLE)
        return await _shown(visit, Again(name, why))
    status = _STATUS.get(error.code, 409) if error else 409 if is_changed else 200
    values = _of(visit, referral)
    return visit.page("referrals/release.html", status, step=name, error=error, is_changed=is_changed, **values)


async def recall(visit: Visit) -> Response:
    """Show what is recalled and why, and recall it once that is confirmed."""
    form = await visit.form()
    words = form.text("words")
    if form.text("confirmed") == "yes" or not words or len(words) > MOST_CHARACTERS:
        return await _recalled(visit, form)
    return visit.page("referrals/recall.html", words=words, **_of(visit, await _referral(visit)))


async def _recalled(visit: Visit, form: Form) -> Response:
    try:
        await visit.desk.cases.act_on_referral(_step_of("recall", visit, form), visit.officer)
    except SymbolonError as error:
        if error.code in _GONE:
            raise
        return await _shown(visit, Again("recall", error, {"words": form.text("words")}))
    return _done("recall", visit)


def _done(name: str, visit: Visit) -> Response:
    return visit.redirect(f"/referrals/{quote(visit.part('reference'), safe='')}", said=visit.say(_SAID[name]))


def _answering(name: str) -> Callable[[Visit], Awaitable[Response]]:
    if name == "recall":
        return recall
    return partial(let_out if name in _LEAVING else act, name)


PAGES = (
    Page("/referrals/{reference}", show, "see_referrals"),
    *(
        Page(f"/referrals/{{reference}}/{name.replace('_', '-')}", _answering(name), step.action, "POST")
        for name, step in REFERRAL_STEPS.items()
    ),
)
