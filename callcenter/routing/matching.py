"""All words and patterns of a rule set in one automaton; a `Scan` finds them in a text that may still grow.

A term is a word, `<concept>`, or parts joined by `..` (in this order) or `~` (in any order) within a number of
characters: `煤气..味`, `<小孩>~15~水里`. A pattern never reaches over a sentence end.
"""

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import ahocorasick

from callcenter.routing.text import SENTENCE_END, normalise, sound_key

_OPERATOR = re.compile(r"(\.\.(?:\d+\.\.)?|~(?:\d+~)?)")
DEFAULT_GAP = {"..": 6, "~": 10}
# A text of 100,000 characters must not make patterns slow: the first places of a word are enough.
MAX_SPANS = 64
SOUND_LENGTH = 3
# Little words sound like half the language; where only they differ it is another phrase, not a misheard one.
LITTLE_WORDS = frozenset("在再的地得他她它那哪吗嘛有又是事时不了")


class Span(NamedTuple):
    """Where a term stands in the text; `sounded` when only its sound fits."""

    start: int
    end: int
    sounded: bool = False


class TermError(ValueError):
    """A term that cannot be read; the message is a Chinese sentence."""


@dataclass
class _Node:
    children: tuple[int, ...] = ()
    # Operator before each further child: (any_order, gap). Empty: a concept (union of its children).
    joins: tuple[tuple[bool, int], ...] = ()
    parents: list[int] = field(default_factory=list)
    at_end: bool = False
    """Only where a sentence ends right behind it."""


class Lexicon:
    """Compiles terms to numbered nodes (parts always before wholes) and words to the automaton."""

    def __init__(self, concepts: Mapping[str, Iterable[str]], masks: Iterable[str] = ()) -> None:
        self._concepts = {name: list(terms) for name, terms in concepts.items()}
        self._nodes: list[_Node] = []
        self._ids: dict[str, int] = {}
        self._open: list[str] = []
        self._words: dict[str, int] = {}
        self.masks = {normalise(mask) for mask in masks}
        self._automaton = self._sounds = None
        self._longest = 1

    def term(self, source: str) -> int:
        """The node of a term; the same term always has the same node."""
        if source in self._ids:
            return self._ids[source]
        parts = _OPERATOR.split(source)
        node = self._join(source, parts) if len(parts) > 1 else self._part(source)
        self._ids[source] = node
        return node

    def _part(self, source: str) -> int:
        if source.endswith("$"):
            return self._add(_Node((self.term(source[:-1]),), at_end=True))
        if not (source.startswith("<") and source.endswith(">")):
            return self._word(source)
        name = source[1:-1]
        if name not in self._concepts:
            raise TermError(f"没有叫“{name}”的词组,请先在词表里写明")
        if name in self._open:
            raise TermError(f"词组“{name}”绕了一圈又引用自己")
        self._open.append(name)
        children = tuple(dict.fromkeys(self.term(term) for term in self._concepts[name]))
        self._open.pop()
        return self._add(_Node(children))

    def _word(self, source: str) -> int:
        word = normalise(source)
        if not word:
            raise TermError(f"“{source}”里有空的词")
        if word not in self._words:
            self._words[word] = self._add(_Node())
        return self._words[word]

    def _join(self, source: str, parts: list[str]) -> int:
        children = tuple(self.term(part) if part else self._word(part) for part in parts[::2])
        joins = []
        for operator in parts[1::2]:
            symbol = operator[:2] if operator[0] == "." else "~"
            digits = operator.strip(".~")
            joins.append((symbol == "~", int(digits) if digits else DEFAULT_GAP[symbol]))
        return self._add(_Node(children, tuple(joins)))

    def _add(self, node: _Node) -> int:
        self._nodes.append(node)
        number = len(self._nodes) - 1
        for child in set(node.children):
            self._nodes[child].parents.append(number)
        return number

    def freeze(self) -> None:
        """Build the automata; no term may be added afterwards."""
        words, sounds = ahocorasick.Automaton(), ahocorasick.Automaton()
        by_sound: dict[str, list[str]] = defaultdict(list)
        for word in {*self._words, *self.masks}:
            words.add_word(word, word)
            if len(word) >= SOUND_LENGTH and word not in self.masks:
                by_sound[sound_key(word)].append(word)
        for key, alike in by_sound.items():
            sounds.add_word(key, alike)
        self._longest = max((len(word) for word in {*self._words, *self.masks}), default=1)
        for automaton in (words, sounds):
            automaton.make_automaton()
        self._automaton, self._sounds = words, sounds

    def scan(self, text: str = "") -> "Scan":
        """Find every term in a text; more text can be fed to the result."""
        scan = Scan(self)
        scan.feed(text)
        return scan


class Scan:
    """What was found in a text so far. `feed` costs the work of the new text only, plus the patterns found."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.text = ""
        self._lexicon = lexicon
        self._found: dict[str, list[Span]] = defaultdict(list)
        self._spans: dict[int, list[Span]] = {}
        self._stops: list[int] = []

    def feed(self, text: str) -> None:
        """Take in further text; words across the seam are found."""
        added = normalise(text)
        if not added:
            return
        old = len(self.text)
        self.text += added
        self._stops += [old + match.start() for match in SENTENCE_END.finditer(added)]
        offset = max(0, old - self._lexicon._longest + 1)
        self._find(self.text[offset:], offset, old)
        self._resolve()

    def spans(self, node: int) -> list[Span]:
        """The places of a term, in order."""
        return self._spans.get(node, [])

    def active(self) -> Iterable[int]:
        """The nodes of all terms that were found."""
        return self._spans.keys()

    def words(self, span: Span) -> str:
        """The text of a place."""
        return self.text[span.start : span.end]

    def _find(self, tail: str, offset: int, old: int) -> None:
        lexicon = self._lexicon
        if lexicon._automaton is None or not len(lexicon._automaton):
            return
        for last, word in lexicon._automaton.iter(tail):
            if offset + last >= old:
                self._record(word, Span(offset + last + 1 - len(word), offset + last + 1))
        if lexicon._sounds is None or not len(lexicon._sounds):
            return
        for last, words in lexicon._sounds.iter(sound_key(tail)):
            end = offset + last + 1
            for word in words if end > old else ():
                surface = self.text[end - len(word) : end]
                if surface != word and _misheard(surface, word):
                    self._record(word, Span(end - len(word), end, sounded=True))

    def _record(self, word: str, span: Span) -> None:
        if len(self._found[word]) < MAX_SPANS:
            self._found[word].append(span)

    def _resolve(self) -> None:
        nodes, words = self._lexicon._nodes, self._lexicon._words
        masks = [s for mask in self._lexicon.masks for s in self._found.get(mask, ())]
        self._spans = {}
        waiting: list[int] = []
        queued: set[int] = set()

        def activate(number: int, spans: list[Span]) -> None:
            self._spans[number] = spans
            for parent in nodes[number].parents:
                if parent not in queued:
                    queued.add(parent)
                    heapq.heappush(waiting, parent)

        for word, spans in self._found.items():
            kept = [s for s in spans if not any(_inside(s, mask) for mask in masks)] if masks else spans
            if kept and word in words:
                activate(words[word], kept)
        while waiting:
            number = heapq.heappop(waiting)
            spans = self._joined(nodes[number]) if nodes[number].joins else self._union(nodes[number])
            if spans:
                activate(number, spans[:MAX_SPANS])

    def _union(self, node: _Node) -> list[Span]:
        spans = sorted({span for child in node.children for span in self._spans.get(child, ())})
        return [span for span in spans if self._ends_sentence(span)] if node.at_end else spans

    def _ends_sentence(self, span: Span) -> bool:
        return span.end == len(self.text) or span.end in self._stops

    def _joined(self, node: _Node) -> list[Span]:
        spans = self._spans.get(node.children[0], [])
        for (any_order, gap), child in zip(node.joins, node.children[1:], strict=True):
            others = self._spans.get(child, [])
            spans = sorted(
                {
                    Span(min(a.start, b.start), max(a.end, b.end), a.sounded or b.sounded)
                    for a in spans
                    for b in others
                    if self.close(a, b, gap) or (any_order and self.close(b, a, gap))
                }
            )[:MAX_SPANS]
        return spans

    def close(self, first: Span, second: Span, gap: int) -> bool:
        """Whether `second` follows `first` within `gap` characters of the same sentence."""
        distance = second.start - first.end
        return 0 <= distance <= gap and not (distance and any(first.end <= stop < second.start for stop in self._stops))


def _inside(span: Span, mask: Span) -> bool:
    return mask.start <= span.start and span.end <= mask.end and span[:2] != mask[:2]


def _misheard(surface: str, word: str) -> bool:
    """Whether a recogniser may have written `surface` for `word`: some characters right, no little word swapped."""
    wrong = [a for a, b in zip(surface, word, strict=True) if a != b]
    return len(wrong) * 3 <= len(word) * 2 and LITTLE_WORDS.isdisjoint(wrong)
