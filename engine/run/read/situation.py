"""Situation: what each record of a page is to a pass: new, changed, held, left alone. The rest never piles up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.session.cursors import has_come
from engine.run.session.tables import HELD, HIDDEN, IDS, KEYED, SEEN, SKIPS, STAGED

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.run.session.sync_pass import SyncPass

#: What each situation means for the counts; `changed` and `newcomer` go on. `met`: the other pass looks at its pair.
SITUATIONS = (
    "out-of-view",
    "unreadable",
    "still-held",
    "still-in-conflict",
    "gone",
    "skipped",
    "changed",
    "newcomer",
    "met",
)


def stage_page(sync: SyncPass, page: pa.Table, links: str) -> None:
    """Put what is not plainly unchanged into `staged`; of the rest remember only what the run needs."""
    columns = sync.columns
    columns.show("page", page)
    columns.add(STAGED, _situations(sync, links))
    if sync.source.version_field:
        latest = "SELECT arg_max(version, moment) AS version, max(moment) AS moment"
        columns.add(SEEN, f"{latest} FROM ({sync.source.clock}) WHERE {has_come('moment', sync.clock.now())}")
    if sync.module.deletes == "propagate":
        columns.add(IDS, f"SELECT id FROM ({sync.source.clock})")
    if sync.both_ways and sync.module.keys:
        columns.add(KEYED, sync.source.key_lens)  # what newcomers of the other side are recognised by
    _note_hidden(sync, page)
    columns.hide("page")


def _note_hidden(sync: SyncPass, page: pa.Table) -> None:
    """Remember the ids of records that do not show a field that is compared: nobody can say that they are in step."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in sync.source.compared)
    if not names or page["_absent"].null_count == page.num_rows:
        return
    hiding = sync.columns.table(f"SELECT * FROM page WHERE list_has_any(_absent, [{names}])")
    with sync.columns.shown("page", hiding):
        sync.columns.add(HIDDEN, f"SELECT id FROM ({sync.source.lens}) WHERE in_view")


def _situations(sync: SyncPass, links: str) -> str:
    """One row a record that is not plainly unchanged, with its link and its situation.

    A link that is not `active` although its record is there again makes the pair worth a look.
    """
    mine, other = sync.source.side, sync.target.side
    version = f"l.{mine}_version" if sync.source.version_field else "NULL::VARCHAR"
    # What a check looks at need not be compared: the record may look the same and be in order by now.
    looked_at = "true" if not (sync.whole and sync.source.fillable) else "p.absent IS NULL"
    codes = ", ".join(sorted({f"'{one.code}'" for one in sync.source.troubles}))
    mended = f"p.trouble IS NULL AND p.lacks IS NULL AND h.code IN ({codes})"
    return f"""
        SELECT p.*, l.link_id, l.{other}_id AS other_id, l.{mine}_hash AS base_hash, {version} AS base_version,
               l.state,
               CASE WHEN NOT p.in_view THEN 'out-of-view'
                    WHEN h.waits AND (h.content_hash = p.hash OR h.code = 'unconfirmed') AND NOT ({mended})
                        THEN CASE WHEN h.code = 'conflict' THEN 'still-in-conflict' ELSE 'still-held' END
                    WHEN l.state = 'gone-{other}' THEN 'gone'
                    WHEN l.link_id IS NULL AND k.record_id IS NOT NULL THEN 'skipped'
                    WHEN p.trouble IS NOT NULL THEN 'unreadable'
                    WHEN l.link_id IS NOT NULL THEN 'changed'
                    ELSE 'newcomer' END AS situation
        FROM ({sync.source.lens}) AS p
        LEFT JOIN {links} AS l ON l.{mine}_id = p.id
        LEFT JOIN {HELD} AS h ON h.record_id = p.id
        LEFT JOIN {SKIPS} AS k ON k.record_id = p.id
        WHERE NOT (l.link_id IS NOT NULL AND l.state IN ('active', 'missing-{other}')
                   AND l.{mine}_hash IS NOT DISTINCT FROM p.hash
                   AND {looked_at} AND p.in_view AND p.trouble IS NULL AND h.record_id IS NULL)
    """


def drop_repeats(sync: SyncPass) -> None:
    """A record that was delivered twice counts once; the later delivery is the fresher one."""
    sync.counts.read[sync.source.side] -= sync.columns.last_of_each(STAGED)


def count_situations(sync: SyncPass) -> dict[str, int]:
    """Records of `staged` by situation."""
    counts = dict.fromkeys(SITUATIONS, 0)
    counts.update(sync.columns.rows(f"SELECT situation, count(*) FROM {STAGED} GROUP BY situation"))
    return counts
