"""``symbolon-verify``: checks what a party took out of its log, and trusts neither the party nor the rest of Symbolon.

No network, no database, nothing of node, coordinator or command line: of the other rooms only forms, hashes and the
pure decision are used. Read it in this order:

- ``trust``: what the auditor brings: keys, checkpoints kept from earlier visits, agreements.
- ``report``: what was found, and what was not checked.
- ``export``: one pass over the file; each line goes to whom it concerns.
- ``entries``: number, order, time, form, hash, openings.
- ``heads``: checkpoints, cosignatures, consistency with what was kept.
- ``agreements``: their texts and signatures, and where each stood when.
- ``decisions``: every decision logged is made again.
- ``proof``: a file that proves one entry. ``command``: the program.
"""
