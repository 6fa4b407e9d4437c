"""The tables of the ledger. A change here needs a step in `migrations/versions` and a new HEAD."""

from __future__ import annotations

import sqlalchemy as sa

from engine.ledger.tables.server_text import ServerText

#: The schema that this version reads and writes; the newest step in `migrations/versions`.
HEAD = "0009"

metadata = sa.MetaData()


_TEXT = sa.Text().with_variant(ServerText(), "postgresql")
_NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=null, primary_key=key)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, primary_key=True)  # counted by the database


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=True)


#: Which schema this file has; alembic's own table, so that it can take over from here.
version = sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32), primary_key=True))

#: `next_link`: the id of the next link · `next_conflict/NAME`: the number of an integration's next conflict ·
#: `bulk_load`: the integration that is filling links without indexes
meta = sa.Table("meta", metadata, _text("key", key=True), _text("value"))

lease = sa.Table(
    "lease",
    metadata,
    _text("integration", key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    _text("holder", null=True),
    _text("expires"),
)

runs = sa.Table(
    "runs",
    metadata,
    _number("number"),
    sa.Column("id", _TEXT, nullable=False, unique=True),
    _text("integration"),
    _text("started"),
    _text("spec_file"),
    _text("plan_fingerprint"),
    _text("ended", null=True),
    _text("outcome", null=True),
    _text("error", null=True),
    _text("counts"),
    _text("calls"),
    sa.Column("seconds", sa.Float, nullable=True),
)

modules = sa.Table(
    "modules",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("left_cursor", null=True),
    _text("right_cursor", null=True),
    _text("left_scope", null=True),
    _text("right_scope", null=True),
    sa.Column("contacted", sa.Boolean, nullable=False),
    _text("fingerprint", null=True),
    _text("left_newest", null=True),
    _text("right_newest", null=True),
    _text("left_origin", null=True),
    _text("right_origin", null=True),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
    _text("integration"),
    _text("module"),
    _text("left_id"),
    _text("right_id"),
    _blob("left_hash"),
    _blob("right_hash"),
    _text("left_version", null=True),
    _text("right_version", null=True),
    _text("state"),
    _text("created_run"),
    _text("made", null=True),
)
#: Taken away while the very first links are loaded, and built at the end.
link_indexes = (
    sa.Index("links_left", links.c.integration, links.c.module, links.c.left_id, unique=True),
    sa.Index("links_right", links.c.integration, links.c.module, links.c.right_id, unique=True),
)

#: Links that are not kept in step; with the values themselves, else no database sees that the index fits.
unkept = links.c.state.in_(
    [sa.literal_column(f"'{one}'") for one in ("gone-left", "gone-right", "suspended")]
)
_whose = (links.c.integration, links.c.module, links.c.state)
sa.Index("links_unkept", *_whose, sqlite_where=unkept, postgresql_where=unkept)
#: Apart from links: the values are long and read for changed records only.
bases = sa.Table(
    "bases",
    metadata,
    sa.Column("link_id", _NUMBER, primary_key=True, autoincrement=False),
    _text("left_values", null=True),
    _text("right_values", null=True),
)

intents = sa.Table(
    "intents",
    metadata,
    _number("id"),
    _text("integration"),
    _text("run"),
    _text("module"),
    _text("side"),
    _text("kind"),
    sa.Column("epoch", sa.Integer, nullable=False),
    _text("created"),
    _text("state"),
    sa.Column("count", sa.Integer, nullable=False),
    _blob("payload"),
    _blob("before"),
    _text("not_before", null=True),
    sa.Index("intents_state", "integration", "state"),
)

held = sa.Table(
    "held",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("side", key=True),
    _text("record_id", key=True),
    _text("code"),
    _text("message"),
    _text("since"),
    _text("run"),
    _text("remedy", null=True),
    _text("label", null=True),
    _text("place", null=True),
    sa.Column("temporary", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    _text("next_try", null=True),
    _blob("content_hash"),
    _text("plan_fingerprint", null=True),
    _text("offending", null=True),
    _text("demands", null=True),
)

#: What a person let through; `about`: side and kind of change · `entries`: digests of exactly what, end to end.
approvals = sa.Table(
    "approvals",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("code", key=True),
    _text("about"),
    _text("plan_fingerprint"),
    _blob("entries"),
    _text("at"),
)

#: Fields of a record that the engine has changed, and out of which: kept until the end of a run that does not.
turns = sa.Table(
    "turns",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("side", key=True),
    _text("record_id", key=True),
    _text("origin"),
    _text("source_origin"),
    _text("source_id"),
    _text("fields"),
    _text("run"),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Index("turns_record", "record_id"),
)

skips = sa.Table(
    "skips",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("side", key=True),
    _text("record_id", key=True),
    _text("other_id", null=True),
    _text("why"),
)

sightings = sa.Table(
    "sightings",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("side", key=True),
    _text("record_id", key=True),
    _text("version", null=True),
    _text("keys", null=True),
)

losers = sa.Table(
    "losers",
    metadata,
    _number("id"),
    _text("integration"),
    _text("run"),
    _text("module"),
    _text("side"),
    _text("record_id"),
    sa.Column("link_id", _NUMBER, nullable=True),
    _text("field"),
    _text("value"),
    _text("winner"),
    _text("at"),
    sa.Index("losers_run", "integration", "run"),
)

waits = sa.Table(
    "waits",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("side", key=True),
    _text("record_id", key=True),
    _text("root_module", key=True),
    _text("root_side", key=True),
    _text("root_id", key=True),
)

conflicts = sa.Table(
    "conflicts",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("left_id", key=True),
    _text("key", key=True),
    _text("right_id"),
    _text("line"),
    _text("base_left", null=True),
    _text("base_right", null=True),
    sa.Column("contact", sa.Boolean, nullable=False),
    _text("left", null=True),
    _text("right", null=True),
    _text("left_version", null=True),
    _text("right_version", null=True),
    _text("since"),
    _text("run"),
    _text("take", null=True),
    sa.Column("number", _NUMBER, nullable=False),
    sa.Index("conflicts_number", "integration", "number", unique=True),
)

#: What people are told of refused changes, and the mails about it.
notices = sa.Table(
    "notices",
    metadata,
    _text("integration", key=True),
    _text("key", key=True),
    _text("module"),
    _text("side"),
    _text("record_id"),
    _text("label", null=True),
    _text("rule"),
    _text("message"),
    _text("place"),
    _text("at"),
    _text("run"),
    _text("state"),
    _text("mail_to", null=True),
    _text("subject", null=True),
    _text("body", null=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    _text("next_try", null=True),
    _text("error", null=True),
)

#: Where an integration stands as people have left it; no row = active, and nobody has confirmed a connection.
#: `pins`, `options`: JSON objects · `agreed`: fingerprint of what a person confirmed · `by`: who ordered the change
integrations = sa.Table(
    "integrations",
    metadata,
    _text("integration", key=True),
    _text("state"),
    _text("since"),
    _text("pins"),
    _text("options", null=True),
    _text("agreed", null=True),
    _text("by", null=True),
)

#: The state, in `enrolments`, of a record that takes part although no saved view shows it: somebody asked for it.
ADMITTED = "admitted"
#: Records that a person has let take part in a module; `place`: JSON object, what was chosen for the new record.
enrolments = sa.Table(
    "enrolments",
    metadata,
    _text("integration", key=True),
    _text("module", key=True),
    _text("side", key=True),
    _text("record_id", key=True),
    _text("state"),
    _text("place"),
    _text("at"),
)

#: Records that are shown on each other; `name`: the association or the trigger that it belongs to.
associations = sa.Table(
    "associations",
    metadata,
    _number("number"),
    _text("integration"),
    _text("name"),
    _text("of_stream"),
    _text("of_id"),
    _text("to_stream"),
    _text("to_id"),
    sa.Column("locked", sa.Boolean, nullable=False),
    _text("at"),
    _text("run", null=True),
    sa.Index("associations_pair", "integration", "of_stream", "of_id", "to_stream", "to_id", unique=True),
)
