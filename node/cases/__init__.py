"""What follows a hit: cases at the asker, referrals at the holder, and the messages between them.

::

    an officer's act (desk)        ┐                     ┌► the file's next state      (store)
    a partner's message (incoming) ├► a pure step ── log ┤                                      } one commit, cases.db
    time (clockwork)               ┘  (asking, holding)  └► the message to the partner (mail)

``work`` makes each step last. ``agreements.stages`` says which steps there are, ``files`` what is kept of each side,
``messages`` what travels, ``release`` what the agreement allows of a record at that moment.
"""
