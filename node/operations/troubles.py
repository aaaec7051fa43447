"""What is wrong with a node, or soon will be, in sentences, each with the way out. Pure: the state comes in.

``bad`` is what does not work now, ``warn`` what will not, or may not. The console translates the sentences
(`console.wording.sentences`), so those with values in them are of a form that is listed there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symbolon.v1 import operations_pb2 as wire

EXPIRY_DAYS = 30
"""Days before the end of a certificate from which on it is a trouble."""

LOW_DISK = 1024 * 1024 * 1024
"""Free bytes under which the disk is a trouble; at `node.disclosing.ROOM_BYTES` the node discloses nothing."""

_CERTIFICATES = {
    "party": "The certificate of this node",
    "authority": "The certificate of the federation's authority",
    "console": "The certificate of the console",
    "systems_authority": "The certificate of the authority for own systems",
    "system": "The certificate of {subject}",
}
_RENEWALS = {
    "party": "Have the authority sign the node's request again, put the certificate in its place and start the node"
    " again.",
    "authority": "Ask the federation for its authority's next certificate.",
    "console": "Put the next certificate and key in tls/console.crt and tls/console.key and start the node again.",
    "systems_authority": "Move the folder systems away, start the node again, and let each system in anew.",
    "system": "Let the system in again by its request: symbolon node system add.",
}


def troubles(shown: wire.ShowNodeResponse, peers: Iterable[wire.PeerShown]) -> list[wire.Trouble]:
    """Give the troubles of a state, the grave ones first."""
    found = [*_of_the_log(shown), *_of_the_list(shown), *_of_the_directory(shown), *_of_the_mail(shown)]
    found += [*_of_certificates(shown), *_of_the_disk(shown), *_of_peers(peers)]
    return sorted(found, key=lambda one: one.gravity != "bad")


def _bad(what: str, way_out: str) -> wire.Trouble:
    return wire.Trouble(gravity="bad", what=what, way_out=way_out)


def _warn(what: str, way_out: str) -> wire.Trouble:
    return wire.Trouble(gravity="warn", what=what, way_out=way_out)


def _of_the_log(shown: wire.ShowNodeResponse) -> Iterator[wire.Trouble]:
    state = shown.status
    if state.stopped:
        yield _bad(
            "This node discloses nothing at present.",
            "Read why under “Log and witnesses” and mend that; it goes on by itself.",
        )
    if not state.HasField("ledger_entries"):
        yield _bad("The disclosure log cannot be read.", "Put its file back from a backup: see “Run a node”.")
    if not state.witnessed_at:
        yield _warn(
            "Nobody has witnessed the log yet.",
            "It comes by itself once another member or the coordinator runs; where it lasts, check the connection.",
        )
    for one in state.contradicting_logs:
        yield _bad(
            f"A log contradicts what this node cosigned: {one}.",
            "Keep the file witness.db, and tell the auditors of both agencies and the coordinator.",
        )
    for one in state.refusing_witnesses:
        yield _bad(
            f"A witness refuses the head of this node's log: {one}.",
            "If the log was put back from a backup, tell that witness's operator; otherwise keep everything and tell"
            " the auditor.",
        )
    for one in state.logs_not_seen:
        yield _warn(f"A log was not brought here for a day: {one}.", "Ask the operator of that party whether it runs.")


def _of_the_list(shown: wire.ShowNodeResponse) -> Iterator[wire.Trouble]:
    if shown.pending:
        yield _bad(
            f"{shown.pending} records are not enrolled: no query finds them as they are now.",
            "Start an enrolment under “List”.",
        )
    if shown.unfindable:
        yield _warn(
            f"{shown.unfindable} records say too little to be found blind.",
            "Complete them (“Cannot be found blind” lists them), import and enrol, or ask by other channels.",
        )
    if not shown.status.agreements:
        yield _bad(
            "No agreement is in force: nobody may ask and nothing is answered.",
            "Sign and accept one: symbolon agreement accept.",
        )


def _of_the_directory(shown: wire.ShowNodeResponse) -> Iterator[wire.Trouble]:
    state = shown.status
    if state.directory_disputes:
        yield _bad(
            f"The directory is disputed ({len(state.directory_disputes)}): nothing new of it counts.",
            "Look at the evidence under “Partners”, compare with the partner by telephone, then settle it.",
        )
    if state.directory_waiting:
        yield _warn(
            f"{len(state.directory_waiting)} entries of the directory wait for a cosignature.",
            "Wait for another member to cosign them, or compare fingerprints by telephone and accept them under"
            " “Partners”.",
        )
    if state.directory_trouble:
        yield _warn(
            "The directory could not be refreshed the last time.",
            "Check that the coordinator runs and can be reached; what is pinned counts meanwhile.",
        )


def _of_the_mail(shown: wire.ShowNodeResponse) -> Iterator[wire.Trouble]:
    if shown.status.messages_set_aside:
        yield _bad(
            f"{shown.status.messages_set_aside} messages of partners could not be handled.",
            "Retry them under “Mail”; if that fails, both nodes need the same version.",
        )


def _of_certificates(shown: wire.ShowNodeResponse) -> Iterator[wire.Trouble]:
    for one in shown.certificates:
        whose = _CERTIFICATES[one.name].format(subject=one.subject)
        if one.days_left < 0:
            yield _bad(f"{whose} is over.", _RENEWALS[one.name])
        elif one.days_left < EXPIRY_DAYS:
            yield _warn(f"{whose} ends in {one.days_left} days.", _RENEWALS[one.name])


def _of_the_disk(shown: wire.ShowNodeResponse) -> Iterator[wire.Trouble]:
    if shown.free_bytes < LOW_DISK:
        yield _warn(
            f"The disk of the node's data has {shown.free_bytes // (1024 * 1024)} MiB left.",
            "Make room; where the log cannot be written, nothing is disclosed.",
        )


def _of_peers(peers: Iterable[wire.PeerShown]) -> Iterator[wire.Trouble]:
    for peer in peers:
        if not peer.normalises_alike:
            yield _bad(
                f"{peer.member} reads names in another way than this node, so neither finds the other's persons.",
                "Use one version of Symbolon at both, and enrol again.",
            )
