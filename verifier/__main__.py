"""``python -m verifier``: the program ``symbolon-verify``."""

from verifier.command import run

run()
