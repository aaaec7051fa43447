"""The hub: a directory of members, and a relay of sealed envelopes it cannot read.

It learns who asked whom, when, under which agreement and purpose; it holds no record and no key of the matching. The
custodian in ``coordinator.custodian`` is another party that merely shares the floor: neither imports the other, they
meet over the wire alone. Both count against daily quotas with ``coordinator.metering``, which imports neither.
"""
