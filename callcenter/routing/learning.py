"""What is learned from labelled sentences: for each question, how well each answer fits a text. Pure but for `Kept`.

Two linear witnesses over the same grams (the set of a text's grams, each worth ln((1 + N) / (1 + n)) + 1, length one),
so that both together are one table of weights and reading a text is a sum of its rows:

- complement naive Bayes (Rennie and others, 2003), closed form: knows what few sentences have;
- linear support vector machines, one answer against the rest, found by scikit-learn: tell neighbours apart.
"""

import fcntl
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from callcenter.core.log import get_logger

log = get_logger(__name__)

Table = NDArray[np.float32]
Scores = dict[str, float]
Lesson = tuple[Collection[str], Mapping[str, str]]
"""The grams of a sentence, and what it answers to which question."""

COST, SMOOTHING = 1.0, 0.05
LEAST = 2
"""A gram that fewer sentences have says nothing of others."""


@dataclass(frozen=True)
class Question:
    """Answers by column: weights of each gram, and what is added whatever is said."""

    answers: list[str]
    weights: Table
    bias: Table


@dataclass(frozen=True)
class Learned:
    """Weights of grams for some questions."""

    grams: dict[str, int]
    worth: Table
    questions: dict[str, Question]

    def scores(self, found: Collection[str]) -> dict[str, Scores]:
        """By question, how well each answer fits; empty when nothing is known of the text."""
        rows = [self.grams[gram] for gram in found if gram in self.grams]
        if not rows:
            return {}
        worth = self.worth[rows]
        worth = worth / np.sqrt(worth @ worth)
        return {
            name: dict(zip(of.answers, (worth @ of.weights[rows] + of.bias).tolist(), strict=True))
            for name, of in self.questions.items()
        }


def learn(lessons: Sequence[Lesson], shares: Mapping[str, tuple[float, float]]) -> Learned:
    """`shares`: by question what naive Bayes and the machines count; one with fewer than two answers has no weights."""
    # Slow to read, and needed only where nothing is kept yet.
    from scipy.sparse import csr_array

    holders = Counter(gram for grams, _ in lessons for gram in set(grams))
    place = {gram: n for n, gram in enumerate(sorted(gram for gram, n in holders.items() if n >= LEAST))}
    worth = np.array([np.log((1 + len(lessons)) / (1 + holders[gram])) + 1 for gram in place], dtype=np.float32)
    cells = [(row, place[gram]) for row, (grams, _) in enumerate(lessons) for gram in set(grams) if gram in place]
    rows, columns = np.array(cells, dtype=np.int32).reshape(-1, 2).T
    has = csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(lessons), len(place)))
    questions = {}
    for name, (bayes, machines) in shares.items():
        known = np.array([row for row, (_, said) in enumerate(lessons) if name in said], dtype=np.int32)
        said = [lessons[row][1][name] for row in known]
        if len(set(said)) > 1:
            questions[name] = _question(has[known], worth, said, bayes, machines)
    return Learned(place, worth, questions)


def _question(has: object, worth: Table, said: list[str], bayes: float, machines: float) -> Question:
    answers = sorted(set(said))
    weights = np.zeros((len(worth), len(answers)), dtype=np.float32)
    bias = np.zeros(len(answers), dtype=np.float32)
    if bayes:
        weights += bayes * _likeness(has, said, answers)
    if machines:
        found, offset = _separation(has, worth, said)
        weights += machines * found
        bias += machines * offset
    return Question(answers, weights, bias)


def _likeness(has: object, said: list[str], answers: list[str]) -> Table:
    from scipy.sparse import csr_array

    column = {answer: n for n, answer in enumerate(answers)}
    cells = (np.arange(len(said), dtype=np.int32), np.array([column[answer] for answer in said], dtype=np.int32))
    bears = csr_array((np.ones(len(said), dtype=np.float32), cells), shape=(len(said), len(answers)))
    held: Table = (has.T @ bears).toarray()  # type: ignore[attr-defined]
    total, own = held.sum(axis=1, keepdims=True), held.sum(axis=0)
    spread = SMOOTHING * len(held)
    gain = np.log(held / SMOOTHING + 1) + np.log((total + SMOOTHING) / (total - held + SMOOTHING))
    base = np.log(own.sum() - own + spread) - np.log(own + spread)
    likeness: Table = gain + base
    return likeness


def _separation(has: object, worth: Table, said: list[str]) -> tuple[Table, Table]:
    from scipy.sparse import diags_array
    from sklearn.preprocessing import normalize
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=COST, random_state=0).fit(normalize(has @ diags_array(worth)), said)
    weights, offset = machine.coef_.T, machine.intercept_
    if weights.shape[1] == 1:  # two answers have one machine between them
        weights, offset = np.hstack([-weights, weights]), np.hstack([-offset, offset])
    return weights.astype(np.float32), offset.astype(np.float32)


class Kept:
    """Weights in a folder, learned by one process while others wait; the newest few stay."""

    NEWEST = 4

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, sources: Sequence[str], make: Callable[[], Learned]) -> Learned:
        """What was learned from these sources by this program; made when it is not there."""
        digest = hashlib.sha256(Path(__file__).read_bytes() + "\0".join(sources).encode()).hexdigest()
        path = self._folder / f"{digest[:16]}.npz"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                return _read(path) or self._write(path, make())
        except OSError as error:
            log.warning("what is learned cannot be kept", folder=str(self._folder), error=str(error))
            return make()

    def _write(self, path: Path, found: Learned) -> Learned:
        half_done = path.with_suffix(".part")
        arrays: dict[str, NDArray[np.generic]] = {"grams": np.array(list(found.grams), dtype=str), "worth": found.worth}
        for name, of in found.questions.items():
            arrays |= {f"{name}.answers": np.array(of.answers), f"{name}.weights": of.weights, f"{name}.bias": of.bias}
        with half_done.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        half_done.replace(path)
        for old in sorted(self._folder.glob("*.npz"), key=lambda kept: kept.stat().st_mtime)[: -self.NEWEST]:
            old.unlink()
        return found


def _read(path: Path) -> Learned | None:
    """None where there is none, or a disk has spoilt it."""
    try:
        return _of_file(path)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        log.warning("what was learned cannot be read", file=path.name, error=str(error))
        return None


def _of_file(path: Path) -> Learned:
    with np.load(path) as kept:
        names = [key.removesuffix(".answers") for key in kept.files if key.endswith(".answers")]
        grams = {gram: row for row, gram in enumerate(kept["grams"].tolist())}
        questions = {
            name: Question(kept[f"{name}.answers"].tolist(), kept[f"{name}.weights"], kept[f"{name}.bias"])
            for name in names
        }
        return Learned(grams, kept["worth"], questions)
