"""What verification in the cryptographic part of the kernel raises.

::

    ProtocolError (ValueError)
    ├── FieldError          a value given by our own caller breaks a limit; the message names the field
    ├── EncodingError       bytes are not the one canonical encoding of what they claim to be
    ├── GroupError          not a canonical, non-identity element, or not a canonical non-zero scalar
    ├── ProofError          a custodian's proof does not hold for the pinned public key
    ├── CanaryError         a bulk evaluation came back wrong for a token that was known beforehand
    ├── LockboxError        a lockbox is malformed, contradicts itself, or belongs to another query
    ├── SignatureError      the signature is not the claimed sender's over these bytes
    ├── PartyError          the message names another sender or recipient than the one at hand
    ├── WindowError         outside its time of validity, or valid for longer than allowed
    └── SealError           HPKE did not open: another key, another context, or changed bytes

The distinctions are for our own log and our own tests. **Outside, nobody may see which one it was**: a node answers
every one of them with the same reply of the same size that it gives when nothing matched (threats T18 and T20).
No message repeats a value: it may be a person's, or a secret.
"""

from __future__ import annotations


class ProtocolError(ValueError):
    """Anything the protocol refuses. Catch this one where the outside is answered."""


class FieldError(ProtocolError):
    """A value from our own caller breaks a limit; the message names the field and the limit, never the value."""


class EncodingError(ProtocolError):
    """The bytes are not the canonical encoding of anything."""


class GroupError(ProtocolError):
    """The bytes are not a valid, non-identity ristretto255 element, or not a canonical non-zero scalar."""


class ProofError(ProtocolError):
    """The evaluation is not proved to come from the key whose public part is pinned."""


class CanaryError(ProtocolError):
    """At least one hidden known token came back changed: nothing of the batch may be used."""


class LockboxError(ProtocolError):
    """The lockbox is malformed, contradicts itself or was made for another query or responder."""


class LockboxShapeError(LockboxError):
    """The lockbox is malformed by what can be seen of it without any index."""


class SignatureError(ProtocolError):
    """The signature does not verify under the key of the claimed sender."""


class PartyError(ProtocolError):
    """The message was made by, or for, another party."""


class WindowError(ProtocolError):
    """The message is not valid at the given time, or claims a longer validity than is allowed."""


class SealError(ProtocolError):
    """The sealed bytes do not open with this key in this context."""
