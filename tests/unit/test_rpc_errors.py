"""The error catalogue: each row stable, documented, and the same on both ends of a wire."""

from __future__ import annotations

import re
from collections.abc import Iterable

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error, stated_error, to_status
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "errors.md"

STABLE_EXIT_CODES = {
    "internal": 1,
    "invalid_input": 3,
    "not_initialised": 4,
    "already_initialised": 5,
    "unreachable": 6,
    "timed_out": 7,
    "not_permitted": 8,
    "no_agreement": 9,
    "query_too_thin": 10,
    "deadline_required": 11,
    "epoch_mismatch": 12,
    "normaliser_mismatch": 13,
    "envelope_expired": 14,
    "quota_exhausted": 15,
    "custodian_dishonest": 16,
    "key_changed": 17,
    "not_joined": 18,
    "log_not_writable": 19,
    "some_unanswered": 20,
    "rows_rejected": 21,
    "not_found": 22,
    "malformed": 23,
    "busy": 24,
    "not_enrolled": 25,
    "log_damaged": 26,
    "officer_unknown": 27,
    "role_missing": 28,
    "no_such_case": 29,
    "step_not_possible": 30,
    "not_this_officer": 35,
    "agreement_refuses": 36,
    "proof_refused": 37,
    "agreement_unsigned": 31,
    "agreement_refused": 32,
    "agreement_unknown": 33,
    "declaration_refused": 34,
    "directory_unreadable": 38,
    "directory_disputed": 39,
    "directory_waiting": 40,
}


def test_no_code_ever_changes_its_exit_code() -> None:
    """Scripts depend on them: a row may be added to this table, none may change."""
    assert {one.code: one.value.exit_code for one in ErrorCode} == STABLE_EXIT_CODES


def test_no_two_rows_are_taken_for_one_another() -> None:
    """Rows of equal value would become aliases of one member, and lose their names."""
    assert len(ErrorCode.__members__) == len(list(ErrorCode))
    assert len({one.value.exit_code for one in ErrorCode}) == len(list(ErrorCode))


@pytest.mark.parametrize("code", ErrorCode)
def test_every_row_says_what_is_wrong_and_what_to_do(code: ErrorCode) -> None:
    row = code.value
    assert row.text
    assert row.way_out
    assert row.text == row.text.strip(" .")
    assert row.status is not grpc.StatusCode.OK
    assert row.exit_code not in (0, 2)
    assert row.exit_code < 126


@pytest.mark.parametrize("code", ErrorCode)
def test_every_row_has_its_section_in_the_documentation(code: ErrorCode) -> None:
    row, section = code.value, sections()[code.code]
    assert f"Exit code {row.exit_code} · gRPC `{row.status.name}`" in section
    assert f"*{row.text[0].upper()}{row.text[1:]}.*" in section
    assert f"**What to do:** {row.way_out}" in section
    explained = section.split("**What to do:**")[1].split("\n\n", 1)
    assert len(explained) == 2, "a section also says when the error comes up"
    assert len(explained[1].split()) > 8, "a section also says when the error comes up"


def test_the_documentation_has_no_section_of_a_row_that_is_gone() -> None:
    assert set(sections()) == {one.code for one in ErrorCode}


def sections() -> dict[str, str]:
    parts = re.split(r"^## `([a-z_]+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def call(
    code: grpc.StatusCode, details: str | None = "", trailing: Iterable[tuple[str, bytes]] = ()
) -> grpc.aio.AioRpcError:
    """Give a call that ended with a status, as the client sees it."""
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details)


def trailing_of(status: grpc.Status) -> list[tuple[str, bytes]]:
    return [(key, value if isinstance(value, bytes) else value.encode()) for key, value in status.trailing_metadata]


def ended_with(error: SymbolonError) -> grpc.aio.AioRpcError:
    status = to_status(error)
    return call(status.code, status.details, trailing_of(status))


@pytest.mark.parametrize("code", ErrorCode)
@pytest.mark.parametrize("detail", ["", "field: what is wrong with it"])
def test_an_error_survives_the_wire(code: ErrorCode, detail: str) -> None:
    read = from_rpc_error(ended_with(SymbolonError(code, detail)))
    assert (read.code, read.detail) == (code, detail)
    assert str(read) == str(SymbolonError(code, detail))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.UNAVAILABLE, ErrorCode.UNREACHABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ErrorCode.TIMED_OUT),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorCode.MALFORMED),
        (grpc.StatusCode.PERMISSION_DENIED, ErrorCode.NOT_PERMITTED),
        (grpc.StatusCode.INTERNAL, ErrorCode.INTERNAL),
        (grpc.StatusCode.UNIMPLEMENTED, ErrorCode.INTERNAL),
        (grpc.StatusCode.CANCELLED, ErrorCode.INTERNAL),
    ],
)
def test_a_failure_of_the_transport_is_classified_and_its_text_dropped(
    status: grpc.StatusCode, code: ErrorCode
) -> None:
    failure = call(status, "failed to connect to all addresses; last error: ipv4:192.0.2.1")
    assert stated_error(failure) is None
    read = from_rpc_error(failure)
    assert (read.code, read.detail) == (code, "")


def test_a_server_with_too_many_calls_is_busy_and_not_at_odds_with_us() -> None:
    assert from_rpc_error(call(grpc.StatusCode.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!")).code is (
        ErrorCode.BUSY
    )
    assert from_rpc_error(call(grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max")).code is (
        ErrorCode.MALFORMED
    )


def test_words_of_another_domain_or_an_unknown_row_are_not_believed() -> None:
    known = SymbolonError(ErrorCode.EPOCH_MISMATCH)
    for reason, other in ((b"EPOCH_MISMATCH", b"EPOCH_MISMATXX"), (b"symbolon", b"elsewher")):
        status = to_status(known)
        trailing = [(key, value.replace(reason, other)) for key, value in trailing_of(status)]
        assert trailing != trailing_of(status)
        failure = call(status.code, status.details, trailing)
        assert rpc_status.from_call(failure) is not None
        assert stated_error(failure) is None


def test_a_status_that_contradicts_its_details_is_not_believed() -> None:
    status = to_status(SymbolonError(ErrorCode.EPOCH_MISMATCH))
    failure = call(grpc.StatusCode.UNAVAILABLE, "elsewhere", trailing_of(status))
    assert from_rpc_error(failure).code is ErrorCode.UNREACHABLE


def garbled_inside() -> bytes:
    """Give a status whose detail says it is one of ours and is none."""
    garbled = any_pb2.Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff\xff\xff")
    number = code_pb2.FAILED_PRECONDITION
    content: bytes = status_pb2.Status(code=number, details=[garbled]).SerializeToString()
    return content


@pytest.mark.parametrize("content", [b"\xff\xff\xff", garbled_inside()], ids=["status", "detail"])
def test_details_that_are_no_message_are_not_believed_and_break_nothing(content: bytes) -> None:
    failure = call(grpc.StatusCode.FAILED_PRECONDITION, "", [("grpc-status-details-bin", content)])
    assert stated_error(failure) is None
    assert from_rpc_error(failure).code is ErrorCode.INTERNAL
