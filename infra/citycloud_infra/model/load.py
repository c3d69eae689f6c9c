"""From the text of an inventory to its model, or to errors that name file, line and field.

Pure: text in. The YAML is composed first and built afterwards, because only its nodes know the lines.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pydantic
import yaml

from citycloud_infra.model.inventory import Inventory

LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten times as fast over four thousand lines."""
UNKNOWN_FIELD: Final = "extra_forbidden"
MISSING_FIELD: Final = "missing"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong with the text itself."""

    file: str
    line: int
    field: str
    vi: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.vi} / {self.en}"


class Unreadable(Exception):
    """The text is no inventory; `faults` says why, in the order of the lines."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Document:
    """An inventory and where each of its fields stands."""

    file: str
    inventory: Inventory
    root: yaml.Node

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line, from 1, of the deepest part of `path` that the file has."""
        return line_of(root=self.root, path=path)


def read_inventory(*, text: str, file: str) -> Document:
    """Read `text`; `file` is only named in errors. Raise Unreadable."""
    try:
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        raise Unreadable([_not_yaml(file=file, error=error)]) from error
    if not isinstance(root, yaml.MappingNode):
        raise Unreadable([Fault(file=file, line=1, field="(file)", vi="không phải một bản kiểm kê", en="this is no inventory")])
    if twice := list(_twice(file=file, node=root, path=())):
        raise Unreadable(twice)
    try:
        loader = LOADER("")
        try:
            content = loader.construct_document(root)
        finally:
            loader.dispose()
        return Document(file=file, inventory=Inventory.model_validate(content), root=root)
    except yaml.MarkedYAMLError as error:
        raise Unreadable([_not_yaml(file=file, error=error)]) from error
    except pydantic.ValidationError as error:
        raise Unreadable(sorted(_faults(file=file, root=root, error=error), key=lambda fault: fault.line)) from error


def line_of(*, root: yaml.Node, path: Sequence[str | int]) -> int:
    """Return the line, from 1, of the deepest part of `path` under `root`."""
    node, line = root, root.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as people do: sites[3].uplinks[0].carrier."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "(file)"


def _faults(*, file: str, root: yaml.Node, error: pydantic.ValidationError) -> Iterator[Fault]:
    for each in error.errors(include_url=False):
        path = each["loc"]
        vi, en = _words(type_=each["type"], message=each["msg"])
        yield Fault(file=file, line=line_of(root=root, path=path), field=dotted(path), vi=vi, en=en)


def _words(*, type_: str, message: str) -> tuple[str, str]:
    if type_ == UNKNOWN_FIELD:
        return "không có trường này; hãy xem lại cách viết", "there is no such field; check its spelling"
    if type_ == MISSING_FIELD:
        return "thiếu trường này; hãy thêm vào", "this field is missing; add it"
    told = message[:1].lower() + message[1:]
    return f"giá trị không hợp lệ, hãy sửa ({told})", f"{told}; correct it"


def _not_yaml(*, file: str, error: yaml.MarkedYAMLError) -> Fault:
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    return Fault(file=file, line=line, field="(YAML)", vi=f"không đọc được YAML: {error.problem}", en=f"not YAML: {error.problem}")


def _twice(*, file: str, node: yaml.Node, path: tuple[str | int, ...], within: frozenset[int] = frozenset()) -> Iterator[Fault]:
    """Find keys that stand twice, of which YAML would keep the last in silence, and parts that hold themselves (by an alias)."""
    line, here = node.start_mark.line + 1, within | {id(node)}
    if id(node) in within:
        yield Fault(file=file, line=line, field=dotted(path), vi="chứa chính nó; hãy viết ra", en="holds itself; write it out")
    elif isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(node.value):
            yield from _twice(file=file, node=each, path=(*path, number), within=here)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                line = key.start_mark.line + 1
                yield Fault(file=file, line=line, field=dotted((*path, name)), vi="có hai lần; hãy bỏ một", en="stands twice; take one out")
            seen.add(name)
            yield from _twice(file=file, node=value, path=(*path, name), within=here)
