"""A Chinese text as weighted search terms: pairs of characters, their sound, Latin words, and concepts. Pure."""

import re

from callcenter.core.text import normalise, sound_key, typed_sound_key
from callcenter.knowledge.synonyms import Synonyms

CHARACTERS, SOUND, WORD, CONCEPT = "c", "s", "w", "n"
"""First letter of a term: what kind it is. Pairs, because most Chinese words have two characters."""
WEIGHTS = {CHARACTERS: 0.55, SOUND: 0.45, WORD: 1.0, CONCEPT: 1.6}
GENERIC = 0.2
"""Share of its weight that a pair keeps inside words that say how one asks, not about what (怎么办理, 多少钱)."""
LONGEST = 2000
"""Characters of a text that are looked at; the rest of a longer one changes no answer."""
_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+")


def terms(text: str, synonyms: Synonyms) -> dict[str, float]:
    """The terms of a text; a term seen twice counts once."""
    clean = synonyms.without_fillers(normalise(text[:LONGEST]))
    generic = synonyms.generic_positions(clean)
    found: dict[str, float] = {}

    def add(kind: str, term: str, factor: float = 1.0) -> None:
        key = kind + term
        found[key] = max(found.get(key, 0.0), WEIGHTS[kind] * factor)

    for run in _RUN.finditer(clean):
        letters = run.group()
        if letters[0] < "\u4e00":
            add(WORD, letters)
            sounds = typed_sound_key(letters)
            for pair in _pairs(sounds):
                add(SOUND, pair, 1 / WEIGHTS[SOUND])
            continue
        for offset, (pair, sound) in enumerate(
            zip(_pairs(letters), _pairs(sound_key(letters, fuzzy=True)), strict=True)
        ):
            start = run.start() + offset
            factor = GENERIC if start in generic and start + 1 in generic else 1.0
            add(CHARACTERS, pair, factor)
            add(SOUND, sound, factor)
    for concept in synonyms.concepts(clean):
        add(CONCEPT, concept)
    return found


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]
