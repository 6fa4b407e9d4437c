"""A plan on screen: what is read, how records are recognised, what may be written, what is slow."""

from __future__ import annotations

from dataclasses import replace

from engine.catalog import Capabilities
from engine.plan import (
    FieldPlan,
    KeyPlan,
    ModulePlan,
    NotBuilt,
    Plan,
    RequirementPlan,
    SidePlan,
    SlowField,
    SystemPlan,
    Write,
)
from engine.render.plan import plan_text

LEFT = SidePlan(
    side="left",
    system="crm",
    connector="zoho-crm",
    stream="Accounts",
    id_field="id",
    version_field="Modified_Time",
    reads=("Account_Name", "Description"),
    key_reads=("Account_Name",),
    saved_view="Key",
    lens="SELECT 1",
    key_lens="SELECT 2",
    troubles=(),
    slow=(
        SlowField(
            column="slow 0", kind="text", source="{{ Description }}", reads=("Description",), place="m.yaml:6"
        ),
    ),
    can=Capabilities(),
)
RIGHT = replace(
    LEFT, side="right", system="books", connector="zoho-books", stream="contacts", lens="SELECT 3"
)
RIGHT = replace(RIGHT, version_field=None, saved_view=None, reads=("contact_name",), slow=())
CURRENCY = "crm.org.iso_code = 'EUR'"
NAME = FieldPlan(
    key="contact_name",
    line="Account_Name -> contact_name",
    column="c0",
    type="text",
    writes={"right": Write(to="contact_name", sql="c0", keep=True)},
    on_create=False,
    place="m.yaml:5",
)
NOTES = replace(NAME, key="notes", line="right.notes = text", column="c1", place="m.yaml:6", on_create=True)
MODULE = ModulePlan(
    name="customers",
    title="Customers",
    arrow="->",
    left=LEFT,
    right=RIGHT,
    fields=(NAME, NOTES),
    keys=(KeyPlan(line="Account_Name = contact_name", place="x.yaml:9"),),
    duplicates="overwrite",
    conflicts=None,
    creates=("right",),
    before_write="check",
    snapshot="SELECT 4",
    place="x.yaml:7",
)
PLAN = Plan(
    name="books-crm",
    title="Books and CRM",
    file="x.yaml",
    options={"customers": "accounts", "account_view": None},
    systems={"crm": SystemPlan(name="crm", connector="zoho-crm", settings={}, place="x.yaml:3")},
    requirements=(
        RequirementPlan(sql="", reads=(), canonical=(), message="No.", text=CURRENCY, place="x.yaml:5"),
    ),
    modules=(MODULE,),
    not_built=(NotBuilt(what="triggers", place="x.yaml:30"),),
    switched_off=("vendors",),
)


def test_a_plan_reads_from_top_to_bottom() -> None:
    assert plan_text(PLAN) == (
        f"Books and CRM (books-crm), plan {PLAN.fingerprint}\n"
        "from x.yaml\n"
        "\n"
        "systems\n"
        "  crm: zoho-crm\n"
        "\n"
        "options\n"
        '  customers = "accounts"\n'
        "  account_view = empty\n"
        "\n"
        "checked before anything is written\n"
        "  crm.org.iso_code = 'EUR'\n"
        "\n"
        "module customers: crm.Accounts -> books.contacts  (x.yaml:7)\n"
        '  read left      crm.Accounts: 2 fields, view "Key"; changes since the last run, by Modified_Time\n'
        "  read right     books.contacts: 1 field; everything, every time\n"
        "  recognise by   Account_Name = contact_name\n"
        "  first contact  link the two, and the side that pushes first wins\n"
        "  may write      create and update on the right; each record is read again right before an update\n"
        "  fields\n"
        "    Account_Name -> contact_name  (text)\n"
        "    right.notes = text  (text, when created, slow: record by record)\n"
        "\n"
        "switched off by the options\n"
        "  vendors\n"
        "\n"
        "not built yet, so it cannot run\n"
        "  triggers (x.yaml:30)\n"
    )


def test_the_statements_are_shown_on_request_only() -> None:
    assert "SELECT" not in plan_text(PLAN)
    assert "lens of the right\n    SELECT 3" in plan_text(PLAN, sql=True)


def test_a_module_that_only_pairs_may_write_nothing() -> None:
    pairs = replace(MODULE, arrow="==", creates=(), fields=())
    assert "  may write      nothing\n" in plan_text(replace(PLAN, modules=(pairs,)))
