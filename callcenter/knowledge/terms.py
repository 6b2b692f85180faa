"""A Chinese text as weighted search terms: pairs of characters, their sound, Latin words, and concepts. Pure."""

import re

from callcenter.core.text import FIRST_SOUND, normalise, sound_key, typed_sound_key
from callcenter.knowledge.synonyms import Synonyms

CHARACTERS, SOUND, WORD, CONCEPT = "c", "s", "w", "n"
"""First letter of a term: what kind it is. Pairs, because most Chinese words have two characters."""
WEIGHTS = {CHARACTERS: 0.5, SOUND: 0.4, WORD: 1.0, CONCEPT: 3.0}
GENERIC = 0.2
"""Share of its weight that a pair keeps inside words that say how one asks, not about what (怎么办理, 多少钱)."""
LIGHT = 0.4
"""Share that a concept keeps when it names a person or what to do with a thing (补办, 退钱), not the thing."""
LONGEST = 2000
"""Characters of a text that are looked at; the rest of a longer one changes no answer."""
_RUN = re.compile(r"[\u4e00-\u9fff\U000f0000-\U000ffffd]+|[a-z0-9]+")
_LETTERS = re.compile(r"[a-z]+(?: +[a-z]+)*")


def terms(text: str, synonyms: Synonyms) -> dict[str, float]:
    """The terms of a text; a term seen twice counts once."""
    clean = _hear_pinyin(synonyms.without_fillers(normalise(text[:LONGEST])))
    generic = synonyms.generic_positions(clean)
    found = {
        CONCEPT + concept: WEIGHTS[CONCEPT] * (LIGHT if concept in synonyms.light else 1.0)
        for concept in synonyms.concepts(clean)
    }

    def add(kind: str, term: str, factor: float = 1.0) -> None:
        found[kind + term] = max(found.get(kind + term, 0.0), WEIGHTS[kind] * factor)

    for run in _RUN.finditer(clean):
        letters = run.group()
        if letters.isascii():
            add(WORD, letters)
            continue
        for start, pair, sound in zip(
            range(*run.span()), _pairs(letters), _pairs(sound_key(letters, fuzzy=True)), strict=False
        ):
            if max(pair) >= FIRST_SOUND:
                add(SOUND, sound, 1 / WEIGHTS[SOUND])
                continue
            factor = GENERIC if start in generic and start + 1 in generic else 1.0
            add(CHARACTERS, pair, factor)
            add(SOUND, sound, factor)
    return found


def _hear_pinyin(text: str) -> str:
    """Typed pinyin (`gongjijin`) becomes what `sound_key` makes of its characters; other Latin words stay."""

    def hear(match: re.Match[str]) -> str:
        sounds = typed_sound_key(match.group().replace(" ", ""))
        return sounds if len(sounds) > 1 else match.group()

    return _LETTERS.sub(hear, text)


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]
