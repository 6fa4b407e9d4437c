"""`yields-to`: where another module has linked a record, its values win over this module's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linked_world import LinkedWorld, people

from engine.compiler import check_file
from engine.run.operations.explain import explain, parse_name

if TYPE_CHECKING:
    from pathlib import Path

#: Another integration that links the same people to memos.
OTHER = """\
  memos:
    sync: shop.people -> desk.memos
    view: { shop: "coin = 'VIP'" }
    match: [ name = text ]
    fields: [ name -> text ]
"""


def test_a_record_that_the_other_one_has_linked_is_made_but_never_written_over(tmp_path: Path) -> None:
    """At first contact and later; everybody else stays in step, and a person is told why this one does not."""
    module = people("yields-to: [ other.memos ]", "duplicates: overwrite")
    with LinkedWorld(tmp_path, OTHER, name="other") as other, LinkedWorld(tmp_path, people()) as world:
        world.stores, world.shop, world.desk = other.stores, other.shop, other.desk
        world.write(module)
        world.desk.put("clients", {"label": "Ann", "mail": "kept"})
        world.desk.put("clients", {"label": "Bob", "mail": "old"})
        for name in ("Ann", "New"):
            world.person(name, coin="VIP")
        world.person("Bob", coin="INR")
        other.run()
        changes = world.preview()
        (told,) = [note for note in changes.notes if "other.memos" in note]
        assert told.startswith("people: 1 record yields to `other.memos`")
        world.run()
        mails = [("Ann", "kept"), ("Bob", "Bob@example.org"), ("New", "New@example.org")]
        assert world.clients("label", "mail") == mails
        world.settled()
        world.wait(minutes=10)
        for row in world.shop.rows("people"):
            world.shop.edit("people", row["id"], mail="new")
        world.run()
        assert world.clients("label", "mail") == [("Ann", "kept"), ("Bob", "new"), ("New", "New@example.org")]
        ann = next(row["id"] for row in world.shop.rows("people") if row["name"] == "Ann")
        known = explain(world.plan(), world.call(), parse_name(f"shop.people:{ann}", world.plan()))
        assert known.modules[0].now is not None
        assert "yields to `other.memos`" in known.modules[0].now.next
        world.settled()


def test_a_module_to_yield_to_must_be_known(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, people("yields-to: [ nobody.memos ]")) as world:
        assert [one.code for one in check_file(str(world.file))] == ["unknown-spec"]
        LinkedWorld(tmp_path, OTHER.replace("memos:", "notes:", 1), name="other")
        world.write(people("yields-to: [ other.memos ]"))
        assert [one.code for one in check_file(str(world.file))] == ["unknown-module"]
