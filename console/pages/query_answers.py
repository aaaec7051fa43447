"""What comes of a query: one page that fills as the nodes answer, with a script by itself and without one by reload."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.pages.query import put
from console.routing import Page
from console.running import RunningQuery
from console.visit import Visit
from node.queries.outcome_words import LEFT, outcome_word
from symbolon.v1 import desk_pb2

ALIVE_SECONDS = 10.0
"""Seconds without news after which the stream says that it is alive."""

ALIVE = "event: alive\ndata: alive\n\n"
"""What it says then; the script takes a stream without a word for lost."""

_STYLES = {"hit": "good", "nothing": "", "not_asked": "warn", "waiting": ""}


async def show(visit: Visit) -> Response:
    """Show a query and what is known of each node by now."""
    query = _found(visit)
    return visit.page(
        "query/answers.html",
        query=query,
        subject=json.loads(query.request.subject_json),
        nodes=_nodes(query),
        summary=_summary(query),
    )


async def events(visit: Visit) -> Response:
    """Stream what changes on the page of a query until it is over, as server-sent events."""
    query = _found(visit)
    return visit.stream(_stream(visit, query), "text/event-stream")


async def ask_again(visit: Visit) -> Response:
    """Put the query again to those nodes whose word is not known."""
    await visit.form()
    query = _found(visit)
    unanswered = query.unanswered()
    if not unanswered:
        return visit.redirect(f"/queries/{query.name}")
    request = desk_pb2.QueryRequest()
    request.CopyFrom(query.request)
    del request.recipients[:]
    request.recipients.extend(unanswered)
    again = await put(visit, request)
    return visit.redirect(f"/queries/{again.name}")


def _found(visit: Visit) -> RunningQuery:
    query = visit.place.queries.find(visit.part("query"), visit.officer.name)
    if query is None:
        raise HTTPException(404)
    return query


def _nodes(query: RunningQuery) -> list[dict[str, Any]]:
    return [_node(query, place, *member) for place, member in enumerate(query.members())]


def _node(query: RunningQuery, place: int, member: str, name: str) -> dict[str, Any]:
    answer = query.outcome_of(member)
    reach = next((one for one in query.reach if one.member == member), None)
    waits = "waiting" if query.state == "running" else "missing"
    outcome = outcome_word(answer.outcome) if answer is not None else waits
    return {
        "place": place,
        "member": member,
        "name": name,
        "outcome": outcome,
        "style": _STYLES.get(outcome, "bad"),
        "answer": answer,
        "agreement": reach.agreement if reach is not None else "",
        "code": reach.code if reach is not None else "",
        "left": {one: getattr(answer, one) for one in LEFT if answer.HasField(one)} if answer is not None else {},
    }


def _summary(query: RunningQuery) -> dict[str, Any]:
    outcomes = [outcome_word(one.outcome) for one in query.outcomes]
    cleared = sum(_is_cleared(one) for one in query.outcomes)
    asked = {one.member for one in query.reach if one.asked}
    asked |= {one.member for one in query.outcomes if outcome_word(one.outcome) != "not_asked"}
    return {
        "asked": len(asked),
        "told": sum(outcome != "not_asked" for outcome in outcomes),
        "hits": outcomes.count("hit") - cleared,
        "cleared": cleared,
        "unanswered": len(query.unanswered()),
    }


def _is_cleared(answer: desk_pb2.NodeAnswer) -> bool:
    """Say whether all that a node told of was cleared before: then it is no hit (`Desk/Check` counts alike)."""
    return bool(answer.candidates) and all(one.HasField("cleared") for one in answer.candidates)


async def _stream(visit: Visit, query: RunningQuery) -> AsyncIterator[str]:
    """Give everything there is, for the page may be older, and then each outcome as it comes, until signed out."""
    apart = replace(visit, session=None)  # what is to be told once is told on a page
    shown = 0
    first = True
    while visit.still_may("query"):
        is_over = query.state != "running"
        members = query.members()
        news = {one.member for one in query.outcomes[shown:]}
        shown = len(query.outcomes)
        for place, member in enumerate(members):
            if first or is_over or member[0] in news:
                html = apart.render("query/node_alone.html", node=_node(query, place, *member), query=query)
                yield _event("node", {"place": place, "html": html})
        if first or news or is_over:
            yield _event("summary", {"html": apart.render("query/summary_alone.html", **_said(query))})
        if is_over:
            yield _event("end", {})
            return
        first = False
        if len(query.outcomes) == shown and query.state == "running":
            await query.change(ALIVE_SECONDS)
            yield ALIVE


def _said(query: RunningQuery) -> dict[str, Any]:
    return {"query": query, "summary": _summary(query)}


def _event(kind: str, data: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


PAGES = (
    Page("/queries/{query}", show, "query"),
    Page("/queries/{query}/events", events, "query"),
    Page("/queries/{query}/again", ask_again, "query", "POST"),
)
