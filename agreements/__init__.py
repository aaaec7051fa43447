"""Agreements between agencies and what they decide. Pure: text in, decisions out.

``agreement`` is the document, ``decision`` what follows from it for one query, ``prose`` the text people read.
"""
