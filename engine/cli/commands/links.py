"""`engine links`: which record is which; look at the links, make and remove some, carry them over by file."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from engine.cli.shared.command import (
    EngineCommand,
    answer,
    debug_option,
    formats,
    ledger_options,
    repeated,
    say,
)
from engine.cli.shared.memory import changing, integration_in, modules_in, reading
from engine.cli.shared.planned import module_of, plan_of
from engine.cli.shared.spec import spec_arguments
from engine.errors import StoppedError
from engine.ledger.model import LinkRow, LinkState
from engine.record import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from engine.ledger import RecordKey
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.record import Side

_NAMED = 10  #: pairs that are named before they go
#: `skips.why` of records that a person leaves alone.
LEFT_ALONE = "left alone by hand"


@click.group()
def links() -> None:
    """Look at the links between records; make, remove, export and import them.

    A link says which record of one system is which of the other. Nothing here connects to a system.
    """


@links.command("list", cls=EngineCommand)
@click.argument("spec", metavar="SPEC")
@click.option("--module", help="Only this module.")
@click.option("--state", type=click.Choice(get_args(LinkState)), help="Only links in this state.")
@click.option("--record", metavar="ID", help="Only links of the record with this id, on either side.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Links in the text.")
@ledger_options
@formats()
def list_(
    *,
    spec: str,
    module: str | None,
    state: str | None,
    record: str | None,
    limit: int,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Show the links: which record is which, and how each pair stands."""
    from engine.render.links import links_json, links_text

    with reading(folder, ledger) as memory:
        integration = integration_in(memory, spec)
        found = _links(memory, integration, modules_in(memory, integration, module))
    wanted = _having(found, state, record)
    answer(
        form,
        lambda: links_json(wanted.to_pylist()),
        lambda screen: links_text(wanted.slice(0, limit).to_pylist(), _counts(wanted), screen),
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


@links.command(cls=EngineCommand)
@spec_arguments
@click.argument("module")
@click.argument("left_id")
@click.argument("right_id")
@ledger_options
@formats()
def add(
    *,
    spec: str,
    choices: dict[str, str],
    module: str,
    left_id: str,
    right_id: str,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Say that the left record LEFT_ID is the right record RIGHT_ID.

    The next run looks at the pair and treats it as at first contact.
    """
    plan = plan_of(spec, choices)
    module_of(plan, module)
    rows = [LinkRow(module=module, left_id=left_id, right_id=right_id)]
    with changing(folder, ledger, plan.name) as (memory, lease):
        added = memory.add_links(lease, rows, _sources(plan))
    _tell_added(added, rows, form, _run_again(spec, folder, ledger))


@links.command("import", cls=EngineCommand)
@spec_arguments
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@ledger_options
@formats()
def import_(
    *, spec: str, choices: dict[str, str], file: Path, folder: Path, ledger: str | None, form: str
) -> None:
    """Make the links of a CSV file: module,left_id,right_id and, if you like, state.

    All of them or, if one line cannot be taken, none. Links that are there already are no mistake.
    """
    from engine.cli.shared.link_file import read_links, refuse
    from engine.ledger import AlreadyLinked, clash

    plan = plan_of(spec, choices)
    links = read_links(file, [one.name for one in plan.modules])
    with changing(folder, ledger, plan.name) as (memory, lease):
        try:
            added = memory.add_links(lease, links.rows, _sources(plan))
        except AlreadyLinked as error:
            numbers = links.lines_of(wanted for wanted, _ in error.clashes)
            clashes = zip(numbers, error.clashes, strict=True)
            refuse([f"{file}:{number}: {clash(*pair)}" for number, pair in clashes])
            raise
    _tell_added(added, links.rows, form, _run_again(spec, folder, ledger))


def _tell_added(added: Sequence[LinkRow], rows: Sequence[LinkRow], form: str, run: str) -> None:
    from engine.render.links import added_json, added_text

    asked = len(set(rows))
    answer(form, lambda: added_json(added, asked), lambda _: added_text(added, asked, run))


def _run_again(spec: str, folder: Path, ledger: str | None) -> str:
    return f"engine run {shlex.quote(spec)}{repeated(folder, ledger)}"


@links.command(cls=EngineCommand)
@spec_arguments
@click.argument("module")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--leave-alone", "alone", is_flag=True, help="And never sync these records again.")
@ledger_options
@formats()
def remove(
    *,
    spec: str,
    choices: dict[str, str],
    module: str,
    records: tuple[str, ...],
    yes: bool,
    alone: bool,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Forget that records belong together; the records themselves stay as they are.

    RECORD is a left id, or says its side: right:ID, left:ID, or SYSTEM.STREAM:ID such as books.contacts:17.
    """
    from engine.render.links import removed_json, removed_text

    with reading(folder, ledger) as memory:
        integration = integration_in(memory, spec)
        modules_in(memory, integration, module)
        keys = [_key(word, spec, choices, module) for word in records]
        leaving = _linked(memory, integration, module, keys)
    if leaving and not yes:
        _ask(leaving)
    why = LEFT_ALONE if alone else None
    with changing(folder, ledger, integration) as (memory, lease):
        removed = memory.remove_links(lease, module, keys, alone=why)
    answer(form, lambda: removed_json(removed, alone=alone), lambda _: removed_text(removed, alone=alone))


def _key(word: str, spec: str, choices: Mapping[str, str], module: str) -> RecordKey:
    """The record that a person means by a left id, or by a side or stream and an id."""
    place, colon, record = word.partition(":")
    if colon and place in ("left", "right"):
        return ("left" if place == "left" else "right", record)
    if colon and "." in place:
        ends = module_of(plan_of(spec, choices), module)
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


def can_ask() -> bool:
    """Whether somebody sits in front of this."""
    return sys.stdin.isatty()


def _ask(leaving: Sequence[LinkRow]) -> None:
    """Have a person agree; where nobody can be asked, nothing goes. Raises StoppedError."""
    from engine.render.links import pairs

    rest = f" and {len(leaving) - _NAMED:,} more" if len(leaving) > _NAMED else ""
    these = f"{pairs(leaving[:_NAMED])}{rest}"
    if not can_ask():
        raise StoppedError(f"This would forget {these}.", remedy="Say --yes if that is meant.")
    click.confirm(f"Forget {these}?", abort=True, err=True)


@links.command(cls=EngineCommand)
@click.argument("spec", metavar="SPEC")
@click.option("--module", help="Only this module.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; else stdout."
)
@ledger_options
@debug_option
def export(*, spec: str, module: str | None, output: Path | None, folder: Path, ledger: str | None) -> None:
    """Write the links as CSV that `engine links import` reads: module,left_id,right_id,state."""
    from engine.cli.shared.link_file import write_links

    with reading(folder, ledger) as memory:
        integration = integration_in(memory, spec)
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
