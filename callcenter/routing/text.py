"""Speech as text: sentence ends and spoken numbers; the written form and keys of sound are the core's."""

import re

from callcenter.core.text import normalise, sound_key

__all__ = ["CLAUSE_END", "NUMBER", "SENTENCE_END", "normalise", "number", "sound_key"]

SENTENCE_END = re.compile(r"[。!?;…\n]")
CLAUSE_END = re.compile(r"[,。!?;:、…\n\s]")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "几": 5, "俩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
# Bounded, so that a text of nothing but numerals cannot make a pattern quadratic.
NUMBER = r"(?:\d{1,9}(?:\.\d{1,3})?[十百千万]?|[零一二三四五六七八九两几十百千万]{1,9})"


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
