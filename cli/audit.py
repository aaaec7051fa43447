"""``symbolon audit``: the commands on a disclosure log."""

from __future__ import annotations

from cli.loading import CommandEntry, lazy_group

COMMANDS = {
    "list": CommandEntry(
        "cli.audit_entries",
        "list_entries",
        "List the entries of the log, without anything personal.",
        "symbolon audit list --type query_answered --partner DE-ZASM --since 2026-11-01",
    ),
    "show": CommandEntry(
        "cli.audit_entries",
        "show",
        "Show one entry: its event, the commitments to what is personal, and its hash.",
        "symbolon audit show 17",
    ),
    "open": CommandEntry(
        "cli.audit_entries",
        "open_entry",
        "Show what is personal in one entry. That it was looked at is written into the log first.",
        "symbolon audit open 17 --user j.auditor",
    ),
    "verify": CommandEntry(
        "cli.audit_entries",
        "verify",
        "Check every entry, link and commitment of the log and the tree over it; the first that fails is named.",
        "symbolon audit verify",
    ),
    "export": CommandEntry(
        "cli.audit_exports",
        "export",
        "Write entries, checkpoints and agreements to a file that symbolon-verify checks without this house.",
        "symbolon audit export november.export --since 2026-11-01 --until 2026-11-30",
    ),
    "report": CommandEntry(
        "cli.audit_report",
        "report",
        "Report on the log: queries put and received, refusals, denied calls, opened fields, fishing patterns, quotas.",
        "symbolon audit report --since 2026-11-01 --until 2026-11-30 --html november.html",
    ),
    "reconcile": CommandEntry(
        "cli.audit_reconcile",
        "reconcile",
        "Compare exports: what one says it told, sent or released, what the other says it received, and the duties.",
        "symbolon audit reconcile france.export germany.export --key france.key --key germany.key",
    ),
    "statistics": CommandEntry(
        "cli.audit_statistics",
        "statistics",
        "Count queries and matches by period, party and purpose, and requests of data subjects by year.",
        "symbolon audit statistics --by month --csv statistics-2026",
    ),
    "subject": CommandEntry(
        "cli.audit_subject",
        "subject",
        "Give what the log says about one person, to answer a request of that person.",
        "symbolon audit subject --request DSR-2026-7 --name 'Idris Maran' --born 1975-03-02 --home node",
    ),
    "key": CommandEntry(
        "cli.audit_proofs",
        "key",
        "Print the verifier key of this party's log, for those who are to check its checkpoints and proofs.",
        "symbolon audit key --home /srv/symbolon",
    ),
    "checkpoint": CommandEntry(
        "cli.audit_proofs",
        "checkpoint",
        "Sign the head of the log as it is now and print it as a checkpoint; the log keeps it.",
        "symbolon audit checkpoint --home /srv/symbolon > france.checkpoint",
    ),
    "proof": CommandEntry(
        "cli.audit_proofs",
        "proof",
        "Print a file that proves one entry to be in the log: the entry, its place, and a checkpoint.",
        "symbolon audit proof 17 --home /srv/symbolon > 17.tlog-proof",
    ),
    "tiles": CommandEntry(
        "cli.audit_proofs",
        "tiles",
        "Lay the log out as files after C2SP's tlog-tiles, for programs that read logs in that form.",
        "symbolon audit tiles france-2026-11 --home /srv/symbolon",
    ),
    "enrolled": CommandEntry(
        "cli.audit_enrolled",
        "enrolled",
        "Print what proves, with one entry of the log, that a record was enrolled exactly as it stands.",
        "symbolon audit enrolled FR-1187 --user j.auditor --home /srv/symbolon",
    ),
    "hold": CommandEntry(
        "cli.audit_retention",
        "hold",
        "Keep what is personal in all entries that name a value, for as long as it is under review.",
        "symbolon audit hold 2026/117 --reason 'complaint 4/2026' --user j.auditor",
    ),
    "holds": CommandEntry(
        "cli.audit_retention",
        "holds",
        "List the holds by number; what they keep is opened with symbolon audit open.",
        "symbolon audit holds --home /srv/symbolon",
    ),
    "lift": CommandEntry(
        "cli.audit_retention",
        "lift",
        "End a hold; what it kept is erased when its time is over.",
        "symbolon audit lift 812 --reason 'complaint settled' --user j.auditor",
    ),
    "erase": CommandEntry(
        "cli.audit_retention",
        "erase",
        "Erase what is personal in entries older than the retention time, and not held. A node does so once a day.",
        "symbolon audit erase --home /srv/symbolon",
    ),
    "check": CommandEntry(
        "cli.audit_proofs",
        "check",
        "Check that an entry is in the log of this key, from the file alone, and show it; or a whole log of tiles.",
        "symbolon audit check 17.tlog-proof --key france.key",
    ),
}

app = lazy_group(COMMANDS, "Read and check the disclosure log.")
