"""``symbolon node``: the commands on an agency's node and its own list."""

from __future__ import annotations

from cli.loading import CommandEntry, lazy_group

COMMANDS = {
    "init": CommandEntry(
        "cli.node_init",
        "init",
        "Set up a node: settings, secrets, TLS key and certificate request.",
        "symbolon node init --home /srv/symbolon --agency FR-DNMS --display-name 'Division nationale'"
        " --listen 0.0.0.0:7443 --address node.dnms.example:7443 --coordinator HUB"
        " --coordinator-address hub.example:7443 --contact desk@dnms.example --authority ./authority",
    ),
    "join": CommandEntry(
        "cli.node_join",
        "join",
        "Enter the federation's directory and pin its members, custodian and epoch. Safe to repeat.",
        "symbolon node join --home /srv/symbolon",
    ),
    "import": CommandEntry(
        "cli.node_import",
        "import_list",
        "Import a list into this node's records. Safe to run twice, and goes on where it was interrupted.",
        "symbolon node import list.jsonl --home /srv/symbolon",
    ),
    "enrol": CommandEntry(
        "cli.node_enrol",
        "enrol",
        "Enrol what is new or changed, so that partners' queries find it. Goes on where it was interrupted.",
        "symbolon node enrol --home /srv/symbolon",
    ),
    "serve": CommandEntry(
        "cli.node_serve",
        "serve",
        "Serve partners (through the coordinator) and this agency's own people until told to stop.",
        "symbolon node serve --home /srv/symbolon",
    ),
    "status": CommandEntry(
        "cli.node_status",
        "status",
        "Tell the state of the running node: records, enrolment, members, agreements, log.",
        "symbolon node status --home /srv/symbolon --json",
    ),
    "records": CommandEntry(
        "cli.node_records",
        "records",
        "Look at this agency's own records, remove and restore them, read the rejects.",
    ),
    "officer": CommandEntry(
        "cli.officers",
        "officers",
        "Enter this agency's officers, change their roles and keys, shut them out.",
    ),
    "system": CommandEntry(
        "cli.node_systems",
        "systems",
        "Let systems of this agency call the desk with certificates of their own, and shut them out.",
    ),
    "account": CommandEntry(
        "cli.accounts",
        "accounts",
        "Invite officers to the console, lock, reset and remove their accounts.",
    ),
    "mail": CommandEntry(
        "cli.node_mail",
        "mail",
        "See, retry and erase messages of partners that this node could not handle.",
    ),
    "directory": CommandEntry(
        "cli.node_directory",
        "directory",
        "See what this node has pinned of the federation's directory, and decide what waits or is disputed.",
    ),
}

app = lazy_group(COMMANDS, "Run an agency's node: records, enrolment, answers.")
