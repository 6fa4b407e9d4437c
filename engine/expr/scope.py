"""What a name means where it stands: fields of a stream, options, and the functions of the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from engine.catalog import Field, FieldType, Stream
from engine.expr.error import ExprError
from engine.suggest import did_you_mean

Constant = str | int | Decimal | bool | dt.date | dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionValue:
    """An option and what was chosen for it; a constant while an expression is compiled."""

    type: FieldType
    value: Constant | float = None  #: None = nothing chosen and no default
    choices: tuple[str, ...] = ()  #: for enum; empty = any


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a dotted name stands for."""

    sql: str  #: the one column of the staged table that holds it; dots belong to its name
    type: FieldType
    field: Field | None = None  #: None = an option, or a field that an open stream does not list
    option: OptionValue | None = None  #: not None = a constant; then `sql` is the option's name
    via: tuple[
        str, ...
    ] = ()  #: columns of the reference fields that were walked to get here; empty = the record's own
    untold: bool = (
        False  #: its type is known only once its system is connected; `type` is then no more than a start
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function that the engine answers, not the database: `linked`, `origin`, `today`, `saved`."""

    name: str
    #: Literal texts, values of options (None = not chosen) and columns of fields, in the order written.
    args: tuple[str | None, ...] = ()
    type: FieldType
    #: The column that the relation must offer under this name when the expression is evaluated.
    slot: str


class Scope(Protocol):
    """What the names of one expression mean."""

    def resolve(self, parts: tuple[str, ...]) -> Name:
        """The meaning of a dotted name. Raises ExprError `unknown-field` or `unknown-option`."""
        ...

    def function(self, name: str, args: tuple[str | Name, ...]) -> Call | None:
        """A call of an engine function; None = no such function. Raises ExprError `not-allowed`.

        An argument is a literal text or the meaning of a name.
        """
        ...


CALLS = ("linked", "origin", "saved", "today")


def engine_call(name: str, args: tuple[str | Name, ...], allowed: frozenset[str]) -> Call | None:
    """The engine function `name`, if this place allows it; raises ExprError for one that stands elsewhere."""
    if name not in CALLS:
        return None
    if name not in allowed:
        raise ExprError("not-allowed", f"`{name}()` has no meaning here.", hint=_WHERE[name])
    texts = tuple(_text(arg) for arg in args)
    shapes = {"linked": (0, 2, 3), "origin": (0,), "saved": (1,), "today": (0,)}
    if len(args) not in shapes[name]:
        raise ExprError("not-allowed", f"`{name}` does not take {len(args)} arguments.", hint=_SHAPE[name])
    if (
        name == "linked"
        and args
        and not (isinstance(args[0], str) and all(isinstance(a, Name) for a in args[1:]))
    ):
        raise ExprError(
            "not-allowed", "`linked` takes a module in quotes and then fields.", hint=_SHAPE[name]
        )
    if name == "saved" and isinstance(args[0], Name) and args[0].option is None:
        raise ExprError("not-allowed", "`saved` takes a text or an option, not a field.", hint=_SHAPE[name])
    types: dict[str, FieldType] = {"linked": "boolean", "origin": "text", "saved": "boolean", "today": "date"}
    return Call(
        name=name, args=texts, type=types[name], slot=":".join(["_" + name, *(t or "" for t in texts)])
    )


_WHERE = {
    "linked": "`linked` may stand in `needs:`, `when:` and `only:`.",
    "origin": "`origin` may stand in `only:` of a lifecycle step.",
    "saved": "`saved` stands in `view:`, alone or first and joined by AND.",
    "today": "`today` may stand where records are looked at.",
}
_SHAPE = {
    "linked": "Write `linked('module', Field)`, `linked('module', Field, Field)`, or `linked()`.",
    "origin": "Write `origin()`.",
    "saved": "Write `saved('Name of the view')` or `saved(options.name)`.",
    "today": "Write `today()`.",
}


def _text(arg: str | Name) -> str | None:
    if isinstance(arg, str):
        return arg
    if arg.option is None:
        return arg.sql
    return None if arg.option.value is None else str(arg.option.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionScope:
    """Options only: for `if:` and for `needs:` of an option."""

    options: Mapping[str, OptionValue]

    def resolve(self, parts: tuple[str, ...]) -> Name:
        """`options.NAME`, or NAME where it is unmistakable: never."""
        if parts[0] != "options" or len(parts) == 1:
            raise ExprError(
                "unknown-field",
                f"`{'.'.join(parts)}` is not known here: only options can be looked at.",
                hint=f"Write `options.{parts[-1]}`." if parts[-1] in self.options else _known(self.options),
            )
        name = ".".join(parts[1:])
        if name not in self.options:
            raise ExprError(
                "unknown-option", f"There is no option `{name}`.", hint=did_you_mean(name, self.options)
            )
        option = self.options[name]
        return Name(sql=name, type=option.type, option=option)

    def function(self, name: str, args: tuple[str | Name, ...]) -> Call | None:
        """No engine function has an answer before a run."""
        return engine_call(name, args, frozenset())


def _known(options: Mapping[str, OptionValue]) -> str:
    return (
        "Known here: "
        + (", ".join(f"`options.{name}`" for name in sorted(options)) or "no option at all")
        + "."
    )


Walk = Callable[[Field], Stream | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldScope:
    """The fields of one stream, and the options."""

    stream: Stream
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    system: str | None = None  #: how messages call the side, such as `crm`; None = only the stream's name
    untold: bool = False  #: types that the stream does not list are known once its system is connected
    #: Written before every column, such as `crm.org.`; empty = columns are named like the fields.
    prefix: str = ""
    functions: frozenset[str] = frozenset({"today"})  #: engine functions that may stand here
    #: The stream that a reference field leads to; None = paths do not walk references here.
    walk: Walk | None = None

    def resolve(self, parts: tuple[str, ...]) -> Name:
        """A field by its dotted name, `options.NAME`, or a path through a reference if this scope walks."""
        dotted = ".".join(parts)
        found = self.stream.fields.get(dotted)
        if found is not None:
            untold = self.untold and found.type == "unknown"
            return Name(sql=self.prefix + dotted, type=found.type, field=found, untold=untold)
        if parts[0] == "options" and len(parts) > 1:
            return OptionScope(options=self.options).resolve(parts)
        walked = self._through_reference(parts)
        if walked is not None:
            return walked
        if self.stream.open:
            return Name(sql=self.prefix + dotted, type="unknown", untold=self.untold)
        raise self._unknown(dotted)

    def function(self, name: str, args: tuple[str | Name, ...]) -> Call | None:
        """An engine function that may stand here."""
        return engine_call(name, args, self.functions)

    def _through_reference(self, parts: tuple[str, ...]) -> Name | None:
        """The longest start of the path that names a reference, and the rest looked up behind it."""
        for cut in range(len(parts) - 1, 0, -1):
            reference = self._reference(".".join(parts[:cut]))
            behind = self.walk(reference) if self.walk and reference else None
            if reference is None or behind is None:
                continue
            start = self.prefix + reference.name
            scope = FieldScope(
                stream=behind, system=self.system, untold=self.untold, prefix=f"{start}.", walk=self.walk
            )
            name = scope.resolve(parts[cut:])
            return replace(name, via=(start, *name.via))
        return None

    def _reference(self, start: str) -> Field | None:
        """The reference field that `project` stands for: itself, `project.id` or `project_id`."""
        for name in (start, f"{start}.id", f"{start}_id"):
            found = self.stream.fields.get(name)
            if found is not None and found.refers is not None:
                return found
        return None

    def _unknown(self, dotted: str) -> ExprError:
        where = f"{self.system}.{self.stream.name}" if self.system else self.stream.name
        known = list(self.stream.fields)
        same_end = [
            name for name in known if name.rsplit(".", 1)[-1].lower() == dotted.rsplit(".", 1)[-1].lower()
        ]
        hint = did_you_mean(dotted, known)
        if same_end and not (hint and dotted.lower() in hint.lower()):
            hint = "Did you mean " + " or ".join(f"`{name}`" for name in same_end[:3]) + "?"
        if dotted in self.options:
            hint = f"Did you mean `options.{dotted}`?"
        return ExprError("unknown-field", f"`{where}` has no field `{dotted}`.", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyScope:
    """Several records side by side: `crm.org.currency`, `left.Name`; the longest known start decides."""

    #: By what stands before the field, such as `crm.org` or `left`; "" = names without a start.
    scopes: Mapping[str, FieldScope]
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    functions: frozenset[str] = frozenset({"today"})

    def resolve(self, parts: tuple[str, ...]) -> Name:
        """A field of one of the records, or an option."""
        for cut in range(len(parts) - 1, 0, -1):
            scope = self.scopes.get(".".join(parts[:cut]))
            if scope is not None:
                return scope.resolve(parts[cut:])
        if "" in self.scopes:
            return self.scopes[""].resolve(parts)
        if parts[0] == "options" and len(parts) > 1:
            return OptionScope(options=self.options).resolve(parts)
        dotted = ".".join(parts)
        homes = [
            f"`{start}.{dotted}`" for start, scope in self.scopes.items() if dotted in scope.stream.fields
        ]
        near = (
            f"Did you mean {' or '.join(homes)}?"
            if homes
            else did_you_mean(
                dotted, [f"{start}.{name}" for start, s in self.scopes.items() for name in s.stream.fields]
            )
        )
        known = "Names here start with " + ", ".join(f"`{start}.`" for start in sorted(self.scopes)) + "."
        raise ExprError("unknown-field", f"`{dotted}` is not known here.", hint=near or known)

    def function(self, name: str, args: tuple[str | Name, ...]) -> Call | None:
        """An engine function that may stand here."""
        return engine_call(name, args, self.functions)
