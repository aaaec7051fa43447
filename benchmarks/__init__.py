"""Measurements that the documents quote: each module prints a table or, with ``--json``, one object."""
