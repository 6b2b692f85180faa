"""Repair by sound: a stretch of text that sounds like a term, and cannot well be anything else, becomes the term.

Half of a recogniser's character errors on Chinese are homophones. The guards matter more than the reach:
everyday words must stay, so the shorter a term, the more has to speak for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from asr.protocol import Correction
from asr.vocabulary.sounds import HAN, Sounds, blurred, sounds_of
from asr.vocabulary.terms import Term, load_terms

# What follows a bare place name; two syllables alone prove nothing (在中带头, 新藏品).
_AFTER_PLACE = re.compile(
    r"街道|镇|村|社区|这边|那边|这里|那里|这块|那块|开发区|工业|集镇|老街|大桥|路口|派出所|中学|小学|幼儿园|卫生院|医院|菜场|政府"
)
_BEFORE_PLACE = "在住到去从是"


class Repairer:
    """Looks every stretch of a text up by its sound."""

    def __init__(self, terms: list[Term]) -> None:
        self._spellings = {term.text for term in terms}
        self._misheard = {heard: term for term in terms for heard in term.misheard}
        self._by_sound: dict[Sounds, list[Term]] = {}
        self._by_blur: dict[Sounds, list[Term]] = {}
        for term in terms:
            sounds = sounds_of(term.text)
            self._by_sound.setdefault(sounds, []).append(term)
            self._by_blur.setdefault(blurred(sounds), []).append(term)
        self._lengths = sorted({len(term.text) for term in terms}, reverse=True)

    def __call__(self, text: str) -> tuple[str, list[Correction]]:
        """The repaired text and what was replaced in it."""
        replaced: list[tuple[int, str, Term]] = []
        for run in HAN.finditer(text):
            replaced += self._repair_run(text, run.start(), run[0])
        corrections = []
        for start, heard, term in sorted(replaced, key=lambda item: item[0], reverse=True):
            text = text[:start] + term.text + text[start + len(heard) :]
            corrections.append(Correction(heard, term.text, term.name, term.kind))
        return text, corrections[::-1]

    def _repair_run(self, text: str, offset: int, run: str) -> list[tuple[int, str, Term]]:
        sounds = sounds_of(run)
        if len(sounds) != len(run):
            return []  # a character without a reading: nothing can be said of this run
        taken = [False] * len(run)
        for length in self._lengths:
            for start in range(len(run) - length + 1):
                if run[start : start + length] in self._spellings:
                    taken[start : start + length] = [True] * length
        found = []
        for length in self._lengths:
            for start in range(len(run) - length + 1):
                if any(taken[start : start + length]):
                    continue
                heard, end = run[start : start + length], start + length
                term = self._term(heard, sounds[start:end], text[: offset + start], text[offset + end :])
                if term is not None:
                    taken[start:end] = [True] * length
                    found.append((offset + start, heard, term))
        return found

    def _term(self, heard: str, sounds: Sounds, before: str, after: str) -> Term | None:
        """The one term that `heard` must be; None where there is none or more than one."""
        if (known := self._misheard.get(heard)) is not None:
            return known
        exact = self._by_sound.get(sounds)
        if exact is not None:
            return exact[0] if len(exact) == 1 and _likely(exact[0].text, heard, before, after) else None
        near = self._by_blur.get(blurred(sounds)) if len(heard) >= 3 else None
        if near is None or len(near) > 1:
            return None
        return near[0] if _close(near[0].text, heard, sounds) else None


def _likely(term: str, heard: str, before: str, after: str) -> bool:
    """Whether the same syllables are enough evidence for this term here."""
    same = sum(a == b for a, b in zip(term, heard, strict=True))
    if len(term) >= 4:
        return True
    if len(term) == 3:
        return same >= 1
    return bool(_AFTER_PLACE.match(after)) and (same >= 1 or before[-1:] in _BEFORE_PLACE)


def _close(term: str, heard: str, sounds: Sounds) -> bool:
    """Whether syllables that are only similar are enough: most must be the same, and the last character too."""
    different = sum(a != b for a, b in zip(sounds_of(term), sounds, strict=True))
    same = sum(a == b for a, b in zip(term, heard, strict=True))
    return different <= len(term) // 3 and term[-1] == heard[-1] and same * 2 >= len(term)


def load_repair(folder: Path) -> tuple[Callable[[str], tuple[str, list[Correction]]], str]:
    """The repairer for the vocabulary in `folder`, and a sentence on it for the health page."""
    terms = load_terms(folder)
    if not terms:
        return Repairer([]), f"{folder} 中没有词表，识别结果不做同音纠正；请检查 ASR_VOCABULARY_DIR"
    return Repairer(terms), f"{len(terms)} 个词条，来自 {folder}"
