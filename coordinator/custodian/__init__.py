"""A key custodian: evaluates blinded elements with the epoch's key and counts them. It sees nothing of what they are.

A party of its own, in its own process, run by whom the members agree on; see ``coordinator`` for what it shares.
"""
