"""Chinese text for matching: one written form, keys of sound, sentence ends and spoken numbers."""

import re
import unicodedata
from functools import cache

from opencc import OpenCC
from pypinyin import lazy_pinyin

SENTENCE_END = re.compile(r"[。!?;…\n]")
CLAUSE_END = re.compile(r"[,。!?;:、…\n\s]")
_FUZZY = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"(?<=[ie])ng$"), "n"),
)
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "几": 5, "俩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
NUMBER = r"(?:\d+(?:\.\d+)?[十百千万]?|[零一二三四五六七八九两几十百千万]+)"


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
    if fuzzy:
        for pattern, short in _FUZZY:
            sound = pattern.sub(short, sound)
    return _code(sound)


_codes: dict[str, str] = {}


def _code(sound: str) -> str:
    if len(sound) == 1:
        return sound
    return _codes.setdefault(sound, chr(0xF0000 + len(_codes)))


def sound_key(text: str, *, fuzzy: bool = False) -> str:
    """The sound of a text, one character for each: equal keys sound alike (fuzzy: zh=z, in=ing, en=eng)."""
    return "".join(_syllable(char, fuzzy) for char in text)


def number(text: str) -> float:
    """The value of a spoken or written number such as 四千二, 十几, 两百多 or 3.5万."""
    match = re.match(r"\d+(?:\.\d+)?", text)
    if match:
        rest = text[match.end() :]
        return float(match[0]) * (_UNITS.get(rest[0], 1) if rest else 1)
    total, current, unit = 0, 0, 1
    for char in text:
        if char in _DIGITS:
            current = _DIGITS[char]
        elif char in _UNITS:
            unit = _UNITS[char]
            if unit == 10000:
                total, current = (total + current) * unit or unit, 0
            else:
                total, current = total + (current or 1) * unit, 0
    # 四千二 means 4200: a digit after a unit counts in tenths of that unit, except after 十.
    return float(total + (current * unit // 10 if unit > 10 else current))
