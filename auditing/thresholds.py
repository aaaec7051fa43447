"""When a pattern is named: one rule each, with thresholds that an auditor can change, and what it cannot see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agreements.sentences import Sentence, Value, said

_PLACES = re.compile(r"%\((\w+)\)s")


class Thresholds(BaseModel):
    """When a pattern is named. What is set lower finds more, and more that is nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    burst_floor: int = Field(
        default=20, ge=2, le=100_000, description="Queries in an hour below which nothing is a burst"
    )
    burst_factor: float = Field(
        default=3.0, ge=1, le=1000, description="How many times the usual busiest hour a burst is"
    )
    burst_days: int = Field(default=28, ge=5, le=366, description="Days with queries that make up what is usual")
    share_percent: int = Field(
        default=50, ge=1, le=100, description="Percentage of all queries that is much for one user"
    )
    share_floor: int = Field(default=100, ge=2, le=1_000_000, description="Queries below which no share is looked at")
    sequence_length: int = Field(
        default=10, ge=4, le=1000, description="Names in alphabetical order that are a sequence"
    )
    sequence_numbers: int = Field(
        default=5, ge=3, le=1000, description="Document or telephone numbers that follow each other"
    )
    variants: int = Field(default=6, ge=3, le=1000, description="Near-identical persons within a day that are guessing")
    repeats: int = Field(default=5, ge=2, le=1000, description="Times that one person is asked for again")
    repeats_days: int = Field(default=30, ge=1, le=366, description="Days within which they count")
    follow_up_days: int = Field(
        default=14, ge=1, le=366, description="Days after which a hit should have been followed up"
    )
    follow_up_floor: int = Field(
        default=10, ge=1, le=100_000, description="Hits below which follow-up is not looked at"
    )
    follow_up_percent: int = Field(
        default=20, ge=0, le=100, description="Percentage of hits confirmed, rejected or requested"
    )
    request_percent: int = Field(
        default=5, ge=0, le=100, description="Percentage of hits told to a partner that it asks about"
    )
    day_begins: int = Field(default=6, ge=0, le=23, description="Hour at which the working day begins")
    day_ends: int = Field(default=20, ge=1, le=24, description="Hour at which it ends; 0 to 24 is round the clock")
    weekend: bool = Field(default=False, description="Whether Saturday and Sunday are working days")
    timezone: str = Field(default="UTC", max_length=64, description="Time zone of these hours, such as Europe/Paris")
    out_of_hours_floor: int = Field(
        default=10, ge=1, le=100_000, description="Queries out of hours that are too few to name"
    )
    out_of_hours_percent: int = Field(
        default=25, ge=1, le=100, description="Percentage of a user's queries out of hours"
    )
    denied: int = Field(default=10, ge=2, le=100_000, description="Calls or queries denied in one day that are probing")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name


@dataclass(frozen=True, slots=True)
class Rule:
    """What a pattern is, as it is printed with every report."""

    pattern: str
    title: str
    rule: Sentence
    unseen: Sentence
    needs_people: bool = False


RULES: tuple[Rule, ...] = (
    Rule(
        "burst",
        "Burst",
        said(
            "%(burst_floor)s queries or more in one hour of the clock, by one user or one agency, and"
            " %(burst_factor)s times the mean of the busiest hours of the last %(burst_days)s days with queries. A"
            " user with fewer than five such days is measured by the mean of the agency's users, and where there is"
            " none, by %(burst_factor)s times the floor."
        ),
        said(
            "a rise over weeks, which becomes what is usual; fewer than %(burst_floor)s an hour; an agency in its"
            " first five days with queries"
        ),
    ),
    Rule(
        "share",
        "One user's share",
        said(
            "one user put %(share_percent)s %% or more of an agency's queries of the period, of %(share_floor)s or"
            " more by three users or more."
        ),
        said("accounts that several people use; whether the work is divided like that"),
        needs_people=True,
    ),
    Rule(
        "sequence",
        "Names or numbers in order",
        said(
            "of the names one user asked for on one day (UTC, up to 60 at a time), %(sequence_length)s or more"
            " ascend or descend in the alphabet, as written or by their last word, and so many of so many do by"
            " chance less than once in a million times; or %(sequence_numbers)s document or telephone numbers of a"
            " day stand in a row, each ten above the one before at most."
        ),
        said(
            "a list worked through in another order, or by several users; a lawful list, such as that of a ship; in a"
            " holder's log all of it, since the holder never learns the names"
        ),
        needs_people=True,
    ),
    Rule(
        "variants",
        "Near-identical persons",
        said(
            "%(variants)s different persons asked for by one user within 24 hours, whose names are alike to 85 %% or"
            " more, or who have the same full birth date: guessing at a person."
        ),
        said("guesses at a name in another script, or over several days; in a holder's log all of it"),
        needs_people=True,
    ),
    Rule(
        "repeats",
        "The same person again",
        said(
            "the same name and birth date asked for %(repeats)s times or more within %(repeats_days)s days, by"
            " whomever; in a holder's log: one record opened as often. Once again within an hour by the same user is"
            " a retry."
        ),
        said("the same person under another spelling or date; whether a case explains it"),
        needs_people=True,
    ),
    Rule(
        "no_follow_up",
        "Hits without follow-up",
        said(
            "of %(follow_up_floor)s hits or more that are %(follow_up_days)s days old, a user confirmed, rejected or"
            " requested fewer than %(follow_up_percent)s %%; or a partner sent reasoned requests for fewer than"
            " %(request_percent)s %% of the hits it was told of."
        ),
        said("what was done with a hit outside the desk; queries that found nothing"),
    ),
    Rule(
        "out_of_hours",
        "Out of hours",
        said(
            "%(out_of_hours_floor)s queries or more of our own users out of hours (%(day_begins)s to %(day_ends)s"
            " o'clock, %(timezone)s, weekend working: %(weekend)s), and %(out_of_hours_percent)s %% or more of that"
            " user's."
        ),
        said("duty rosters, holidays, the hours of partners"),
        needs_people=True,
    ),
    Rule(
        "denied",
        "Denied calls and refused queries",
        said(
            "%(denied)s calls, queries or steps of our own users denied in one day (UTC), or as many queries or"
            " calls of one partner refused."
        ),
        said("calls that never reached the server's own code, such as those without a certificate of the federation"),
    ),
    Rule(
        "clock",
        "The clock went back",
        said("an entry is more than a second older than the one before it."),
        said("a clock that was wrong all the time; a log that was rewritten whole: that takes a checkpoint"),
    ),
)


def stated(rule: Rule, thresholds: Thresholds) -> tuple[Sentence, Sentence]:
    """Give a rule and what it cannot see, with the thresholds in force."""
    values: dict[str, Value] = {**thresholds.model_dump()}
    values["weekend"] = said("yes") if thresholds.weekend else said("no")

    def filled(one: Sentence) -> Sentence:
        return Sentence(one.text, {name: values[name] for name in _PLACES.findall(one.text)})

    return filled(rule.rule), filled(rule.unseen)
