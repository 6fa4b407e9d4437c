"""A preview on screen: what would change, field by field, and what it would cost."""

from __future__ import annotations

from dataclasses import replace

from engine.record import Counts, Held
from engine.render.changes import changeset_text
from engine.render.table import Screen
from engine.run.session.report import ChangeLine, Changeset, FieldChange, HeldRecord, SystemForecast

CREATE = ChangeLine(
    module="customers",
    side="right",
    kind="create",
    id=None,
    label="Acme\x1b[2J",
    why="absent on the right",
    fields=(FieldChange(field="contact_name", before=None, after="Acme"),),
)
UPDATE = ChangeLine(
    module="customers",
    side="right",
    kind="update",
    id="460000000026049",
    label="Bell & Sons",
    why="left changed",
    fields=(
        FieldChange(field="phone", before=None, after="030 1"),
        FieldChange(field="website", before="a.example", after=None),
    ),
)
CHANGES = Changeset(
    integration="books-crm",
    modules={
        "customers": Counts(
            read={"left": 9, "right": 2},
            created={"left": 0, "right": 7},
            updated={"left": 0, "right": 1},
            held=1,
        )
    },
    lines=(CREATE, UPDATE),
    held=(
        HeldRecord(module="customers", held=Held(side="left", id="7", code="refused", message="Too long.")),
    ),
    forecast=(
        SystemForecast(
            system="crm", read_calls=2, write_calls=0, seconds=None, methods=("list, 200 a page",)
        ),
        SystemForecast(system="books", read_calls=1, write_calls=9, seconds=6, methods=("list, 200 a page",)),
    ),
    seconds=0.8,
)
SCREEN = Screen()


def test_a_preview_shows_records_field_by_field_and_the_cost() -> None:
    assert changeset_text(CHANGES, SCREEN, spec="x.yaml --sandbox").split("\n\n", 1)[1] == (
        "customers\n"
        "  + create on the right: Acme\\x1b[2J because absent on the right\n"
        '      contact_name: "Acme"\n'
        "  ~ update on the right: Bell & Sons (460000000026049) because left changed\n"
        '      phone: empty -> "030 1"\n'
        '      website: "a.example" -> empty\n'
        "\n"
        "… and 6 more records; --limit shows more of them.\n"
        "\n"
        "1 record would be held\n"
        "  customers: 7: Too long.\n"
        "\n"
        "system  read calls  write calls  at its rate limit  how\n"
        "────────────────────────────────────────────────────────────────────\n"
        "crm              2            0                  -  list, 200 a page\n"
        "books            1            9              6.0 s  list, 200 a page\n"
        "\n"
        "A run would result in 7 created and 1 updated; nothing was written (previewed in 0.8 s).\n"
        "To do it: engine run x.yaml --sandbox\n"
    )


def test_a_preview_without_changes_says_so_and_offers_no_run() -> None:
    counts = {"customers": Counts(read={"left": 9, "right": 9}, unchanged=9)}
    text = changeset_text(replace(CHANGES, modules=counts, lines=(), held=()), SCREEN, spec="x.yaml")
    assert text.endswith("\nNothing would change; nothing was written (previewed in 0.8 s).\n")
    assert "engine run" not in text
