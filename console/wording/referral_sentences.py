"""What the node says of referrals beside what it says of cases (`case_sentences`): alerts, guards, refusals.

`SAID` are the sentences without a value, `PATTERNS` those with one. A test holds both against what the node can say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

SAID: Sequence[str] = (
    # Alerts.
    text("a silent hit: its asker was told nothing"),
    text("an appeal for a life was refused, for a quota is used up: speak with the asker"),
    text("a request: decide it"),
    text("a request whose time has passed: decide it"),
    text("a judge has the request: the clock stands still"),
    text("disputed: correct, recall or settle it"),
    text("the recall is not confirmed yet"),
    text("kept back until this node discloses again; it goes on by itself"),
    text("content was kept back while the agreement was not in force, and now it is: send it, or decline"),
    text("leave is asked"),
    text("a correction is not confirmed yet"),
    text("you have approved the release: another officer has to approve it, too"),
    text("you have approved the correction: another officer has to approve it, too"),
    text("you have approved the leave: another officer has to approve it, too"),
    text("nothing reads otherwise than what was sent: mend the record first, or settle the dispute"),
    text("the receipt for the deletion is overdue"),
    # What has to hold for a step.
    text("from whom the hit was told, within the quota"),
    text("an appeal to the emergency clause, over the quota"),
    text("another officer in a fitting role; more are needed"),
    text("the decision of the agreement, with the last approval"),
    text("of exactly the conditions offered"),
    text("the decision of the agreement, made again"),
    text("the record or the decision has changed; approvals are void"),
    text("approved like a release; no field more, the same conditions"),
    text("approved like a release; a field more, or other conditions"),
    text("under a number of its own"),
    text("the decision of the agreement, made again, with the last approval"),
    text("the record as it was shown, and it may be released"),
    text("content was sent before"),
    # Why a step is refused.
    text("this was asked already, and the answer has not come yet"),
    text("the record or its rules changed meanwhile, and nothing was approved: look at what would leave now"),
    text("this officer has approved already"),
    text("no such request for leave is open"),
)

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    (
        re.compile(r"nothing is released, though it may be declined: the agreement is (?P<why>.+)"),
        text("nothing is released, though it may be declined: the agreement is %(why)s"),
    ),
    (
        re.compile(r"content is kept back although its conditions were acknowledged: (?P<rules>.+)"),
        text("content is kept back although its conditions were acknowledged: %(rules)s"),
    ),
    (
        re.compile(r"(?P<times>\d+) times for this case, first on (?P<day>[\d-]+); the newest is shown"),
        text("%(times)s times for this case, first on %(day)s; the newest is shown"),
    ),
    (
        re.compile(r"this file cannot be read: tell who runs the node; it stood at (?P<state>.+)"),
        text("this file cannot be read: tell who runs the node; it stood at %(state)s"),
    ),
)
