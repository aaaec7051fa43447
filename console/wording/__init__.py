"""What the console says: codes of closed lists as words, sentences of the node in the reader's language.

`texts` marks a text, `words` gives a code its word, `sentences` finds the translation of what the node says in English;
the others hold the words and sentences of one part of the work each. Translations lie in ``console/locale``.
"""
