"""One YAML file with the line of every value, so that each fault is reported where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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


class Document:
    """One YAML file with the line of every value."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise RuleSetError([Problem(name, 0, f"文件超过 {MAX_BYTES} 字节")])
        try:
            text = raw.decode("utf-8-sig")
            _refuse_bombs(text, name)
            self.node = yaml.compose(text, Loader=LOADER)
            self.data = yaml.load(text, Loader=LOADER)  # safe: a SafeLoader in C where there is one
            _refuse_twins(self.node, name)
        except UnicodeDecodeError:
            raise RuleSetError([Problem(name, 0, "不是 UTF-8 编码，请另存为 UTF-8")]) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            if isinstance(error, RuleSetError):
                raise
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 0
            detail = getattr(error, "problem", None) or str(error)
            raise RuleSetError([Problem(name, line, f"YAML 写法有错：{detail}")]) from None

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


def _refuse_bombs(text: str, name: str) -> None:
    """No aliases (a few lines of them unfold to gigabytes) and no deep nesting (it ends in a stack overflow)."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 0
            said = "嵌套太深" if depth > MAX_DEPTH else "不允许使用 YAML 引用（*）"
            raise RuleSetError([Problem(name, line, said)])


def _refuse_twins(node: Any, name: str) -> None:
    """The same key twice in one place: YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise RuleSetError([Problem(name, key.start_mark.line + 1, f"“{key.value}”写了两次，请并成一处")])
            seen.add(key.value)
            _refuse_twins(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_twins(child, name)


def scalars(node: Any) -> Iterator[yaml.ScalarNode]:
    """All plain values under a node."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from scalars(child)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from scalars(key)
            yield from scalars(value)
