"""What is said of files of logs: why an export cannot be used, what the verifier finds in one, how a log is damaged.

The verifier and the ledger speak English, for they are read without a console. `SAID` are the sentences without a
value, `PATTERNS` those with one; a test holds both against what they can say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import pattern, text

SAID: Sequence[str] = (
    text("the file is empty"),
    text("the file is cut off: its last line is not the end of an export"),
    text("the file is cut off: its last line has no end"),
    text("it does not belong here"),
    text("it is no JSON"),
    text("it is no object"),
    text("it is none that an export has"),
    text("made_at is no moment"),
    text("two exports are of the same party"),
    text("two exports are of coordinators, and a federation has one"),
    text("an export is neither of an agency nor of a coordinator"),
    text("The export has no entries."),
    text("The export is of another log than that of the key given."),
    text("The export names another key of the log than was given."),
    text("The export names a key of the log that another has followed."),
    text("the log has rules that are none"),
    text("signatures of agreements: no --authority was given"),
    text("statements about agreements: no --authority was given"),
    text("decisions: not opened, or erased"),
    text("decisions: the text of the agreement is not there: give it with --agreement"),
    text("where the agreement of a decision stood: accepted before the first entry"),
    text("why an opening is not there: the export does not go to the log's end"),
    text("personal fields: the export opens none"),
    text("cosignatures: have symbolon-verify check them"),
)

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    pattern(english)
    for english in (
        # What the verifier finds.
        text("Entry %(number)s cannot be read."),
        text("Entry %(number)s is not in its canonical form."),
        text("Entry %(number)s carries another number."),
        text("Entry %(number)s does not follow the entry before it."),
        text("Entry %(number)s is longer than %(most)s bytes."),
        text("An opening of entry %(number)s stands with entry %(other)s."),
        text("Entry %(number)s committed to another value of %(name)s."),
        text("Entry %(number)s is dated %(time)s, before one that stands earlier (%(other)s)."),
        text("The export says that it has entries %(first)s to %(last)s, %(number)s of them, but it has %(other)s."),
        text("Entry %(number)s lacks an opening, and no entry says that it was erased."),
        text("%(number)s entries more lack an opening than the log says were erased."),
        text("The export has agreement %(hash)s twice, or too many agreements."),
        text("The text given for agreement %(hash)s is no agreement of that hash."),
        text("%(agreement)s has no valid signature of %(parties)s."),
        text("A signature under %(agreement)s does not hold."),
        text("A signature under %(agreement)s is of another text or statement."),
        text("The checkpoint after entry %(number)s cannot be read."),
        text("A checkpoint over %(size)s entries stands after entry %(number)s."),
        text("Entries %(first)s to %(last)s stand under no signed checkpoint: nobody answers for them."),
        text("The checkpoint over %(size)s entries has an invalid signature."),
        text("The checkpoint over %(size)s entries is signed by none of the keys given."),
        text("The checkpoint over %(size)s entries is of another log than that of the key given."),
        text("The checkpoint over %(size)s entries has another root than they have: they are not those signed."),
        text(
            "The checkpoint over %(size)s entries is signed by a key that another had followed: whoever has the old one"
            " may have forged it."
        ),
        text("Entry %(number)s does not name one agreement for each agency asked."),
        text("Entry %(number)s put a query that %(allowed)s."),
        text("Entry %(number)s discloses something without a decision."),
        text("Entry %(number)s does not hold what its decision was made from."),
        text("Entry %(number)s has a decision that cannot be read."),
        text("Entry %(number)s has a decision that is about something else than the entry."),
        text("Entry %(number)s has a decision that cannot be made."),
        text("Entry %(number)s decided under %(agreement)s, which by this log was never accepted."),
        text("Entry %(number)s took %(agreement)s to stand otherwise than it did (last changed by entry %(changed)s)."),
        text("Entry %(number)s says level %(level)s was %(verb)s, but %(allowed)s."),
        text("Entry %(number)s says level %(level)s was %(verb)s, where %(agreement)s leads to %(other)s."),
        text("Entry %(number)s has another reckoning than %(agreement)s leads to: %(rule)s."),
        text("Entry %(number)s has fields that %(agreement)s does not let out at level %(level)s."),
        text("%(agreement)s, clause %(clause)s, allows at most %(level)s"),
        text("Entry %(number)s names no day from which it counts."),
        text("Entry %(number)s states an end that cannot be read."),
        text("Entry %(number)s has a statement whose signature does not hold."),
        text("Entry %(number)s has a statement that says something else."),
        # Damage of a log.
        text("entry %(number)s is missing"),
        text("entry %(number)s cannot be read"),
        text("entry %(number)s is not in its canonical form"),
        text("entry %(number)s carries another number"),
        text("entry %(number)s does not follow the entry before it"),
        text("entry %(number)s: the opening of %(name)s is not what was committed to"),
        text("entry %(number)s has not the hash it was stored with"),
        text("entry %(number)s is not what the tree has in its place"),
        text("entry %(number)s is missing, though openings of it are there"),
        text("entry %(number)s is not the one that was acknowledged"),
        text("entries %(first)s to %(last)s are missing, which were acknowledged"),
        text("%(file)s beside it is damaged, so nobody can say where the log should end"),
        text("the tree's hash over %(what)s is missing"),
        text("the tree's hash over %(what)s is not theirs"),
        text("the tree lacks a hash under that over %(what)s"),
        text("the tree has %(rows)s hashes of tiles where its entries make %(expected)s"),
        text("hold %(number)s stands, but what it names is gone"),
        text("entry %(number)s lacks an opening, and no entry says that it was erased"),
        text("%(number)s entries more lack an opening than the log says were erased"),
        text("entry %(number)s: an opening cannot be read"),
        text("the entries up to %(size)s are not those whose head has been signed"),
        text("entry %(number)s is missing: the head over %(size)s entries has been signed"),
        text("the head over %(size)s entries is not the one that was cosigned"),
        text("the signed head over %(size)s entries cannot be read"),
        # An export.
        text("an opening of entry %(number)s does not follow it"),
        text("expected %(least)s to %(most)s exports"),
        text("longer than %(most)s bytes"),
        # What stands before such a sentence.
        text("file %(number)s: %(why)s"),
        text("own log: %(why)s"),
        text("line %(number)s: %(why)s"),
        text("entries %(first)s to %(last)s: %(why)s"),
    )
)
"""As `console.wording.sentences.PATTERNS`."""
