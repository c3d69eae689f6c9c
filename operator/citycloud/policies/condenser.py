"""From the rules of a policy to one question: what an expression costs the API server is, for the most part, that it is one.

It evaluates every validation, every messageExpression and every variable that is asked for as a program of its own, and messages also where
nothing is refused. So the rules become one question, and the text of a refusal is put together only where the answer is no. A variable is
written where it is asked for, if that is once. Identities stay variables: the doctor reads them there (docs/decisions/0020).
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Final

from citycloud.policies.catalogue import CatalogueError, Manifest

VARIABLE: Final = re.compile(r"\bvariables\.(\w+)")
LITERAL: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
HOLDS: Final = "holds"
REFUSALS: Final = "refusals"
FIRST: Final = (
    f"variables.{HOLDS} ? '' : variables.{REFUSALS}[0] + (variables.{REFUSALS}.size() == 1 ? '' : "
    f"' [' + variables.{REFUSALS}.map(text, text.substring(0, 3)).join(', ') + ']')"
)
"""The text of the first rule that refuses; where several ids do, all of them follow."""
SOME: Final = "Một trong các chính sách này từ chối; xem docs/policies.md. / One of these policies refuses it; see docs/policies.md."
"""What is said of several ids where a text itself fails, which it never should."""
KEPT: Final = ("failurePolicy", "matchConstraints", "matchConditions")
MACROS: Final = frozenset(
    ("all", "exists", "exists_one", "filter", "has", "map", "optFlatMap", "optMap", "transformList", "transformMap", "transformMapEntry")
)
"""In their brackets an expression would be computed once for each element."""
FIELDS_ONLY: Final = frozenset({"has"})
LONGEST_PLAIN: Final = 100
MANY: Final = 1_000
_COMPUTING: Final = re.compile(rf"[-+*/&|]|variables\.|\b(?:{'|'.join(sorted(MACROS))})\(")
_IDENTITY: Final = re.compile(r"@[A-Z_]+@")
_BRACKET: Final = re.compile(r"(\w*)\(|[\[{)\]}]")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What one manifest asks of a request: the CEL that tells whether it is demanded, if any, and its rules with the text of each."""

    message: str
    demanded: str
    rules: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the policy's id, with which its message begins."""
        return self.message.partition(":")[0]

    @property
    def holds(self) -> str:
        """Ask all rules at once."""
        rules = " && ".join(f"({rule})" for rule in self.rules)
        return f"(!({self.demanded}) || ({rules}))" if self.demanded else rules

    @property
    def refusal(self) -> str:
        """Pick the text of the first rule that refuses; empty where none does."""
        chain = "".join(f"!({rule}) ? {text} : " for rule, text in zip(self.rules, self.texts, strict=True)) + "''"
        return f"!({self.demanded}) ? '' : {chain}" if self.demanded else chain


def condensed(specs: Iterable[Manifest], *, order: Iterable[str]) -> Manifest:
    """Make one rule of those of several manifests about the same requests, as compiled; `order` is that of the variables they share."""
    specs = list(specs)
    asked = [_asked(spec) for spec in specs]
    variables = {each["name"]: each["expression"] for spec in specs for each in spec["variables"]}
    variables = {name: variables[name] for name in dict.fromkeys((*order, *variables)) if name in variables}
    single = len(asked) == len(asked[0].rules) == 1
    holds = " && ".join(each.holds for each in asked)
    text = asked[0].texts[0] if single else f"[{', '.join(each.refusal for each in asked)}].filter(text, text != '')"
    (holds, text), kept = _inlined(roots=(holds, text), variables=variables, seldom=None if single else 1)
    if not single:
        if "authorizer" in _bare(holds):
            raise CatalogueError(f"{asked[0].id}: what asks the authorizer is a manifest of one rule, for texts cannot ask it")
        kept |= {HOLDS: holds, REFUSALS: text}
        holds, text = f"variables.{HOLDS}", FIRST
    ids = dict.fromkeys(each.id for each in asked)
    message = asked[0].message if len(ids) == 1 else f"{', '.join(ids)}: {SOME}"
    return {
        **{key: value for key, value in specs[0].items() if key in KEPT},
        **_listed(kept),
        "validations": [{"expression": holds, "messageExpression": text, "message": message, "reason": "Forbidden"}],
    }


def inlined(spec: Manifest) -> Manifest:
    """Put the variables of a mutating policy where they are asked for."""
    variables = {each["name"]: each["expression"] for each in spec.get("variables", ())}
    roots = tuple(each["jsonPatch"]["expression"] for each in spec["mutations"])
    written, kept = _inlined(roots=roots, variables=variables)
    mutations = [{**each, "jsonPatch": {"expression": root}} for each, root in zip(spec["mutations"], written, strict=True)]
    return {**{key: value for key, value in spec.items() if key != "variables"}, **_listed(kept), "mutations": mutations}


def _asked(spec: Manifest) -> Asked:
    """Read out of what the compiler made of a manifest what it asks: each rule is a variable, named last in its validation."""
    variables = {each["name"]: each["expression"] for each in spec["variables"]}
    names = [VARIABLE.findall(each["expression"]) for each in spec["validations"]]
    return Asked(
        message=spec["validations"][0]["message"],
        demanded=variables[names[0][0]] if len(names[0]) > 1 else "",
        rules=tuple(variables[rule] for *_, rule in names),
        texts=tuple(each["messageExpression"] for each in spec["validations"]),
    )


def _listed(variables: Mapping[str, str]) -> Manifest:
    return {"variables": [{"name": name, "expression": expression} for name, expression in variables.items()]} if variables else {}


def _inlined(*, roots: tuple[str, ...], variables: dict[str, str], seldom: int | None = None) -> tuple[list[str], dict[str, str]]:
    """Put variables where they are asked for; return the roots and what is still a variable, in its order.

    The root number `seldom` is evaluated where something is refused, and what only it asks for may then be computed more than once.
    """
    written = list(roots)
    kept: dict[str, str] = {}
    for name, expression in reversed(variables.items()):
        if not _IDENTITY.search(expression):
            reached = [_reached(root, kept=kept) for root in written]
            users = {user for user, text in kept.items() if _places(text, name=name)}
            direct = [bool(_places(root, name=name)) for root in written]
            often = any((direct[number] or users & reached[number]) for number in range(len(written)) if number != seldom)
            for number, root in enumerate(written):
                if not users & reached[number]:
                    most = MANY if number == seldom and not often else 1
                    written[number] = _moved(root, name=name, expression=expression, most=most)
            if len(users) == 1 and not any(_places(root, name=name) for root in written):
                (user,) = users
                kept[user] = _moved(kept[user], name=name, expression=expression, most=1)
            if _is_plain(expression):
                written = [_moved(root, name=name, expression=expression, most=MANY) for root in written]
                kept = {user: _moved(text, name=name, expression=expression, most=MANY) for user, text in kept.items()}
        if any(_places(text, name=name) for text in (*written, *kept.values())):
            kept[name] = expression
    return written, dict(reversed(kept.items()))


def _reached(text: str, *, kept: Mapping[str, str]) -> set[str]:
    """Name the variables that a text asks for, and those they ask for."""
    reached: set[str] = set()
    waiting = [text]
    while waiting:
        named = set(VARIABLE.findall(_bare(waiting.pop()))) & kept.keys() - reached
        reached |= named
        waiting += [kept[name] for name in named]
    return reached


def _moved(text: str, *, name: str, expression: str, most: int) -> str:
    """Write a variable's expression in all its places, if they are at most `most` and none is in the brackets of a macro.

    What is plain may be there, but for those of `has`, which wants the name of a field.
    """
    shut = FIELDS_ONLY if _is_plain(expression) else MACROS
    places = _places(text, name=name)
    if len(places) > most or any(not shut.isdisjoint(_opened(text, at=start)) for start, _ in places):
        return text
    for start, end in reversed(places):
        text = f"{text[:start]}({expression}){text[end:]}"
    return text


def _is_plain(expression: str) -> bool:
    """Tell whether a variable costs less to compute than to keep."""
    return len(expression) <= LONGEST_PLAIN and _COMPUTING.search(_bare(expression)) is None


def _places(text: str, *, name: str) -> list[tuple[int, int]]:
    return [match.span() for match in VARIABLE.finditer(_bare(text)) if match[1] == name]


def _opened(text: str, *, at: int) -> set[str]:
    """Name the calls in whose brackets a place stands."""
    opened: list[str] = []
    for bracket in _BRACKET.finditer(_bare(text), 0, at):
        if bracket[0] in ")]}":
            opened.pop()
        else:
            opened.append(bracket[1] or "")
    return set(opened)


def _bare(text: str) -> str:
    """Blank out what an expression quotes, letter by letter."""
    return LITERAL.sub(lambda literal: " " * len(literal[0]), text)
