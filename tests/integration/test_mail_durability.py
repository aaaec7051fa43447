"""``kill -9`` at any moment of posting, packing, reading and confirming: every message is handled once, in order."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.mail import store
from tests.forked import Forked
from tests.unit.mail_pair import ALFA, BRAVO, House, Pair

KILLS = 5

_EXCHANGE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.unit.mail_pair import ALFA, BRAVO, House, Pair

folder = Path(sys.argv[1])
pair = Pair(House(ALFA, folder / "alfa"), House(BRAVO, folder / "bravo"), datetime.now(UTC))
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    pair.alfa.post(b"%d " % number + bytes(number * 997 % 9000), pair.now)
    print(number, flush=True)
    number += 1
    pair.tick(there=number % 5 != 0, back=number % 7 != 0)
"""


def test_every_message_is_handled_once_and_in_order_however_often_both_are_killed(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311  # the same moments in every run
    posted = 0
    for _ in range(KILLS):
        process = Forked(("-c", _EXCHANGE, str(tmp_path), str(1000 + posted + 1)))
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.4))
        process.kill()
        acknowledged = process.communicate()[0].split()
        posted = max([posted, *(int(number) - 1000 for number in acknowledged)])
    pair = Pair(House(ALFA, tmp_path / "alfa"), House(BRAVO, tmp_path / "bravo"))
    with pair.alfa.cases.transaction() as connection:
        committed = [row["message"] for row in connection.execute("SELECT message FROM mail_outbox ORDER BY sequence")]
    pair.now = datetime.now(UTC) + timedelta(days=1)  # the children's clocks ran ahead
    while store.waiting(pair.alfa.cases.connection):
        pair.tick()
    handled = [int(content.split(b" ")[0]) - 1000 for content in pair.bravo.steps()]
    assert posted > KILLS
    assert len(handled) == len(committed) >= posted
    assert handled == sorted(handled)
    assert set(handled) >= set(range(1, posted + 1))
    taken = pair.bravo.cases.connection.execute("SELECT message FROM mail_taken ORDER BY sequence")
    assert [row["message"] for row in taken] == committed
    pair.alfa.close()
    pair.bravo.close()
