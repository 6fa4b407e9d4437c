"""COQL: the SELECT statements of CRM, checked and turned into conditions over the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.crm.criteria import Condition, bound, column
from engine.sandbox.crm.modules import MODULES, CrmModule
from engine.sandbox.server.refusals import CrmRefused, NotServed

if TYPE_CHECKING:
    from sqlglot import exp

MAX_ROWS, DEFAULT_ROWS, REACH, MAX_CRITERIA, MAX_IN, MAX_COLUMNS = 2_000, 200, 100_000, 25, 50, 50
_LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A checked statement."""

    module: CrmModule
    fields: tuple[str, ...]
    where: tuple[str, ...]
    args: tuple[Any, ...]
    order: str
    limit: int
    offset: int


def parse_select(text: str) -> Select:
    """Read one SELECT over one module. Raises CrmRefused."""
    import sqlglot  # heavy, and only COQL needs it
    from sqlglot import errors, exp  # the same

    try:
        tree = sqlglot.parse_one(text[:_LONGEST], read="mysql")
    except (errors.SqlglotError, RecursionError):
        raise _syntax("select_query") from None
    if isinstance(tree, exp.Select) and tree.args.get("group"):
        raise NotServed("GROUP BY of COQL")
    if not isinstance(tree, exp.Select) or set(_clauses(tree)) - _CLAUSES or not tree.args.get("from_"):
        raise _syntax("select_query")
    module = MODULES.get(tree.args["from_"].name)
    if module is None:
        raise CrmRefused(400, "INVALID_QUERY", "the module name given seems to be invalid", clause="from")
    limit, offset = _window(tree)
    where = tree.args.get("where")
    reader = _Where(module)
    condition, args = reader.read(where.this) if where is not None else ("1", ())
    return Select(
        module=module,
        fields=_fields(module, tree),
        where=(condition,),
        args=args,
        order=_order(module, tree),
        limit=limit,
        offset=offset,
    )


_CLAUSES = {"expressions", "from_", "where", "order", "limit", "offset"}


def _clauses(tree: exp.Select) -> list[str]:
    return [name for name, value in tree.args.items() if value]


def _syntax(clause: str) -> CrmRefused:
    return CrmRefused(400, "SYNTAX_ERROR", "error occurred while parsing the query", clause=clause)


def _limit(clause: str, limit: int) -> CrmRefused:
    return CrmRefused(400, "LIMIT_EXCEEDED", f"the limit of the {clause} clause is exceeded", limit=limit)


def _fields(module: CrmModule, tree: exp.Select) -> tuple[str, ...]:
    names = [_name(node) for node in tree.expressions]
    if len(names) > MAX_COLUMNS:
        raise _limit("select", MAX_COLUMNS)
    for name in names:
        _column(module, name)
    return tuple(name.removesuffix(".id") for name in names if name != "id")


def _name(node: exp.Expr) -> str:
    """A field as it is written: `Phone`, `Account_Name.id`."""
    from sqlglot import exp  # as above

    if isinstance(node, exp.AggFunc):
        raise NotServed("aggregates of COQL")
    if not isinstance(node, exp.Column):
        raise _syntax("select")
    return ".".join(part.name for part in node.parts)


def _column(module: CrmModule, name: str) -> str:
    sql = column(module, name)
    lookup = module.fields.get(name.partition(".")[0])
    if sql is None and "." in name and lookup is not None and lookup.refers is not None:
        raise NotServed("fields of a lookup in COQL")
    if sql is None:
        raise CrmRefused(400, "INVALID_QUERY", "column given seems to be invalid", column_name=name)
    return sql


def _order(module: CrmModule, tree: exp.Select) -> str:
    order = tree.args.get("order")
    if order is None:
        return "id"
    parts = [(_column(module, _name(part.this)), part.args.get("desc")) for part in order.expressions]
    if len(parts) > 10:  # noqa: PLR2004  # as published
        raise _limit("order by", 10)
    return ", ".join(f"{sql} {'DESC' if desc else 'ASC'}" for sql, desc in parts)


def _window(tree: exp.Select) -> tuple[int, int]:
    """Rows and offset: `limit 200`, `limit 400, 200`, `limit 200 offset 400`."""
    values = []
    for name, default in (("limit", DEFAULT_ROWS), ("offset", 0)):
        node = tree.args.get(name)
        text = str(default) if node is None else node.expression.name
        if not text.isdigit():
            raise _syntax(name)
        values.append(int(text))
    limit, offset = values
    if limit > MAX_ROWS or limit + offset > REACH:
        raise _limit("limit", MAX_ROWS if limit > MAX_ROWS else REACH)
    return limit, offset


class _Where:
    """Turns the conditions of a statement into SQL, counting how many are joined."""

    def __init__(self, module: CrmModule) -> None:
        self._module = module
        self._joins = 0

    def _joined(self) -> None:
        """Refuse a long chain before it is walked to its end."""
        self._joins += 1
        if self._joins >= MAX_CRITERIA:
            raise _limit("where", MAX_CRITERIA)

    def read(self, node: exp.Expr) -> Condition:
        """A condition, or several joined."""
        from sqlglot import exp  # as above

        match node:
            case exp.Paren():
                return self.read(node.this)
            case exp.And() | exp.Or():
                self._joined()
                word = "AND" if isinstance(node, exp.And) else "OR"
                (left, some), (right, more) = self.read(node.left), self.read(node.right)
                return f"({left} {word} {right})", some + more
            case exp.Not():
                sql, args = self.read(node.this)
                return f"(NOT {sql})", args
            case _:
                return self._single(node)

    def _single(self, node: exp.Expr) -> Condition:
        from sqlglot import exp  # as above

        words: dict[Any, str] = {
            exp.EQ: "=",
            exp.NEQ: "<>",
            exp.GT: ">",
            exp.GTE: ">=",
            exp.LT: "<",
            exp.LTE: "<=",
        }
        if not isinstance(node.this, exp.Column):
            raise _syntax("where")
        name = _name(node.this)
        sql = _column(self._module, name)
        if type(node) in words:
            return f"{sql} {words[type(node)]} ?", (self._value(name, node.expression),)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return f"{sql} IS NULL", ()
        if isinstance(node, exp.Like):
            return f"{sql} LIKE ?", (self._value(name, node.expression),)
        if isinstance(node, exp.Between):
            bounds = (node.args["low"], node.args["high"])
            return f"{sql} BETWEEN ? AND ?", tuple(self._value(name, bound_) for bound_ in bounds)
        return self._in(name, sql, node)

    def _in(self, name: str, sql: str, node: exp.Expr) -> Condition:
        from sqlglot import exp  # as above

        if not isinstance(node, exp.In) or not node.expressions:
            raise _syntax("where")
        if len(node.expressions) > MAX_IN:
            raise _limit("in", MAX_IN)
        values = tuple(self._value(name, item) for item in node.expressions)
        return f"{sql} IN ({','.join('?' * len(values))})", values

    def _value(self, name: str, node: exp.Expr) -> Any:
        from sqlglot import exp  # as above

        if isinstance(node, exp.Boolean):
            return int(node.this)
        if not isinstance(node, exp.Literal):
            raise _syntax("where")
        value = node.this if node.is_string else float(node.this)
        value = str(node.this) if name == "id" or name.endswith(".id") else value
        return bound(self._module, name, value)
