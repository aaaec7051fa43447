"""The room of letter correspondences: how names of other scripts are written in Latin letters, as tables and a measure.

``agreement`` holds the measure, ``words`` what is done to a word before it is measured, ``tables`` reads the tables.
The tables are made by ``benchmarks.learning.letters``; what they are and how they were learned stands in
``docs/reference/letter-tables.md``.
"""
