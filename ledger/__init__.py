"""The disclosure log: what a party did with whose question, durable before anything is done.

``events`` says what can be written, ``entries`` how an entry becomes bytes and a hash, ``log`` keeps them, ``reading``
reads them. ``merkle`` is the tree over them, ``tiles`` its layout, ``tree`` its hashes on disk. ``notes``,
``checkpoints``, ``cosignatures``, ``proofs`` and ``witnessing`` are the forms in which a stranger can check it,
``heads`` those that the party has signed. Used by nodes and the coordinator; nothing in here decides what is disclosed.
"""
