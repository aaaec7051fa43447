"""The command line: one command, a group for each party. Imports everything; nothing imports it.

Each module translates between people and a package that does the work; nothing is decided here.
"""
