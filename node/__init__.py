"""An agency's node: its own records, the index others' queries are looked up in, and what it answers.

::

    list file → records (the agency's own, in clear, on its own premises)
              → enrolment, with custody (tokens, evaluated blindly; an index that is peppered and opaque)
    query     → queries.asking (lockbox and envelope for each partner) → hub → queries.responding → reply
    a hit     → cases, by mail ⇄ the partner's node

``agreements`` says what may be told, ``directory`` who the others are, ``officers`` who may act. ``service`` opens all
of it and serves; ``servicers`` is its face.

Everything about persons stays in ``records``, ``cases`` and in memory; the index, the wire and the log of the process
hold none of it. This room imports ``matching``, ``agreements``, ``ledger`` and ``symbolon``, never ``coordinator``.
"""
