"""Names of organisations, vessels and aircraft: the words that tell one from another.

Legal forms and the words that half of all companies bear are left out, unless nothing else is left. This is the plain
beginning of it: forms are recognised in their short Latin spelling, and no word is translated.
"""

from __future__ import annotations

from matching.normalise import name_parts, word_set

LEGAL_FORMS = word_set(
    "ltd limited llc llp lp plc inc incorporated corp corporation co company gmbh ag kg ohg sa sas sarl srl spa sl slu "
    "bv nv oy ab as asa aps doo dd ad ood eood ooo oao zao pao ao jsc pjsc ojsc cjsc pte pty sdn bhd fze fzc fzco fz "
    "dmcc wll bsc psc pt tbk cv sro kft zrt rt ltda eirl sac cia est establishment foundation the of and for de la du "
    "des y e el al und fur da do kabushiki kaisha kk"
)
COMMON_WORDS = word_set(
    "trading trade general international group holding holdings industries industry industrial shipping marine "
    "maritime lines line services service engineering commercial commerce import export enterprise enterprises "
    "investment investments development construction contracting management transport logistics technology "
    "technologies systems global world national bank petroleum oil gas energy mt mv vessel ship"
)
_MOST_WORDS = 6


def telling_words(name: str) -> tuple[str, ...]:
    """Give the different words of a name that tell, in the order written."""
    words = tuple(dict.fromkeys(name_parts(name)))
    formless = tuple(word for word in words if word not in LEGAL_FORMS) or words
    telling = tuple(word for word in formless if word not in COMMON_WORDS)
    return (telling if len(telling) > 1 else formless)[:_MOST_WORDS]
