"""Making the bag for a partner, and reading one that came. For one thread; the carrier says when.

Before a message leaves the house, and before one that came is handed over, its entry is in the disclosure log. When the
log cannot be written, bags leave all the same, with nothing in them that it does not have; a bag that came is as if it
had been lost. The log has the digest of a message, its partner and its size class; of bags it has nothing.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ledger.log import Ledger
from matching.errors import PartyError, ProtocolError, WindowError
from matching.mailbag import Mailbag, MailbagHeader, check_fresh, open_mailbag, seal_mailbag
from node.database import DatabaseFile
from node.directory.membership import Member
from node.keys import NodeKeys
from node.mail import inbox, outbox
from node.mail.bags import Packed, Sending, heard, pack
from node.mail.frames import MOST_FRAMES, Part, Receipt, decode_content, encode_content
from node.mail.recording import digest, messages_accepted, messages_posted
from node.mail.tables import forget, milliseconds, next_number
from symbolon.rpc.errors import SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")


@dataclass
class _Line:
    """What is kept in memory of a partner. When it is lost, mail is sent again and nothing else happens."""

    sending: Sending = field(default_factory=Sending)
    receipts: dict[bytes, int] = field(default_factory=dict)
    announced: set[bytes] = field(default_factory=set)
    """Digests of the latest messages that the log has: one whose bag was undone comes again."""

    def owe(self, receipts: Iterable[Receipt]) -> None:
        """Remember receipts for the next bags; beyond one bag's frames the oldest go, since their parts come again."""
        self.receipts.update((receipt.message, receipt.held) for receipt in receipts)
        for message in list(self.receipts)[:-MOST_FRAMES]:
            del self.receipts[message]


class PostRoom:
    """Mail of one node with all partners."""

    def __init__(
        self,
        own: str,
        keys: NodeKeys,
        cases: DatabaseFile,
        ledger: Ledger,
        partners: Callable[[], Iterable[str]],
        member: Callable[[str], Member | None],
        handler: inbox.Handler,
    ) -> None:
        """Take the parts. ``partners`` gives URIs, ``member`` what is pinned of one, None where nothing is."""
        self._own = own
        self._keys = keys
        self._cases = cases
        self._ledger = ledger
        self._partners = partners
        self._member = member
        self._handler = handler
        self._lines: dict[str, _Line] = {}

    def partners(self) -> list[str]:
        """Give the partners that bags are exchanged with, in the order of their URIs."""
        return sorted(uri for uri in set(self._partners()) - {self._own} if self._member(uri) is not None)

    def make_bag(self, recipient: str, now: datetime) -> bytes:
        """Give the next bag for a partner, with what is to be said, or with nothing.

        Raises `PartyError` where nothing is pinned of the recipient.
        """
        member = self._member(recipient)
        if member is None:
            raise PartyError("the recipient is no member that is known here")
        header, content = self._filled(recipient, now)
        return seal_mailbag(header, content, member.sealing, self._keys.signing).to_bytes()

    def read_bag(self, raw: bytes, now: datetime) -> None:
        """Read what came; of whatever is no new bag of a partner, nothing is used, and the own log has the reason."""
        sender = "nobody that can be read"
        try:
            bag = Mailbag.from_bytes(raw)
            sender = _said_sender(bag.header)
            content = self._open(bag, now)
            receipts, parts = decode_content(content)
            self._take(bag.header, receipts, parts, now)
        except ProtocolError as error:
            logger.warning("a mailbag that says it is from %s was not read: %s", sender, type(error).__name__)

    def hand_over_again(self) -> None:
        """Hand over what was set aside and is to be tried again, each message in a transaction of its own."""
        for number, sender in inbox.to_hand_over_again(self._cases.connection):
            try:
                self._hand_over_again(number, sender)
            except (sqlite3.Error, OSError, MemoryError, SymbolonError) as error:
                # The machine's fault, so at the next tick once more. The type and place only: the text may quote it.
                logger.error("a message set aside waits: %s at %s", type(error).__name__, innermost_place(error))

    def _hand_over_again(self, number: int, sender: str) -> None:
        handler = self._handler if sender in self.partners() else _of_no_partner
        with self._cases.transaction() as connection:
            taken = inbox.hand_over_again(connection, number, handler)
        if taken:
            self._cases.shrink_log(0)  # its content is gone from the disk

    def _filled(self, recipient: str, now: datetime) -> tuple[MailbagHeader, bytes]:
        """Give what is to be said, or nothing where it cannot be read: that a bag is missing would tell of it."""
        try:
            self._log_posted(recipient)
            number, packed, content = self._pack(recipient, now)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not be seen from outside
            # The type and place only: the text may quote a message.
            logger.error("a mailbag says nothing: %s at %s", type(error).__name__, innermost_place(error))
            return self._header(recipient, milliseconds(now), now), encode_content((), ())
        line = self._line(recipient)
        line.sending = packed.sending
        for receipt in packed.receipts:
            line.receipts.pop(receipt.message)
        return self._header(recipient, number, now), content

    def _header(self, recipient: str, number: int, now: datetime) -> MailbagHeader:
        return MailbagHeader(self._own, recipient, number, int(now.timestamp()))

    def _log_posted(self, recipient: str) -> None:
        posted = outbox.unlogged(self._cases.connection, recipient)
        if not posted:
            return
        try:
            messages_posted(self._ledger, self._own, recipient, posted)
        except SymbolonError as error:
            logger.error("mail waits: %s", error)
            return
        with self._cases.transaction() as connection:
            outbox.mark_logged(connection, [one.message for one in posted])

    def _pack(self, recipient: str, now: datetime) -> tuple[int, Packed, bytes]:
        line = self._line(recipient)
        with self._cases.transaction() as connection:
            forget(connection, now)
            expired = outbox.expire(connection, now)
            number = next_number(connection, recipient, "bag_sent", now)
            packed = pack(outbox.outgoing(connection, recipient), line.receipts, line.sending)
            content = encode_content(packed.receipts, outbox.parts(connection, packed.slices))
        if expired:
            logger.warning("%d messages expired before their partner confirmed them", expired)
            self._cases.shrink_log(0)
        return number, packed, content

    def _open(self, bag: Mailbag, now: datetime) -> bytes:
        sender = bag.header.sender
        member = self._member(sender)
        if member is None or sender not in set(self._partners()):
            raise PartyError("the sender is no partner")
        check_fresh(bag.header, int(now.timestamp()))
        return open_mailbag(bag, self._own, self._keys.sealing, member.signing)

    def _take(self, header: MailbagHeader, receipts: list[Receipt], parts: list[Part], now: datetime) -> None:
        sender = header.sender
        with self._cases.transaction() as connection:
            if not inbox.read_bag(connection, sender, header.number):
                raise WindowError("a newer bag has been read")
            erased = outbox.confirm(connection, sender, receipts, now)
            box = inbox.Inbox(connection, sender, now, self._announcing(sender), self._handler)
            owed = [receipt for receipt in map(box.take, parts) if receipt is not None]
            box.hand_over()
        line = self._line(sender)
        line.sending = heard(line.sending)
        line.owe(owed)
        if erased or owed:
            self._cases.shrink_log(0)  # what was delivered, or was put together here, is gone from the disk

    def _announcing(self, sender: str) -> inbox.Announce:
        """Give what writes messages down once, however often the bag with them is undone because the machine fails."""
        announced = self._line(sender).announced

        def announce(messages: Sequence[inbox.Whole]) -> None:
            named = {digest(sender, self._own, *one): one for one in messages}
            fresh = [one for name, one in named.items() if name not in announced]
            if fresh:
                messages_accepted(self._ledger, sender, self._own, fresh)
            if len(announced) > MOST_FRAMES:
                announced.clear()
            announced.update(named)

        return announce

    def _line(self, partner: str) -> _Line:
        return self._lines.setdefault(partner, _Line())


def _of_no_partner(*_: object) -> None:
    raise PartyError("the sender is a partner no more")


def _said_sender(header: MailbagHeader) -> str:
    """Give whom a bag says it is from, for the process's log: nothing of it is verified, so what is no name is none."""
    try:
        return Party.parse(header.sender).uri
    except IdentityError:
        return "no party"
