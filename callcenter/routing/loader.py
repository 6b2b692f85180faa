"""Rule files to a checked rule set, and a book that keeps the last good one while files are being edited."""

import hashlib
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from callcenter.routing.city import CityError, load_city
from callcenter.routing.engine import Engine, RuleSetSource
from callcenter.routing.facts import Facts
from callcenter.routing.matching import TermError
from callcenter.routing.rules import ElementsFile, LexiconFile, PlaceWords, Rule, RuleFile, Stage, TopicRule

MAX_BYTES = 1_000_000
SPECIAL: dict[str, type[BaseModel]] = {
    "dispatch/lexicon.yaml": LexiconFile,
    "dispatch/places.yaml": PlaceWords,
    "dispatch/elements.yaml": ElementsFile,
}
_MESSAGES = {
    "extra_forbidden": "不认识的字段",
    "missing": "缺少这个字段",
    "string_type": "应当是文字",
    "list_type": "应当是列表",
    "string_too_short": "不能为空",
    "model_type": "应当是“字段: 值”的形式",
}
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """One fault in the rule files, for people."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.message}" if self.line else f"{self.file}:{self.message}"


class RuleSetError(ValueError):
    """The folder does not hold a usable rule set; `problems` says all that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class RuleSet:
    """A checked, compiled rule set and the hash of the files it came from."""

    engine: Engine
    version: str
    rule_ids: tuple[str, ...]


class _Document:
    """One YAML file with the line of every value."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise RuleSetError([Problem(name, 0, f"文件超过 {MAX_BYTES} 字节")])
        try:
            text = raw.decode("utf-8-sig")
            # Aliases are refused: a few lines of them can unfold to gigabytes.
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    line = event.start_mark.line + 1 if event.start_mark else 0
                    raise RuleSetError([Problem(name, line, "不允许使用 YAML 引用(*)")])
            self.node = yaml.compose(text, Loader=yaml.SafeLoader)
            self.data = yaml.safe_load(text)
        except UnicodeDecodeError:
            raise RuleSetError([Problem(name, 0, "不是 UTF-8 编码,请另存为 UTF-8")]) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            if isinstance(error, RuleSetError):
                raise
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 0
            detail = getattr(error, "problem", None) or str(error)
            raise RuleSetError([Problem(name, line, f"YAML 写法有错:{detail}")]) from None

    def line(self, *path: str | int) -> int:
        """The line of a value, or of the nearest value around it."""
        node = self.node
        for key in path:
            found: Any = None
            if isinstance(node, yaml.MappingNode):
                found = next((v for k, v in node.value if k.value == key), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                found = node.value[key]
            if found is None:
                continue
            node = found
        return node.start_mark.line + 1 if node else 0

    def read(self, model: type[Model]) -> Model:
        """The file as a model, or an error naming every faulty line."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise RuleSetError(
                [Problem(self.name, self.line(*e["loc"]), f"{_path(e['loc'])}:{_message(e)}") for e in error.errors()]
            ) from None


def _path(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location) or "文件"


def _message(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "enum":
        return f"只能是 {error['ctx']['expected'].replace(' or ', '、')}"
    return _MESSAGES.get(error["type"], error["msg"])


def rule_files(folder: Path) -> list[Path]:
    """The files that make a rule set: rules, topics and the city's tables."""
    return sorted([*folder.glob("dispatch/**/*.yaml"), *folder.glob("city/*.tsv")])


def folder_hash(folder: Path) -> str:
    """The version of a folder: a hash over the names and contents of its rule and city files."""
    digest = hashlib.sha256()
    for path in rule_files(folder):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def load(folder: Path, *, run_examples: bool = True) -> RuleSet:
    """Read, check and compile a folder of rules; raises RuleSetError with everything that is wrong."""
    if not folder.is_dir():
        raise RuleSetError([Problem(str(folder), 0, "没有这个文件夹")])
    version = folder_hash(folder)
    documents, problems = _documents(folder)
    special: dict[str, Any] = {}
    rules: dict[Stage, list[Rule]] = defaultdict(list)
    topics: list[TopicRule] = []
    origin: dict[str, tuple[_Document, int]] = {}
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
        named = [("rules", index, rule.id) for index, rule in enumerate(file.rules)]
        named += [("topics", index, f"topic:{topic.topic}") for index, topic in enumerate(file.topics)]
        for key, index, name in named:
            line = document.line(key, index)
            if name in origin:
                problems.append(Problem(document.name, line, f"规则 {name} 与别处重名"))
            origin[name] = (document, line)
    problems += [Problem(name, 0, "缺少这个文件") for name in SPECIAL if name not in {d.name for d in documents}]
    try:
        city = load_city(folder / "city")
    except CityError as error:
        problems.append(Problem(*_located(str(error))))
    if problems:
        raise RuleSetError(problems)
    source = RuleSetSource(
        city=city,
        **{field: special[f"dispatch/{field}.yaml"] for field in ("lexicon", "places", "elements")},
        rules=rules,
        topics=topics,
    )
    problems = _check_names(source, origin)
    if problems:
        raise RuleSetError(problems)
    try:
        engine = Engine(source)
    except TermError as error:
        raise RuleSetError([_find_term(documents, str(error))]) from None
    if run_examples and (problems := _run_examples(engine, source, origin)):
        raise RuleSetError(problems)
    return RuleSet(engine, version, tuple(origin))


def _documents(folder: Path) -> tuple[list[_Document], list[Problem]]:
    documents: list[_Document] = []
    problems: list[Problem] = []
    for path in (file for file in rule_files(folder) if file.suffix == ".yaml"):
        try:
            documents.append(_Document(path, str(path.relative_to(folder))))
        except RuleSetError as error:
            problems += error.problems
    return documents, problems


def _located(message: str) -> tuple[str, int, str]:
    file, _, rest = message.partition(":")
    line, _, text = rest.partition(":")
    return (file, int(line), text) if line.isdigit() else (file, 0, rest)


def _find_term(documents: list[_Document], message: str) -> Problem:
    """A bad term is named in its message; the first line that holds it is where to look."""
    quoted = message.partition("“")[2].partition("”")[0]
    for document in documents:
        for scalar in _scalars(document.node):
            if quoted and quoted in scalar.value:
                return Problem(document.name, scalar.start_mark.line + 1, message)
    return Problem("规则", 0, message)


def _scalars(node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _scalars(child)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key)
            yield from _scalars(value)


def _check_names(source: RuleSetSource, origin: dict[str, tuple[_Document, int]]) -> list[Problem]:
    """Units, topics, kinds, urgencies and outcomes must exist in the city's tables."""
    city = source.city
    units = {*city.units, "TERRITORY", ""}
    problems: list[Problem] = []

    def check(name: str, what: str, value: str, known: Any) -> None:
        if value and value not in known:
            document, line = origin[name]
            problems.append(Problem(document.name, line, f"规则 {name} 写的{what}“{value}”不在城市数据里"))

    for topic in source.topics:
        check(f"topic:{topic.topic}", "主题", topic.topic, city.topics)
    for rule in (rule for rules in source.rules.values() for rule in rules):
        check(rule.id, "主题", rule.topic, city.topics)
        check(rule.id, "诉求类型", rule.kind, city.kinds)
        check(rule.id, "紧急程度", rule.urgency, city.urgencies)
        check(rule.id, "结果码", rule.outcome, city.outcomes)
        for unit in (rule.lead, *(rule.co or []), *rule.add_co):
            check(rule.id, "单位", unit, units)
        prefixes = {name.split("-")[0] for name in city.topics}
        for condition in rule.when:
            for name in (*condition.topic, *condition.not_topic):
                check(rule.id, "主题", name, {*city.topics, *prefixes})
            for outcome in condition.outcome:
                check(rule.id, "结果码", outcome, city.outcomes)
    return problems


def _run_examples(engine: Engine, source: RuleSetSource, origin: dict[str, tuple[_Document, int]]) -> list[Problem]:
    """Every example must make its rule speak, every counter-example must not."""
    problems = []
    entries: list[tuple[str, Rule | TopicRule]] = [(rule.id, rule) for rules in source.rules.values() for rule in rules]
    for name, rule in [*entries, *((f"topic:{topic.topic}", topic) for topic in source.topics)]:
        document, line = origin[name]
        for text, expected in [*((t, True) for t in rule.examples), *((t, False) for t in rule.not_)]:
            if (name in engine.decide(Facts(text)).rule_ids) is not expected:
                said = "没有让它命中" if expected else "不该命中却命中了"
                problems.append(Problem(document.name, line, f"规则 {name} 的例句“{text}”{said}"))
    return problems


class RuleBook:
    """Holds the rule set in use. A broken edit never replaces a good set; the fault is kept to be shown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._lock = threading.Lock()
        self._stamp = self._read_stamp()
        self._rules = load(folder)

    def current(self) -> RuleSet:
        """The last good rule set, after taking in changed files."""
        if self._read_stamp() != self._stamp:
            self.reload()
        return self._rules

    def reload(self) -> RuleSet:
        """Read the folder again; on a fault keep the old rules and remember the fault."""
        with self._lock:
            self._stamp = self._read_stamp()
            if not self.problems and folder_hash(self.folder) == self._rules.version:
                return self._rules
            try:
                self._rules, self.problems = load(self.folder), []
            except RuleSetError as error:
                self.problems = error.problems
            return self._rules

    def _read_stamp(self) -> tuple[tuple[str, int, int], ...]:
        return tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in rule_files(self.folder))
