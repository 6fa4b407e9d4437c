"""A project that is made from a template (assumed to be a project, too): it begins with the template's task lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.sandbox.projects.entities import ENTITIES, FIRST_ID
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from engine.sandbox.server.site import Site


def lay_out(site: Site, project: Row) -> None:
    """Give a new project the task lists of the one that it was made from, if any."""
    template = project.body.get("template")
    if not template:
        return
    lists = ENTITIES["tasklists"]
    query = Query(
        where=("json_extract(body, '$.project') = ?", "deleted IS NULL"),
        args=(template,),
        order="CAST(id AS INTEGER)",
    )
    for one in site.store.rows("projects", lists.name, query):
        body = one.body | {"project": project.id, "milestone": None}
        site.make("projects", lists.name, site.store.next_id("projects", FIRST_ID), body)
