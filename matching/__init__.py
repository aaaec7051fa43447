"""The pure kernel of Symbolon: what two agencies compare, and how they compare it without showing it.

No module in here touches a file, a clock, a network or gRPC. Data walks through it in one direction:

``subject`` → ``normalise``/``phonetics``/``dates``/``identifiers`` → ``features`` (rule tokens) → ``oblivious``
(RFC 9497) → ``lockbox`` → ``envelope``; and, once a lockbox has opened, ``scoring`` compares in clear.
"""
