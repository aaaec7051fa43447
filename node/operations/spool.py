"""What was ordered, kept until it is done: an order, beside the uploaded list that it is about.

The list came in parts (`node.uploads`) and lies in the node's own folder, readable by its owner only, until its order
is done. An order that is found when the node starts was interrupted, and goes on; a list that nobody ordered is erased.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node.records.row_files import RowFormat
from node.uploads import NAMES
from symbolon.rpc.folder import write_whole


class Order(BaseModel):
    """What is to be done: import an upload, enrol, or both; who said so, and when it was first begun (Unix seconds)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["import", "enrolment"]
    officer: str
    upload: str = ""
    row_format: RowFormat = "jsonl"
    whole_list: bool = False
    removals: int | None = None
    enrol: bool = False
    began: float = Field(default_factory=time.time)


class Spool:
    """The folder of uploads, and the order in it. Any thread may call."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when it is needed."""
        self._folder = folder
        self._order = folder / "order.json"

    def path(self, order: Order) -> Path:
        """Name the uploaded list of an order."""
        return self._folder / order.upload

    def order(self, order: Order) -> None:
        """Keep what is to be done, durably, with what was uploaded for it."""
        if order.upload:
            with self.path(order).open("rb") as file:
                os.fsync(file.fileno())
        write_whole(self._order, order.model_dump_json().encode(), secret=True)

    def ordered(self) -> Order | None:
        """Give what is to be done; None where there is nothing, or it cannot be read, or its list is not there."""
        try:
            order = Order.model_validate_json(self._order.read_bytes())
        except (OSError, ValidationError):
            return None
        return order if not order.upload or self.path(order).exists() else None

    def interrupted(self) -> Order | None:
        """Give what is to be done when the node starts, and erase the lists that nobody ordered."""
        order = self.ordered()
        for path in self._folder.glob(NAMES):
            if order is None or path != self.path(order):
                path.unlink(missing_ok=True)
        return order

    def done(self, order: Order, following: Order | None = None) -> None:
        """Put what follows in the place of an order, or erase it; then erase its list, which nobody needs any more."""
        if following is not None:
            self.order(following)
        else:
            self._order.unlink(missing_ok=True)
        if order.upload:
            self.path(order).unlink(missing_ok=True)
