"""Projects into Books: an integration's life and the move from the older one, as BP-01, BP-03 and BP-05 promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_life as story
from rows_world import flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-books"
NO_PROJECTS = flip("view: { projects: project_type = 'active' }", "view: { projects: project_type = 'none' }")


@proves(SPEC, NO_PROJECTS)
def test_BP_01_lifecycle_it_is_saved_and_synced_and_the_status_says_so(house: House) -> None:
    story.saved_and_synced(house)


@proves(
    SPEC, flip("disable: { says: Sync is paused until the integration is enabled again. }", "disable: {}")
)
def test_BP_01_lifecycle_disabled_it_is_paused_and_enabled_it_goes_on(house: House) -> None:
    story.paused_and_goes_on(house)


@proves(SPEC, flip("    pins: [ projects.portal.id ]", ""))
def test_BP_01_lifecycle_it_is_enabled_only_with_the_portal_that_it_was_connected_to(house: House) -> None:
    story.only_the_same_portal(house)


@proves(
    SPEC,
    flip("    needs: [ disabled ]\n", "", after="  delete:"),
    flip("      - { convert: projects }\n", ""),
)
def test_BP_01_lifecycle_deleted_it_leaves_standalone_projects(house: House) -> None:
    story.deleted_leaves_standalone_projects(house)


@proves(
    SPEC,
    flip("books.me.user_role = 'admin'", "books.me.user_role <> ''"),
    flip("projects.portal.my_role IN ('owner', 'admin')", "projects.portal.my_role <> ''"),
)
def test_BP_01_lifecycle_only_an_admin_in_both_connects_them(house: House) -> None:
    story.needs_rights(house, "user")


@proves(
    SPEC,
    flip('  - { to: projects, what: "The name and mail address of your Books organisation." }\n', ""),
)
def test_BP_05_what_connecting_discloses_is_shown_and_must_be_confirmed(house: House) -> None:
    story.discloses(house, "projects: The name and mail address of your Books organisation.")
