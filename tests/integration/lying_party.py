"""Start a party with the command line as it ships, and let it misbehave when a file says so.

``python -m tests.integration.lying_party FILE node serve ...``; `lying` gives this as a launcher. The file is read at
every call, so one process can be honest, lie in one way and be honest again. An empty file is honesty. The lies a node,
a hub and a custodian can tell are the keys of `NODE_LIES`, `HUB_LIES` and `CUSTODIAN_LIES`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import sqlite3
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coordinator.custodian import evaluation
from coordinator.delivery import Delivery
from matching.envelope import SealedQuery, open_query
from matching.keys import SigningKey
from matching.oblivious import Evaluation, PrivateKey, evaluate_with_proof, generate_key
from matching.reply import REPLY_BYTES, ReplyContext, seal_reply
from node.queries import asking, responding
from node.queries.answers import NOTHING, encode_answer
from node.queries.responding import Responder
from symbolon.rpc.channel import MESSAGE_LIMIT
from symbolon.v1.relay_pb2 import DeliverResponse

Answering = Callable[[Responder, bytes], Awaitable[bytes]]
Delivering = Callable[..., AsyncGenerator[DeliverResponse, None]]

DIES = 66
"""Exit code of a party that dies in the middle of an answer."""

_HOUR = 3600


def lying(file: Path) -> list[str]:
    """Give the launcher of a party that does what the file says; it starts honest."""
    file.write_text("")
    return [sys.executable, "-m", __name__, str(file)]


@contextlib.contextmanager
def telling(file: Path, lie: str) -> Iterator[None]:
    """Let the party misbehave within the body."""
    file.write_text(lie)
    try:
        yield
    finally:
        file.write_text("")


_honest_answer: Answering = Responder.answer
_honest_delivery: Delivering = Delivery.deliver
_kept: list[Any] = []


async def _wrong_key(node: Responder, received: bytes) -> bytes:
    honest = node._keys
    node._keys = replace(honest, signing=SigningKey.generate())
    try:
        return await _honest_answer(node, received)
    finally:
        node._keys = honest


async def _replayed(node: Responder, received: bytes) -> bytes:
    _kept.append(await _honest_answer(node, received))
    reply: bytes = _kept[0]
    return reply


async def _of_another_query(node: Responder, received: bytes) -> bytes:
    """Say *nothing*, well sealed and signed, but for an envelope that was never sent."""
    query = SealedQuery.from_bytes(received)
    member = await node._member(query.header.sender)
    body = open_query(query, node._own, node._keys.sealing, member.signing)
    context = ReplyContext(secrets.token_bytes(32), node._own, query.header.sender)
    return seal_reply(encode_answer(NOTHING), body.reply_key, context, node._keys.signing)


async def _with_changed_module(node: Responder, received: bytes, **changed: Any) -> bytes:
    honest = {name: vars(responding)[name] for name in changed}
    vars(responding).update(changed)
    try:
        return await _honest_answer(node, received)
    finally:
        vars(responding).update(honest)


class _ClockAhead:
    """A clock that is an hour ahead."""

    @staticmethod
    def time() -> float:
        return time.time() + _HOUR


async def _with_a_broken_index(node: Responder, received: bytes) -> bytes:
    def find(*_: Any) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    vars(node._index)["find"] = find
    try:
        return await _honest_answer(node, received)
    finally:
        del vars(node._index)["find"]


async def _constant(reply: bytes) -> bytes:
    return reply


async def _answer_on_a_full_disk(node: Responder, received: bytes) -> bytes:
    with full_disk():
        return await _honest_answer(node, received)


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let every write of this process beyond a file's first block fail, as on a disk without room."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


NODE_LIES: dict[str, Answering] = {
    "": _honest_answer,
    "signs with another key": _wrong_key,
    "answers with garbage": lambda node, received: _constant(secrets.token_bytes(REPLY_BYTES)),
    "answers with zeros": lambda node, received: _constant(bytes(REPLY_BYTES)),
    "answers with nothing at all": lambda node, received: _constant(b""),
    "answers too long": lambda node, received: _constant(bytes(REPLY_BYTES + 1)),
    "answers with a flood": lambda node, received: _constant(bytes(MESSAGE_LIMIT + 1)),
    "answers as it did before": _replayed,
    "answers another query": _of_another_query,
    "cannot read its index": _with_a_broken_index,
    "dies": lambda node, received: os._exit(DIES),
    "clock an hour ahead": lambda node, received: _with_changed_module(node, received, time=_ClockAhead),
    "other normaliser": lambda node, received: _with_changed_module(node, received, own_normaliser=lambda: "1-other"),
    "disk full": _answer_on_a_full_disk,
}


async def _swapped(hub: Delivery, *arguments: Any) -> AsyncGenerator[DeliverResponse, None]:
    outcomes = [outcome async for outcome in _honest_delivery(hub, *arguments)]
    names = [outcome.recipient for outcome in outcomes]
    for outcome, name in zip(outcomes, names[::-1], strict=True):
        yield DeliverResponse(recipient=name, reply=outcome.reply)


async def _withheld(hub: Delivery, *arguments: Any) -> AsyncGenerator[DeliverResponse, None]:
    async for outcome in _honest_delivery(hub, *arguments):
        del outcome
    return
    yield


async def _twice(hub: Delivery, *arguments: Any) -> AsyncGenerator[DeliverResponse, None]:
    """Deliver everything twice and pass on what came the second time."""
    async for outcome in _honest_delivery(hub, *arguments):
        del outcome
    async for outcome in _honest_delivery(hub, *arguments):
        yield outcome


async def _from_an_earlier_query(hub: Delivery, *arguments: Any) -> AsyncGenerator[DeliverResponse, None]:
    _kept.append({outcome.recipient: outcome async for outcome in _honest_delivery(hub, *arguments)})
    for outcome in _kept[0].values():
        yield outcome


async def _deliver_on_a_full_disk(hub: Delivery, *arguments: Any) -> AsyncGenerator[DeliverResponse, None]:
    with full_disk():
        async for outcome in _honest_delivery(hub, *arguments):
            yield outcome


HUB_LIES: dict[str, Delivering] = {
    "": _honest_delivery,
    "swaps the replies": _swapped,
    "withholds the outcomes": _withheld,
    "delivers twice": _twice,
    "gives earlier replies": _from_an_earlier_query,
    "disk full": _deliver_on_a_full_disk,
}


def _with_another_key(key: PrivateKey, elements: Sequence[bytes]) -> Evaluation:
    del key
    return evaluate_with_proof(generate_key(), elements)


def _with_another_key_for_one(key: PrivateKey, elements: Sequence[bytes]) -> Evaluation:
    honest, other = evaluate_with_proof(key, elements), _with_another_key(key, elements)
    return Evaluation((other.elements[0], *honest.elements[1:]), honest.proof)


def _too_few(key: PrivateKey, elements: Sequence[bytes]) -> Evaluation:
    return evaluate_with_proof(key, elements[:-1])


def _without_proof(key: PrivateKey, elements: Sequence[bytes]) -> Evaluation:
    return replace(evaluate_with_proof(key, elements), proof=b"")


CUSTODIAN_LIES: dict[str, Callable[[PrivateKey, Sequence[bytes]], Evaluation]] = {
    "": evaluate_with_proof,
    "evaluates with another key": _with_another_key,
    "evaluates one element with another key": _with_another_key_for_one,
    "gives too few elements": _too_few,
    "gives no proof": _without_proof,
}


def _install(file: Path) -> None:
    told = file.read_text
    honest_ask, honest_received = asking.Asker.ask, vars(asking)["answer_received"]

    async def answer(node: Responder, received: bytes) -> bytes:
        return await NODE_LIES[told()](node, received)

    async def deliver(hub: Delivery, *arguments: Any) -> AsyncGenerator[DeliverResponse, None]:
        async with contextlib.aclosing(HUB_LIES[told()](hub, *arguments)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def ask(asker: asking.Asker, *arguments: Any) -> AsyncIterator[Any]:
        with full_disk() if told() == "disk full" else contextlib.nullcontext():
            async for event in honest_ask(asker, *arguments):
                yield event

    async def received(*arguments: Any) -> None:
        with full_disk() if told() == "disk full in the middle" else contextlib.nullcontext():
            await honest_received(*arguments)

    def evaluated(key: PrivateKey, elements: Sequence[bytes]) -> Evaluation:
        return CUSTODIAN_LIES[told()](key, elements)

    vars(asking)["answer_received"] = received
    vars(evaluation)["evaluate_with_proof"] = evaluated
    for owner, name, lie in ((Responder, "answer", answer), (Delivery, "deliver", deliver), (asking.Asker, "ask", ask)):
        setattr(owner, name, lie)


def main() -> None:
    """Misbehave as the file named first says; the rest of the command line is the product's."""
    _install(Path(sys.argv.pop(1)))
    from cli.main import main as symbolon  # noqa: PLC0415  # the lies come first

    symbolon()


if __name__ == "__main__":
    main()
