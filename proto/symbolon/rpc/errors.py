"""The error catalogue: one row for each thing that can go wrong between a person and a federation.

A row gives the stable code, the gRPC status, the public text, the way out, and the exit code of the command line
(0 success, 1 a bug, 2 wrong usage by typer's convention, then one number a row). ``docs/reference/errors.md`` has a
section for each; a test compares them. Internal causes go to the process's own log, never over the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

_DOMAIN = "symbolon"
_OVERLOADED = "Concurrent RPC limit exceeded!"  # gRPC's words for a call beyond maximum_concurrent_rpcs


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row: ``exit_code`` is stable for scripts, ``text`` may leave the house, ``way_out`` says what to do next."""

    exit_code: int
    status: grpc.StatusCode
    text: str
    way_out: str


class ErrorCode(Enum):
    """Every error a user or another party can meet; the member's name in lower case is the code on the wire."""

    INVALID_INPUT = ErrorRow(
        3, grpc.StatusCode.INVALID_ARGUMENT, "the input is not valid", "mend the field named and try again"
    )
    NOT_INITIALISED = ErrorRow(
        4, grpc.StatusCode.FAILED_PRECONDITION, "the folder is not set up", "run the init command for it first"
    )
    ALREADY_INITIALISED = ErrorRow(
        5, grpc.StatusCode.ALREADY_EXISTS, "the folder is set up already", "name an empty folder, or keep this one"
    )
    UNREACHABLE = ErrorRow(
        6,
        grpc.StatusCode.UNAVAILABLE,
        "the party cannot be reached",
        "check that it runs and its address",
    )
    TIMED_OUT = ErrorRow(
        7, grpc.StatusCode.DEADLINE_EXCEEDED, "no answer in time", "try again; if it lasts, ask the party's operator"
    )
    NOT_PERMITTED = ErrorRow(
        8, grpc.StatusCode.PERMISSION_DENIED, "this party may not do that", "ask the operator of the called party"
    )
    NO_AGREEMENT = ErrorRow(
        9,
        grpc.StatusCode.FAILED_PRECONDITION,
        "no agreement in force allows this query",
        "check purpose and recipients against the agreements of this node",
    )
    QUERY_TOO_THIN = ErrorRow(
        10,
        grpc.StatusCode.INVALID_ARGUMENT,
        "the query does not identify a person well enough to be put",
        "add a name part, a birth date, a nationality or a document number",
    )
    DEADLINE_REQUIRED = ErrorRow(
        11, grpc.StatusCode.INVALID_ARGUMENT, "the call has no deadline, or too late a one", "set a deadline"
    )
    EPOCH_MISMATCH = ErrorRow(
        12,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the key epochs differ",
        "run symbolon node join, then symbolon node enrol, at the node that lags",
    )
    NORMALISER_MISMATCH = ErrorRow(
        13,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the normaliser versions differ, so matches would be missed silently",
        "install the federation's version of Symbolon at the node that lags and enrol again",
    )
    ENVELOPE_EXPIRED = ErrorRow(
        14,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the envelope has expired or its clock is ahead",
        "check the clocks of both nodes and put the query again",
    )
    QUOTA_EXHAUSTED = ErrorRow(
        15,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "the quota of evaluated elements for today is used up",
        "wait for the next day (UTC), or ask the custodian's operator for a larger quota",
    )
    CUSTODIAN_DISHONEST = ErrorRow(
        16,
        grpc.StatusCode.DATA_LOSS,
        "the custodian's evaluation does not verify against the epoch's public key",
        "stop, keep the log, and tell the coordinator and the custodian's operator",
    )
    KEY_CHANGED = ErrorRow(
        17,
        grpc.StatusCode.DATA_LOSS,
        "a key differs from the one this node pinned, or its certificate does not vouch for it",
        "compare the fingerprints with the other party by telephone before joining again",
    )
    NOT_JOINED = ErrorRow(
        18, grpc.StatusCode.FAILED_PRECONDITION, "the node has not joined a federation", "run symbolon node join"
    )
    LOG_NOT_WRITABLE = ErrorRow(
        19,
        grpc.StatusCode.UNAVAILABLE,
        "the disclosure log cannot be written, so nothing is disclosed",
        "free space or repair the disk; the node answers again by itself",
    )
    SOME_UNANSWERED = ErrorRow(
        20,
        grpc.StatusCode.UNAVAILABLE,
        "some nodes gave no answer, so a match there is not excluded",
        "read each node's outcome and put the query to them again",
    )
    ROWS_REJECTED = ErrorRow(
        21,
        grpc.StatusCode.INVALID_ARGUMENT,
        "some rows were set aside",
        "read the rejects file, mend its rows, import them",
    )
    NOT_FOUND = ErrorRow(22, grpc.StatusCode.NOT_FOUND, "there is no such record", "list the records there are")
    MALFORMED = ErrorRow(
        23,
        grpc.StatusCode.INVALID_ARGUMENT,
        "the message is not of the agreed form",
        "use one version of Symbolon",
    )
    BUSY = ErrorRow(
        24,
        grpc.StatusCode.UNAVAILABLE,
        "the party has as many calls under way as it takes",
        "wait a few seconds and try again",
    )
    NOT_ENROLLED = ErrorRow(
        25,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the node's list is not enrolled, so matches would be missed silently",
        "run symbolon node enrol at that node",
    )
    LOG_DAMAGED = ErrorRow(
        26,
        grpc.StatusCode.DATA_LOSS,
        "the disclosure log does not verify",
        "run symbolon audit verify, keep the file, and restore the log from its backup",
    )
    OFFICER_UNKNOWN = ErrorRow(
        27,
        grpc.StatusCode.UNAUTHENTICATED,
        "the desk knows no active officer by this name and key",
        "name the file of your own key with --officer-key; if it is, ask the node's operator for a new one",
    )
    ROLE_MISSING = ErrorRow(
        28,
        grpc.StatusCode.PERMISSION_DENIED,
        "this officer's roles do not allow that",
        "ask an officer who holds the role, or the node's operator",
    )
    NO_SUCH_CASE = ErrorRow(
        29,
        grpc.StatusCode.NOT_FOUND,
        "there is no such case",
        "list the cases or referrals there are and give the reference as it stands there",
    )
    STEP_NOT_POSSIBLE = ErrorRow(
        30,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the case is not where this step could be taken",
        "show the case to see where it stands and which steps there are",
    )
    NOT_THIS_OFFICER = ErrorRow(
        35,
        grpc.StatusCode.PERMISSION_DENIED,
        "this officer may not take this step",
        "let an officer take it who has the role named and had no part in it yet",
    )
    AGREEMENT_REFUSES = ErrorRow(
        36,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the agreement does not allow this step now",
        "read the rules named in the text of the agreement, or decline",
    )
    AGREEMENT_UNSIGNED = ErrorRow(
        31,
        grpc.StatusCode.FAILED_PRECONDITION,
        "a party's signature under the agreement is missing or does not hold",
        "have the parties named sign this very text: symbolon agreement countersign",
    )
    AGREEMENT_REFUSED = ErrorRow(
        32,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the agreement cannot be accepted at this node",
        "read the reason; where the text is at fault, all parties sign a mended one",
    )
    AGREEMENT_UNKNOWN = ErrorRow(
        33,
        grpc.StatusCode.NOT_FOUND,
        "this node has no such agreement",
        "run symbolon agreement list and name one by its id or fingerprint",
    )
    DECLARATION_REFUSED = ErrorRow(
        34,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the statement about the agreement cannot be made or does not hold",
        "read the reason; symbolon agreement list says where each agreement stands",
    )
    PROOF_REFUSED = ErrorRow(
        37,
        grpc.StatusCode.FAILED_PRECONDITION,
        "the proof does not show its entry to be in that log",
        "check that the key is that log's and the file whole; if both are right, do not rely on the entry",
    )
    DIRECTORY_UNREADABLE = ErrorRow(
        38,
        grpc.StatusCode.DATA_LOSS,
        "the coordinator's directory log cannot be read, so nothing new of it counts",
        "try again; if it lasts, ask the coordinator's operator",
    )
    DIRECTORY_DISPUTED = ErrorRow(
        39,
        grpc.StatusCode.DATA_LOSS,
        "the coordinator's directory contradicts what this node knows, so nothing new of it counts",
        "run symbolon node directory show, and compare with the members named by telephone",
    )
    DIRECTORY_WAITING = ErrorRow(
        40,
        grpc.StatusCode.FAILED_PRECONDITION,
        "no other member has cosigned this entry of the directory yet",
        "try again in some minutes, or compare by telephone and run symbolon node directory accept",
    )
    INTERNAL = ErrorRow(
        1, grpc.StatusCode.INTERNAL, "an error inside the called party", "its operator finds the cause in its own log"
    )

    @property
    def code(self) -> str:
        """Give the code as it stands on the wire, in JSON and in the documentation."""
        return self.name.lower()


class SymbolonError(Exception):
    """An error of the catalogue. ``detail`` may name a field, file or party, never a person or a value."""

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        super().__init__(f"{code.value.text}: {detail}" if detail else code.value.text)
        self.code = code
        self.detail = detail


def to_status(error: SymbolonError) -> grpc.Status:
    """Give the rich gRPC status of an error; the way out is read from the receiver's own catalogue."""
    info = any_pb2.Any()
    info.Pack(
        error_details_pb2.ErrorInfo(
            reason=error.code.name,
            domain=_DOMAIN,
            metadata={"detail": error.detail},
        )
    )
    number = getattr(code_pb2, error.code.value.status.name)
    status: grpc.Status = rpc_status.to_status(
        status_pb2.Status(code=number, message=error.code.value.text, details=[info])
    )
    return status


def stated_error(error: grpc.RpcError) -> SymbolonError | None:
    """Give the error of the catalogue that a server stated, or None when it stated none, or nothing readable.

    A server with as many calls as it takes states so by gRPC's own words, since none of its handlers was run.
    """
    if _is_overloaded(error):
        return SymbolonError(ErrorCode.BUSY)
    try:
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info) and info.domain == _DOMAIN and info.reason in ErrorCode.__members__:
                return SymbolonError(ErrorCode[info.reason], info.metadata.get("detail", ""))
    except (ValueError, DecodeError):  # bytes that are no status, or contradict the code: not made by our server
        return None
    return None


def _is_overloaded(error: grpc.RpcError) -> bool:
    # A message that is too large has the same status; only the words differ.
    if not isinstance(error, grpc.Call | grpc.aio.AioRpcError):
        return False
    return error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and error.details() == _OVERLOADED


def from_rpc_error(error: grpc.RpcError) -> SymbolonError:
    """Read the error a server stated, or classify a transport failure; unknown ones become `ErrorCode.INTERNAL`."""
    stated = stated_error(error)
    if stated is not None:
        return stated
    transport = {
        grpc.StatusCode.UNAVAILABLE: ErrorCode.UNREACHABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED: ErrorCode.TIMED_OUT,
        grpc.StatusCode.RESOURCE_EXHAUSTED: ErrorCode.MALFORMED,
        grpc.StatusCode.PERMISSION_DENIED: ErrorCode.NOT_PERMITTED,
    }
    code = error.code() if isinstance(error, grpc.Call | grpc.aio.AioRpcError) else None
    return SymbolonError(transport.get(code, ErrorCode.INTERNAL) if code else ErrorCode.INTERNAL)
