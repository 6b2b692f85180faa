"""Chinese text for matching and search: one written form, and keys of sound."""

import re
import unicodedata
from functools import cache
from itertools import count

from opencc import OpenCC
from pypinyin import lazy_pinyin

_FUZZY = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"(?<=[ie])ng$"), "n"),
)


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def normalise(text: str) -> str:
    """One written form: compatibility characters folded, simplified, lower case, no control characters."""
    folded = unicodedata.normalize("NFKC", text).lower()
    simple = _simplifier().convert(folded)
    return "".join(c for c in simple if c in "\n\t" or unicodedata.category(c)[0] != "C").strip()


@cache
def _syllable(char: str, fuzzy: bool) -> str:
    """One code character for the sound of one character; every reading is the character's most common one."""
    sound = lazy_pinyin(char)[0] if "\u4e00" <= char <= "\u9fff" else char
    return _code(_blur(sound) if fuzzy else sound)


def _blur(sound: str) -> str:
    for pattern, short in _FUZZY:
        sound = pattern.sub(short, sound)
    return sound


FIRST_SOUND = "\U000f0000"
"""Sounds are written with private-use characters from here on."""
_codes: dict[str, str] = {}
_next_code = count(ord(FIRST_SOUND))  # a counter, so that two threads never give one code to two sounds


def _code(sound: str) -> str:
    if len(sound) == 1:
        return sound
    return _codes.setdefault(sound, chr(next(_next_code)))


def sound_key(text: str, *, fuzzy: bool = False) -> str:
    """The sound of a text, one character for each: equal keys sound alike (fuzzy: zh=z, in=ing, en=eng)."""
    return "".join(_syllable(char, fuzzy) for char in text)


@cache
def _syllables() -> frozenset[str]:
    return frozenset(lazy_pinyin([chr(code) for code in range(0x4E00, 0xA000)])) - {"n", "m", "ng", "hm", "hng"}


def typed_sound_key(letters: str) -> str:
    """The fuzzy sound of pinyin typed without tones (`gongjijin`); empty when the letters are no pinyin."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            head, syllable = best[start], letters[start:end]
            if (
                head is not None
                and syllable in _syllables()
                and (best[end] is None or len(head) < len(best[end] or []))
            ):
                best[end] = [*head, syllable]
    return "".join(_code(_blur(syllable)) for syllable in best[-1] or [])
