"""All words and patterns of a rule set in one automaton; a `Scan` finds them in a text that may still grow.

A term is a word, `<concept>`, or parts joined by `..` (in this order) or `~` (in any order) within a number of
characters: `煤气..味`, `<小孩>~15~水里`. A pattern never reaches over a sentence end.
"""

import heapq
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import ahocorasick

from callcenter.routing.text import SENTENCE_END, normalise, sound_key

_OPERATOR = re.compile(r"(\.\.(?:\d+\.\.)?|~(?:\d+~)?)")
DEFAULT_GAP = {"..": 6, "~": 10}
# A text of 100,000 times the same word must not make patterns slow.
MAX_SPANS = 1000
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
class Node:
    """A word (no children), a group of terms, a pattern of parts, or a term at the end of a sentence."""

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
        self.nodes: list[Node] = []
        self._ids: dict[str, int] = {}
        self._open: list[str] = []
        self.words: dict[str, int] = {}
        self.at_end: list[int] = []
        self.masks = {normalise(mask) for mask in masks}
        self._automaton = self._sounds = None
        self.longest = 1

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
            node = self._add(Node((self.term(source[:-1]),), at_end=True))
            self.at_end.append(node)
            return node
        if not (source.startswith("<") and source.endswith(">")):
            return self._word(source)
        name = source[1:-1]
        if name not in self._concepts:
            raise TermError(f"没有叫“{name}”的词组，请先在词表里写明")
        if name in self._open:
            raise TermError(f"词组“{name}”绕了一圈又引用自己")
        self._open.append(name)
        children = tuple(dict.fromkeys(self.term(term) for term in self._concepts[name]))
        self._open.pop()
        return self._add(Node(children))

    def _word(self, source: str) -> int:
        word = normalise(source)
        if not word:
            raise TermError(f"“{source}”里有空的词")
        if word not in self.words:
            self.words[word] = self._add(Node())
        return self.words[word]

    def _join(self, source: str, parts: list[str]) -> int:
        children = tuple(self.term(part) if part else self._word(part) for part in parts[::2])
        joins = []
        for operator in parts[1::2]:
            symbol = operator[:2] if operator[0] == "." else "~"
            digits = operator.strip(".~")
            joins.append((symbol == "~", int(digits) if digits else DEFAULT_GAP[symbol]))
        return self._add(Node(children, tuple(joins)))

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        number = len(self.nodes) - 1
        for child in set(node.children):
            self.nodes[child].parents.append(number)
        return number

    def freeze(self) -> None:
        """Build the automata; no term may be added afterwards."""
        words, sounds = ahocorasick.Automaton(), ahocorasick.Automaton()
        by_sound: dict[str, list[str]] = defaultdict(list)
        for word in {*self.words, *self.masks}:
            words.add_word(word, word)
            if len(word) >= SOUND_LENGTH and word not in self.masks:
                by_sound[sound_key(word)].append(word)
        for key, alike in by_sound.items():
            sounds.add_word(key, alike)
        self.longest = max((len(word) for word in {*self.words, *self.masks}), default=1)
        for automaton in (words, sounds):
            automaton.make_automaton()
        self._automaton, self._sounds = words, sounds

    def words_in(self, text: str) -> Iterable[tuple[int, str]]:
        """The words of a text, each with the place of its last character."""
        return self._automaton.iter(text) if self._automaton else ()

    def sounds_in(self, text: str) -> Iterable[tuple[int, list[str]]]:
        """The words a text sounds like, each with the place of its last character."""
        return self._sounds.iter(sound_key(text)) if self._sounds else ()

    def scan(self, text: str = "") -> "Scan":
        """Find every term in a text; more text can be fed to the result."""
        scan = Scan(self)
        scan.feed(text)
        return scan


class Scan:
    """What was found in a text so far. `feed` costs the work of the new text only, plus the patterns it touches."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.text = ""
        self._lexicon = lexicon
        self._found: dict[str, list[Span]] = defaultdict(list)
        self._masked: list[Span] = []
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
        offset = max(0, old - self._lexicon.longest + 1)
        # A mask that ends in the new text may hide words before the seam: those are looked at again.
        touched = {word for word, spans in self._found.items() if spans[-1].end > offset}
        self._resolve(touched | self._find(self.text[offset:], offset, old))

    def copy(self) -> "Scan":
        """A second scan of the same text, to feed words that may still change."""
        twin = Scan(self._lexicon)
        twin.text, twin._masked, twin._stops = self.text, list(self._masked), list(self._stops)
        twin._found.update(self._found)
        twin._spans.update(self._spans)
        return twin

    def spans(self, node: int) -> list[Span]:
        """The places of a term, in order."""
        return self._spans.get(node, [])

    def active(self) -> Iterable[int]:
        """The nodes of all terms that were found."""
        return self._spans.keys()

    def words(self, span: Span) -> str:
        """The text of a place."""
        return self.text[span.start : span.end]

    def _find(self, tail: str, offset: int, old: int) -> set[str]:
        """Record the words that end in the new text; returns them."""
        new: dict[str, list[Span]] = defaultdict(list)
        for last, word in self._lexicon.words_in(tail):
            if offset + last >= old:
                new[word].append(Span(offset + last + 1 - len(word), offset + last + 1))
        for last, words in self._lexicon.sounds_in(tail):
            end = offset + last + 1
            for word in words if end > old else ():
                surface = self.text[end - len(word) : end]
                if surface != word and _misheard(surface, word):
                    new[word].append(Span(end - len(word), end, sounded=True))
        for word, spans in new.items():
            if word in self._lexicon.masks:
                self._masked += spans
            self._found[word] = sorted(self._found[word] + spans)[:MAX_SPANS]
        self._masked.sort()
        return new.keys() & self._found.keys()

    def _resolve(self, touched: set[str]) -> None:
        """Bring the nodes over the touched words up to date, parts before wholes."""
        nodes, numbers = self._lexicon.nodes, self._lexicon.words
        waiting = [number for number in self._lexicon.at_end if number in self._spans]
        queued = set(waiting)
        heapq.heapify(waiting)

        def update(number: int, spans: list[Span]) -> None:
            if spans == self._spans.get(number, []):
                return
            if spans:
                self._spans[number] = spans
            else:
                self._spans.pop(number, None)
            for parent in nodes[number].parents:
                if parent not in queued:
                    queued.add(parent)
                    heapq.heappush(waiting, parent)

        for word in touched & numbers.keys():
            update(numbers[word], [span for span in self._found[word] if not self._hidden(span)])
        while waiting:
            number = heapq.heappop(waiting)
            node = nodes[number]
            update(number, (self._joined(node) if node.joins else self._union(node))[:MAX_SPANS])

    def _hidden(self, span: Span) -> bool:
        """Whether the place lies inside a longer masked phrase."""
        last = bisect_right(self._masked, (span.start, len(self.text) + 1))
        first = bisect_left(self._masked, (span.start - self._lexicon.longest,))
        return any(span.end <= mask.end and span[:2] != mask[:2] for mask in self._masked[first:last])

    def _union(self, node: Node) -> list[Span]:
        spans = sorted({span for child in node.children for span in self._spans.get(child, ())})
        return [span for span in spans if self._ends_sentence(span)] if node.at_end else spans

    def _ends_sentence(self, span: Span) -> bool:
        return span.end == len(self.text) or self._stop_between(span.end, span.end + 1)

    def _joined(self, node: Node) -> list[Span]:
        spans = self._spans.get(node.children[0], [])
        for (any_order, gap), child in zip(node.joins, node.children[1:], strict=True):
            others = self._spans.get(child, [])
            pairs = self._followed(spans, others, gap)
            if any_order:
                pairs |= self._followed(others, spans, gap)
            spans = sorted(pairs)[:MAX_SPANS]
        return spans

    def _followed(self, firsts: list[Span], seconds: list[Span], gap: int) -> set[Span]:
        """The stretches from each first place to each second that follows it closely."""
        return {
            Span(first.start, second.end, first.sounded or second.sounded)
            for first in firsts
            for second in seconds[bisect_left(seconds, (first.end,)) : bisect_left(seconds, (first.end + gap + 1,))]
            if not self._stop_between(first.end, second.start)
        }

    def close(self, first: Span, second: Span, gap: int) -> bool:
        """Whether `second` follows `first` within `gap` characters of the same sentence."""
        return 0 <= second.start - first.end <= gap and not self._stop_between(first.end, second.start)

    def _stop_between(self, start: int, end: int) -> bool:
        return bisect_left(self._stops, start) < bisect_left(self._stops, end)


def _misheard(surface: str, word: str) -> bool:
    """Whether a recogniser may have written `surface` for `word`: some characters right, no little word swapped."""
    wrong = [a for a, b in zip(surface, word, strict=True) if a != b]
    return len(wrong) * 3 <= len(word) * 2 and LITTLE_WORDS.isdisjoint(wrong)
