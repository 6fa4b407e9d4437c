"""`engine links`: which record is which; list the links, add and remove some, export and import them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.confirmation import can_ask
from engine.cli.shared.ledger_access import changing, integration_in, modules_in, reading
from engine.cli.shared.link_file import read_links, refuse, write_links
from engine.cli.shared.options import CHOICES, LEDGER, MODULE, SPEC, YES
from engine.cli.shared.output import answer, say
from engine.cli.shared.plan_lookup import module_of, plan_of
from engine.errors import StoppedError
from engine.ledger import AlreadyLinked, clash
from engine.ledger.model import LinkRow, LinkState
from engine.record import SIDES
from engine.render import links as render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from engine.cli.shared.context import CommandContext
    from engine.ledger import RecordKey
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.record import Side

_NAMED = 10  #: pairs that are named before they are removed
#: `skips.why` of records that a person excluded from sync.
LEFT_ALONE = "left alone by hand"


@click.group()
def links() -> None:
    """List the links between records; add, remove, export and import them.

    A link says which record of one system is which of the other. Nothing here connects to a system.
    """


@engine_command(SPEC, MODULE, LEDGER, group=links, name="list")
@click.option("--state", type=click.Choice(get_args(LinkState)), help="Only links in this state.")
@click.option("--record", metavar="ID", help="Only links of the record with this id, on either side.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Links in the text.")
def list_(
    context: CommandContext, *, module: str | None, state: str | None, record: str | None, limit: int
) -> None:
    """Show the links: which record is which, and the state of each pair."""
    with reading(context) as memory:
        integration = integration_in(memory, context.spec)
        found = _links(memory, integration, modules_in(memory, integration, module))
    wanted = _having(found, state, record)
    answer(
        context.form,
        lambda: render.links_json(wanted.to_pylist()),
        lambda screen: render.links_text(wanted.slice(0, limit).to_pylist(), _counts(wanted), screen),
    )


def _links(memory: Ledger, integration: str, modules: Sequence[str]) -> pa.Table:
    """The links of these modules with their module, in the order of their left ids."""
    import pyarrow as pa

    tables = []
    for name in modules or [""]:  # of no module: no links, but their columns
        table = memory.links_table(integration, name).sort_by("left_id")
        tables.append(table.append_column("module", pa.repeat(pa.scalar(name), table.num_rows)))
    return pa.concat_tables(tables)


def _having(links: pa.Table, state: str | None, record: str | None) -> pa.Table:
    import pyarrow.compute as pc

    if state is not None:
        links = links.filter(pc.equal(links["state"], state))
    if record is not None:
        links = links.filter(pc.or_(pc.equal(links["left_id"], record), pc.equal(links["right_id"], record)))
    return links


def _counts(links: pa.Table) -> dict[tuple[str, str], int]:
    """Links by module and state."""
    groups = links.group_by(["module", "state"]).aggregate([([], "count_all")])
    return {(row["module"], row["state"]): row["count_all"] for row in groups.to_pylist()}


@engine_command(SPEC, CHOICES, LEDGER, group=links)
@click.argument("module")
@click.argument("left_id")
@click.argument("right_id")
def add(context: CommandContext, *, module: str, left_id: str, right_id: str) -> None:
    """Link the left record LEFT_ID to the right record RIGHT_ID.

    The next run treats the pair as at first contact.
    """
    plan = plan_of(context)
    module_of(plan, module)
    rows = [LinkRow(module=module, left_id=left_id, right_id=right_id)]
    with changing(context, plan.name) as (memory, lease):
        added = memory.add_links(lease, rows, _sources(plan))
    _show_added(context, added, rows)


@engine_command(SPEC, CHOICES, LEDGER, group=links, name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(context: CommandContext, *, file: Path) -> None:
    """Add the links of a CSV file with the columns module, left_id, right_id and, optionally, state.

    All of them or, if one line is invalid, none. Links that already exist are no error.
    """
    plan = plan_of(context)
    links = read_links(file, [one.name for one in plan.modules])
    with changing(context, plan.name) as (memory, lease):
        try:
            added = memory.add_links(lease, links.rows, _sources(plan))
        except AlreadyLinked as error:
            numbers = links.lines_of(wanted for wanted, _ in error.clashes)
            clashes = zip(numbers, error.clashes, strict=True)
            refuse([f"{file}:{number}: {clash(*pair)}" for number, pair in clashes])
            raise
    _show_added(context, added, links.rows)


def _show_added(context: CommandContext, added: Sequence[LinkRow], rows: Sequence[LinkRow]) -> None:
    asked, run = len(set(rows)), f"engine run {context.words(choices=False)}"
    answer(
        context.form,
        lambda: render.added_json(added, asked),
        lambda _: render.added_text(added, asked, run),
    )


@engine_command(SPEC, YES, CHOICES, LEDGER, group=links)
@click.argument("module")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...")
@click.option("--leave-alone", "alone", is_flag=True, help="And never sync these records again.")
def remove(context: CommandContext, *, module: str, records: tuple[str, ...], yes: bool, alone: bool) -> None:
    """Remove the links of records; the records themselves stay as they are.

    RECORD is a left id, or says its side: right:ID, left:ID, or SYSTEM.STREAM:ID such as books.contacts:17.
    """
    with reading(context) as memory:
        integration = integration_in(memory, context.spec)
        modules_in(memory, integration, module)
        keys = [_key(word, context, module) for word in records]
        leaving = _linked(memory, integration, module, keys)
    if leaving and not yes:
        _ask(leaving)
    why = LEFT_ALONE if alone else None
    with changing(context, integration) as (memory, lease):
        removed = memory.remove_links(lease, module, keys, alone=why)
    answer(
        context.form,
        lambda: render.removed_json(removed, alone=alone),
        lambda _: render.removed_text(removed, alone=alone),
    )


def _key(word: str, context: CommandContext, module: str) -> RecordKey:
    """The record that a person means by a left id, or by a side or stream and an id."""
    place, colon, record = word.partition(":")
    if colon and place in ("left", "right"):
        return ("left" if place == "left" else "right", record)
    if colon and "." in place:
        ends = module_of(plan_of(context), module)
        named = [side for side in SIDES if ends.side(side).name == place]
        if named:
            return (named[0], record)
    return ("left", word)


def _linked(memory: Ledger, integration: str, module: str, keys: Sequence[RecordKey]) -> list[LinkRow]:
    """The links that these records have now."""
    import pyarrow as pa

    found = []
    for side, record in keys:
        table = memory.links_table(integration, module, pa.array([record]), side)
        found += [_row(module, one) for one in table.to_pylist()]
    return list(dict.fromkeys(found))


def _row(module: str, link: Mapping[str, Any]) -> LinkRow:
    return LinkRow(module=module, left_id=link["left_id"], right_id=link["right_id"], state=link["state"])


def _ask(leaving: Sequence[LinkRow]) -> None:
    """Ask for confirmation; where nobody can be asked, nothing is removed. Raises StoppedError."""
    rest = f" and {len(leaving) - _NAMED:,} more" if len(leaving) > _NAMED else ""
    these = f"{render.pairs(leaving[:_NAMED])}{rest}"
    if not can_ask():
        raise StoppedError(f"This would remove the links {these}.", remedy="Add --yes to confirm.")
    click.confirm(f"Remove the links {these}?", abort=True, err=True)


@engine_command(SPEC, MODULE, LEDGER, group=links, forms=())
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; else stdout."
)
def export(context: CommandContext, *, module: str | None, output: Path | None) -> None:
    """Write the links as CSV that `engine links import` reads: module,left_id,right_id,state."""
    with reading(context) as memory:
        integration = integration_in(memory, context.spec)
        found = _links(memory, integration, modules_in(memory, integration, module))
    if output is None:
        write_links(_rows(found), sys.stdout)
        return
    with output.open("w", encoding="utf-8", newline="") as out:
        write_links(_rows(found), out)
    say(f"Wrote {found.num_rows:,} links to {output}.")


def _rows(links: pa.Table) -> Iterator[LinkRow]:
    for batch in links.to_batches():
        yield from (_row(one["module"], one) for one in batch.to_pylist())


def _sources(plan: Plan) -> dict[str, Side]:
    """The side from which each module's next run looks at its pairs."""
    return {one.name: one.sources[0] for one in plan.modules}
