"""An agency's node: its own records, the index others' queries are looked up in, and what it answers.

::

    list file → rows, importing → records (the agency's own, in clear, on its own premises)
              → enrolment, with custody (tokens, evaluated blindly) → index (peppered, opaque)
    query     → federation, asking (lockbox and envelope for each partner) → hub → responding → reply

Everything about persons stays in ``records`` and in memory; the index, the wire and the process's log hold none of
it. This room imports ``matching``, ``agreements``, ``ledger`` and ``symbolon``, never ``coordinator``.
"""
