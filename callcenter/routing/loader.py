"""Rule files to a checked, compiled rule set."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from callcenter.routing.checks import Origin, check_names, run_examples
from callcenter.routing.city import CityError, load_city
from callcenter.routing.documents import Document, Problem, RuleSetError, scalars
from callcenter.routing.engine import Engine, RuleSetSource
from callcenter.routing.learning import Kept
from callcenter.routing.matching import TermError
from callcenter.routing.rules import ElementsFile, LexiconFile, PlaceWords, Rule, RuleFile, Stage, TopicRule
from callcenter.settings import get_settings

SPECIAL: dict[str, type[BaseModel]] = {
    "dispatch/lexicon.yaml": LexiconFile,
    "dispatch/places.yaml": PlaceWords,
    "dispatch/elements.yaml": ElementsFile,
}


@dataclass(frozen=True)
class RuleSet:
    """A checked, compiled rule set and the hash of the files it came from."""

    engine: Engine
    version: str
    source: RuleSetSource
    origin: Origin

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The names of all rules, in the order of the files."""
        return tuple(self.origin)


def rule_files(folder: Path) -> list[Path]:
    """The files that make a rule set: rules, topics and the city's tables."""
    return sorted([*folder.glob("dispatch/**/*.yaml"), *folder.glob("city/*.tsv")])


def folder_hash(folder: Path) -> str:
    """The version of a folder: a hash over the names and contents of its rule and city files."""
    digest = hashlib.sha256()
    for path in rule_files(folder):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def load(folder: Path, *, examples: bool = True) -> RuleSet:
    """Read, check and compile a folder of rules; raises RuleSetError with everything that is wrong."""
    if not folder.is_dir():
        raise RuleSetError([Problem(str(folder), 0, "没有这个文件夹")])
    version = folder_hash(folder)
    documents, problems = read_documents(folder)
    source, origin = read_source(folder, documents, problems)
    if problems := check_names(source, origin):
        raise RuleSetError(problems)
    try:
        engine = Engine(source, Kept(get_settings().learned_dir).get)
    except TermError as error:
        raise RuleSetError([_find_term(documents, str(error))]) from None
    if examples and (problems := run_examples(engine, source, origin)):
        raise RuleSetError(problems)
    return RuleSet(engine, version, source, origin)


def read_source(folder: Path, documents: list[Document], problems: list[Problem]) -> tuple[RuleSetSource, Origin]:
    """The files as models, with the place of every rule; faults found before count too."""
    special: dict[str, Any] = {}
    rules: dict[Stage, list[Rule]] = defaultdict(list)
    topics: list[TopicRule] = []
    origin: Origin = {}
    for document in documents:
        try:
            if document.name in SPECIAL:
                special[document.name] = document.read(SPECIAL[document.name])
                continue
            file = document.read(RuleFile)
        except RuleSetError as error:
            problems += error.problems
            continue
        rules[file.stage] += file.rules
        topics += file.topics
        problems += _place_rules(document, file, origin)
    problems += [Problem(name, 0, "缺少这个文件") for name in SPECIAL if name not in {d.name for d in documents}]
    try:
        city = load_city(folder / "city")
    except CityError as error:
        problems.append(Problem(*_located(str(error))))
    if problems:
        raise RuleSetError(problems)
    parts = {field: special[f"dispatch/{field}.yaml"] for field in ("lexicon", "places", "elements")}
    return RuleSetSource(city=city, **parts, rules=rules, topics=topics), origin


def _place_rules(document: Document, file: RuleFile, origin: Origin) -> list[Problem]:
    """Note where each rule stands; a name used twice is a fault."""
    named = [("rules", index, rule.id) for index, rule in enumerate(file.rules)]
    named += [("topics", index, f"topic:{topic.topic}") for index, topic in enumerate(file.topics)]
    problems = []
    for key, index, name in named:
        line = document.line(key, index)
        if name in origin:
            problems.append(Problem(document.name, line, f"规则 {name} 与别处重名"))
        origin[name] = (document, line)
    return problems


def read_documents(folder: Path) -> tuple[list[Document], list[Problem]]:
    """The rule files of a folder, and what could not be read."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in (file for file in rule_files(folder) if file.suffix == ".yaml"):
        try:
            documents.append(Document(path, str(path.relative_to(folder))))
        except RuleSetError as error:
            problems += error.problems
    return documents, problems


def _located(message: str) -> tuple[str, int, str]:
    file, _, rest = message.partition(":")
    line, _, text = rest.partition(":")
    return (file, int(line), text) if line.isdigit() else (file, 0, rest)


def _find_term(documents: list[Document], message: str) -> Problem:
    """A bad term is named in its message; the first line that holds it is where to look."""
    quoted = message.partition("“")[2].partition("”")[0]
    for document in documents:
        for scalar in scalars(document.node):
            if quoted and quoted in scalar.value:
                return Problem(document.name, scalar.start_mark.line + 1, message)
    return Problem("规则", 0, message)
