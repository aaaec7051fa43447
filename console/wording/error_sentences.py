"""What can go wrong, and the way out: the error catalogue (`symbolon.rpc.errors`) as it is translated.

`SAID` has the texts and ways out in the catalogue's order, `PATTERNS` both together, or a text with its detail. A test
holds them against the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

SAID: Sequence[str] = (
    text("the input is not valid"),
    text("mend the field named and try again"),
    text("the folder is not set up"),
    text("run the init command for it first"),
    text("the folder is set up already"),
    text("name an empty folder, or keep this one"),
    text("the party cannot be reached"),
    text("check that it runs and its address"),
    text("no answer in time"),
    text("try again; if it lasts, ask the party's operator"),
    text("this party may not do that"),
    text("ask the operator of the called party"),
    text("no agreement in force allows this query"),
    text("check purpose and recipients against the agreements of this node"),
    text("the query does not identify a person well enough to be put"),
    text("add a name part, a birth date, a nationality or a document number"),
    text("the call has no deadline, or too late a one"),
    text("set a deadline"),
    text("the key epochs differ"),
    text("run symbolon node join, then symbolon node enrol, at the node that lags"),
    text("the normaliser versions differ, so matches would be missed silently"),
    text("install the federation's version of Symbolon at the node that lags and enrol again"),
    text("the envelope has expired or its clock is ahead"),
    text("check the clocks of both nodes and put the query again"),
    text("the quota of evaluated elements for today is used up"),
    text("wait for the next day (UTC), or ask the custodian's operator for a larger quota"),
    text("the custodian's evaluation does not verify against the epoch's public key"),
    text("stop, keep the log, and tell the coordinator and the custodian's operator"),
    text("a key differs from the one this node pinned, or its certificate does not vouch for it"),
    text("compare the fingerprints with the other party by telephone before joining again"),
    text("the node has not joined a federation"),
    text("run symbolon node join"),
    text("the disclosure log cannot be written, so nothing is disclosed"),
    text("free space or repair the disk; the node answers again by itself"),
    text("some nodes gave no answer, so a match there is not excluded"),
    text("read each node's outcome and put the query to them again"),
    text("some rows were set aside"),
    text("read the rejects file, mend its rows, import them"),
    text("there is no such record"),
    text("list the records there are"),
    text("the message is not of the agreed form"),
    text("use one version of Symbolon"),
    text("the party has as many calls under way as it takes"),
    text("wait a few seconds and try again"),
    text("the node's list is not enrolled, so matches would be missed silently"),
    text("run symbolon node enrol at that node"),
    text("the disclosure log does not verify"),
    text("run symbolon audit verify, keep the file, and restore the log from its backup"),
    text("the desk knows no active officer by this name and key"),
    text("name the file of your own key with --officer-key; if it is, ask the node's operator for a new one"),
    text("this officer's roles do not allow that"),
    text("ask an officer who holds the role, or the node's operator"),
    text("there is no such case"),
    text("list the cases or referrals there are and give the reference as it stands there"),
    text("the case is not where this step could be taken"),
    text("show the case to see where it stands and which steps there are"),
    text("this officer may not take this step"),
    text("let an officer take it who has the role named and had no part in it yet"),
    text("the agreement does not allow this step now"),
    text("read the rules named in the text of the agreement, or decline"),
    text("a party's signature under the agreement is missing or does not hold"),
    text("have the parties named sign this very text: symbolon agreement countersign"),
    text("the agreement cannot be accepted at this node"),
    text("read the reason; where the text is at fault, all parties sign a mended one"),
    text("this node has no such agreement"),
    text("run symbolon agreement list and name one by its id or fingerprint"),
    text("the statement about the agreement cannot be made or does not hold"),
    text("read the reason; symbolon agreement list says where each agreement stands"),
    text("the proof does not show its entry to be in that log"),
    text("check that the key is that log's and the file whole; if both are right, do not rely on the entry"),
    text("the coordinator's directory log cannot be read, so nothing new of it counts"),
    text("try again; if it lasts, ask the coordinator's operator"),
    text("the coordinator's directory contradicts what this node knows, so nothing new of it counts"),
    text("run symbolon node directory show, and compare with the members named by telephone"),
    text("no other member has cosigned this entry of the directory yet"),
    text("try again in some minutes, or compare by telephone and run symbolon node directory accept"),
    text("an error inside the called party"),
    text("its operator finds the cause in its own log"),
)
"""Sentences of the node without a value, as they are translated: a text, its way out, the next text."""


def _one_of(sentences: Sequence[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(sentences, key=len, reverse=True))


_TEXTS, _WAYS_OUT = _one_of(SAID[::2]), _one_of(SAID[1::2])

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    (
        re.compile(rf"(?P<one>(?:{_TEXTS})(?:: .+)?); (?P<other>{_WAYS_OUT})", re.DOTALL),
        text("%(one)s; %(other)s"),
    ),
    (re.compile(rf"(?P<what>{_TEXTS}): (?P<detail>.+)", re.DOTALL), text("%(what)s: %(detail)s")),
)
"""As `console.wording.sentences.PATTERNS`: what is said of an error, and what to do; an error, and what it is about."""
