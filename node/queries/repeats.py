"""The tag by which an asker knows the same hit again: of one record, unchanged, for one query put again in one case.

A reference is drawn anew for each hit, so that it means nothing; whoever has cleared a hit would clear it again with
each query. The tag is HMAC-SHA256 under a key that only the holder has, cut to 128 bits, over the asker, its case, what
it asked for, the record and what of the record is compared. So it is equal where all of them are, and says nothing
anywhere else: not in another case, not for another person asked for, not to another agency, not for a record that has
changed since.
"""

from __future__ import annotations

import hashlib
import hmac

from matching.encoding import encode
from matching.subject import Subject
from node.cases.facts import digest_of_subject

TAG_BYTES = 16


def repeat_key(pepper: bytes) -> bytes:
    """Give the key of the tags, from the pepper of 32 bytes: with another pepper every hit is a new one."""
    return hmac.digest(pepper, b"symbolon/v1/repeat-key", "sha256")


def repeat_tag(key: bytes, asker: str, case: str, payload: bytes, record_id: str, subject: Subject) -> str:
    """Give the tag in hexadecimal; ``asker`` is a name, ``case`` its reference, ``payload`` the query's own bytes."""
    asked_for = hashlib.sha256(payload).digest()
    what = encode("symbolon/v1/repeat", asker, case, asked_for, record_id, digest_of_subject(subject))
    return hmac.digest(key, what, "sha256")[:TAG_BYTES].hex()
