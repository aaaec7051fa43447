"""How Symbolon is run: the demonstration federation, and what an operator needs to run a real one."""
