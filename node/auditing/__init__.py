"""What auditors do at their node: search the disclosure log, open and prove entries, verify, compare, report, export.

The reading itself is pure and lies in `auditing` and `verifier`; here it meets the files. Each view is written into the
log before it is shown, and where that cannot be written, nothing is shown.
"""
