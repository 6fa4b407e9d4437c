"""Deals in a shop, invoices at a desk, and triggers between them: what the tests of triggers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from run_world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

SPEC = """\
spec: 1
name: {name}
systems:
  shop:
    connector: memory
    with:
      store: {shop}
      streams:
        people: {{ fields: {{ name: text }} }}
        deals: {{ fields: {{ name: text, stage: text, amount: money, person: text refers=people }} }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        clients: {{ fields: {{ label: text required }} }}
        invoices:
          fields: {{ title: text required, client: id refers=clients, status: text, total: money, deal: text }}
options:
  invoicing: {{ type: boolean, default: true }}
modules:
  people: {{ sync: shop.people -> desk.clients, match: [ name = label ], fields: [ name -> label ] }}
triggers:
{triggers}
"""
FIELDS = """\
    fields:
      - name -> title
      - amount -> total
      - id -> deal
      - { map: person -> client, refers: people, required: true }
    set: { status: draft }
"""
WON = (
    """\
  won:
    if: options.invoicing
    watch: shop.deals
    becomes: stage = 'won'
    needs: [ { check: "linked('people', person)", else: The deal needs a customer. } ]
    create: desk.invoices
"""
    + FIELDS
)
LOST = """\
  lost:
    watch: shop.deals
    becomes: stage = 'lost'
    change: won
    only: status = 'draft'
    set: { status: void }
"""
GONE = """\
  gone:
    watch: shop.deals
    becomes: stage = 'gone'
    delete: won
    only: status = 'draft'
"""
ANEW = "    again: each-time\n"


class Deals(World):
    """A world with one customer and triggers on deals."""

    triggers: Sequence[str] = (WON,)

    def say(self, *, triggers: Sequence[str] | None = None, **_ignored: Any) -> None:
        """Write the spec with these triggers."""
        self.file = self.folder / f"{self.name}.yaml"
        told = "".join(self.triggers if triggers is None else triggers)
        self.file.write_text(SPEC.format(name=self.name, triggers=told, **self.stores), encoding="utf-8")

    def deal(self, stage: str, *, person: str | None = "P1", **more: Any) -> str:
        """A new deal; answers its id."""
        return self.shop.put(
            "deals", {"name": f"Deal {stage}", "stage": stage, "amount": "10.00", "person": person, **more}
        )

    def move(self, deal: str, *stages: str, **more: Any) -> None:
        """Move a deal through stages, with a run after each."""
        for stage in stages:
            self.shop.edit("deals", deal, stage=stage, **more)
            self.run()

    def customer(self) -> None:
        """Somebody whom both sides know already."""
        self.shop.put("people", {"id": "P1", "name": "Asha"})
        self.desk.put("clients", {"id": "C1", "label": "Asha"})

    def active(self) -> str:
        """A world in which the triggers are active and somebody is a customer; answers an open deal."""
        self.customer()
        deal = self.deal("open")
        self.run()
        return deal

    def invoices(self, *names: str) -> list[tuple[Any, ...]]:
        """The invoices as rows of these fields, in the order they were made."""
        return [
            tuple(row.get(name) for name in names or ("title", "status"))
            for row in self.desk.rows("invoices")
        ]
