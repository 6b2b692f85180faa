"""One way of writing whatever the recogniser: simplified characters, numbers as one would write down a call."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import cn2an
import opencc

# Said digit by digit from five digits on (telephone, ticket and card numbers): kept as figures.
_SPOKEN_DIGITS = re.compile(r"[零〇一幺二三四五六七八九]{5,}")
_SERVICE_NUMBER = re.compile(
    r"[一幺][一幺二][零〇九二](?![零〇一幺二三四五六七八九十百千万])(?=报警|急救|火警|电话|出警|$|[,，。])"
)
_FIGURES = re.compile(r"(百分之)?(\d+(?:,\d{3})*(?:\.\d+)?)(%|年)?")
_DIGIT_OF = str.maketrans("零〇一幺二三四五六七八九", "001123456789")
_HAN_OF = str.maketrans("0123456789", "零一二三四五六七八九")
_SERVICE_NUMBERS = {"110", "119", "120", "122"}
_NARROW = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()}
_MEASURES = "个块元平米斤人天度户岁分公里号栋幢楼层室条"


@cache
def _to_simplified() -> Any:
    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """Simplified characters, full-width letters narrowed, numbers in one form."""
    text = _to_simplified().convert(text).translate(_NARROW).replace("...", "").replace("…", "").strip()
    text = _FIGURES.sub(lambda found: _figures(found, text), text)
    text = _SERVICE_NUMBER.sub(lambda found: found[0].translate(_DIGIT_OF), text)
    return _SPOKEN_DIGITS.sub(lambda found: found[0].translate(_DIGIT_OF), text)


def _figures(found: re.Match[str], text: str) -> str:
    """Arabic figures as characters, unless they are a number that is dialled or looked up."""
    before, number, after = found[1] or "", found[2].replace(",", ""), found[3] or ""
    if after == "年" and len(number) == 4:
        return before + number.translate(_HAN_OF) + after
    percent = "百分之" if after == "%" else ""
    tail = "" if after == "%" else after
    whole = number.partition(".")[0]
    dialled = (len(whole) >= 5 and not number.endswith("000")) or (len(number) > 1 and number.startswith("0"))
    service = number in _SERVICE_NUMBERS and text[found.end() : found.end() + 1] not in set(_MEASURES)
    if (dialled and "." not in number) or len(whole) > 12 or (service and not after):
        return found[0].replace(",", "")
    return before + percent + str(cn2an.an2cn(number, "low")) + tail


_LOOP = re.compile(r"(.{1,20}?)\1{3,}|(.{4,30}?)\2{2,}")


def loops(text: str) -> bool:
    """Whether a piece is repeated so often that the recogniser, not the caller, must have said it."""
    found = _LOOP.search(text)
    # Digits and interjections do repeat in real speech: 二二二二, 喂喂喂喂.
    return found is not None and len(found[0]) >= 8
