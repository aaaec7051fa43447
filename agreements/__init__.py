"""Agreements between agencies and what they decide. Pure: text in, decisions out.

``agreement`` is the document of ``clauses`` written in the words of ``codes``; ``reading`` reads it, ``signing`` checks
who signed it, ``standing`` says whether it is in force. ``decision`` is what follows from it for the ``facts`` of one
question, ``asking`` the asker's choice of agreement, ``prose`` the text people read.
"""
