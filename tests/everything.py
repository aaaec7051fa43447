"""All modules of the product imported, its tables and texts read: what `tests.forked` forks from."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module

from console.rendering import Rendering
from matching.features import golden_digest
from matching.letters.loading import load_tables

PRODUCT = ("agreements", "auditing", "cli", "console", "coordinator", "ledger", "matching", "node", "verifier")

for _name in PRODUCT:
    for _module in pkgutil.walk_packages(import_module(_name).__path__, f"{_name}."):
        if not _module.name.endswith("__main__"):
            import_module(_module.name)
golden_digest()
load_tables()
Rendering().prepare()
gc.collect()
gc.freeze()  # a collection in a child would copy all that it shares
