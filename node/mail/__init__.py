"""Mail with partners: durable, in order, each message handled once, at a rate that says nothing.

::

    a case's step ── store.post, in the step's own transaction ──► outbox
    outbox  ── bags (what goes into the next bag) ── post_room (seal) ── carrier (on its slot) ──► hub
    hub     ── carrier (answers at once, whatever it is) ── post_room (open) ── inbox ──► the handler of cases

A message travels in parts, and is erased from the outbox when the partner has written that it holds all of it. A bag
that is lost costs time only. ``frames`` are the bytes inside a bag, ``tables`` the database they come from and go to.
Everything lies in ``data/cases.db``, which the cases share, so that a step and its message are one commit.
"""
