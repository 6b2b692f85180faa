"""Chinese by its sound: syllables without tone, and classes of syllables that the telephone confuses."""

from __future__ import annotations

import re

from pypinyin import lazy_pinyin

HAN = re.compile(r"[\u4e00-\u9fff]+")

Sounds = tuple[str, ...]


def sounds_of(text: str) -> Sounds:
    """One toneless syllable for each character; `text` is Chinese characters only."""
    return tuple(lazy_pinyin(text))


_CONFUSED = (
    (re.compile("^zh"), "z"),
    (re.compile("^ch"), "c"),
    (re.compile("^sh"), "s"),
    (re.compile("^n(?=[aeiouv])"), "l"),
    (re.compile("^f(?=[aeou])"), "h"),
    (re.compile("^hu(?=[aeo])"), "h"),
    (re.compile("(?<=[aei])ng$"), "n"),
)


def blurred(sounds: Sounds) -> Sounds:
    """The same for syllables that differ only by z/zh, c/ch, s/sh, n/l, h/f, an/ang, en/eng, in/ing."""
    return tuple(_blur(sound) for sound in sounds)


def _blur(sound: str) -> str:
    for confusion, one in _CONFUSED:
        sound = confusion.sub(one, sound)
    return sound
