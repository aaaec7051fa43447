"""The disclosure log: what a party did with whose question, durable before anything is done.

``events`` says what can be written, ``entries`` how an entry becomes bytes and a hash, ``log`` keeps them. Used by
nodes and the coordinator; nothing in here decides what is disclosed.
"""
