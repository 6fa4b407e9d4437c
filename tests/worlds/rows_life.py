"""Stories of an integration's life that ERP and Books have in common: connected, disabled, enabled, deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import mock

from rows_projects import client, product, project, there, title

from engine.connectors.http.send.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from rows_world import House

    from engine.connectors.http.send.transport import HttpAnswer, HttpRequest

#: A portal that is not the one of the first day.
OTHER_PORTAL = {"id": "60099999999", "portal_name": "zweite-halle", "org_name": "Zweite Halle"}


def status(house: House) -> dict[str, Any]:
    """What `engine status` says of it."""
    told = json.loads(house.bare_engine("status", "--format", "json").stdout).get("integrations", [])
    return next((dict(one) for one in told if one["integration"] == house.name), {})


def order(house: House, command: str, *words: str, expect: int = 0) -> str:
    """A stage, confirmed."""
    return house.must(command, "--yes", *words, expect=expect)


def projects_there(house: House) -> list[str]:
    """The names of the projects in the finance product."""
    return [str(name) for (name,) in there(house, "projects", "project_name")]


def saved_and_synced(house: House) -> None:
    """Connected only, nothing comes over; then synced, while the status says so; and refreshed."""
    acme = client(house, "Acme")
    project(house, "New site", client=acme)
    order(house, "connect", "--later")
    assert projects_there(house) == []
    assert (status(house).get("state"), status(house).get("modules")) == ("active", {})
    seen: list[str] = []
    fetch: Callable[..., HttpAnswer] = Transport.fetch

    def asked_meanwhile(transport: Transport, wanted: HttpRequest, *more: Any) -> HttpAnswer:
        if "projects" in wanted.url:
            seen.append(house.bare_engine("status").output)
        return fetch(transport, wanted, *more)

    with mock.patch.object(Transport, "fetch", asked_meanwhile):
        house.run()
    assert "sync in progress" in seen[0]
    assert "sync in progress" not in house.bare_engine("status").output
    assert status(house).get("sync_in_progress") is False
    assert projects_there(house) == ["New site"]
    project(house, "Second site", client=acme)
    house.run()
    assert projects_there(house) == ["New site", "Second site"]


def paused_and_goes_on(house: House) -> None:
    """Disabled, nothing comes over and people are told so; enabled, it goes on from where it was."""
    acme = client(house, "Acme")
    project(house, "New site", client=acme)
    house.run()
    assert "Sync is paused until the integration is enabled again." in order(house, "disable")
    project(house, "Second site", client=acme)
    house.forget_calls()
    assert "engine enable" in house.must("run", expect=7)
    assert house.writes() == []
    assert projects_there(house) == ["New site"]
    order(house, "enable")
    house.visitor.http.request("DELETE", "/_sandbox/calls")
    house.run()
    assert projects_there(house) == ["New site", "Second site"]
    house.quiet()


def only_the_same_portal(house: House) -> None:
    """With another portal it is neither run nor enabled, whatever is said; with the former one it is."""
    project(house, "New site", client=client(house, "Acme"))
    house.run()
    before = house.visitor.command("organization", product="projects", set={})["organization"]
    house.visitor.command("organization", product="projects", set=OTHER_PORTAL)
    house.forget_calls()
    assert "zweite-halle (60099999999)" in house.must("run", expect=1)
    order(house, "disable")
    told = order(house, "enable", expect=1)
    assert "zweite-halle (60099999999) now" in told
    assert str(before["id"]) in told
    assert "only with the account that it was connected to" in told
    assert house.writes() == []
    assert status(house).get("state") == "disabled"
    house.visitor.command("organization", product="projects", set=before)
    order(house, "enable")
    house.quiet()


def deleted_leaves_standalone_projects(house: House) -> None:
    """Deleted only when disabled; projects stay as they are, and another portal can be connected then."""
    made = project(house, "New site", client=client(house, "Acme"))
    house.run()
    assert "engine disable" in order(house, "delete", expect=1)
    order(house, "disable")
    before = house.visitor.command("organization", product="projects", set={})["organization"]
    house.visitor.command("organization", product="projects", set=OTHER_PORTAL)
    order(house, "enable", expect=1)
    house.visitor.command("organization", product="projects", set=before)
    house.forget_calls()
    told = order(house, "delete")
    assert "The synced projects stay as standalone ones." in told
    assert "let the records of `projects` become plain ones: 1 link" in told
    assert [one for one in house.writes() if "/projects" in one] == []
    assert projects_there(house) == ["New site"]
    house.visitor.command("edit", product="projects", module="projects", id=made, set={"name": "Renamed"})
    assert "engine connect" in house.must("run", expect=7)
    assert projects_there(house) == ["New site"]
    house.visitor.command("organization", product="projects", set=OTHER_PORTAL)
    order(house, "connect", "--later")
    assert status(house).get("pins", {}).get("projects.portal.id", {}).get("value") == OTHER_PORTAL["id"]


def needs_rights(house: House, role: str) -> None:
    """A user with fewer rights, here or there, connects nothing and nothing is written."""
    project(house, "New site", client=client(house, "Acme"))
    house.forget_calls()
    house.visitor.command("organization", product="projects", set={"my_role": role})
    told = order(house, "connect", expect=1)
    assert "The Projects user who connects must" in told
    house.visitor.command("organization", product="projects", set={"my_role": "owner"})
    users = house.visitor.records(product(house), "users")
    me = next(one for one in users if one["is_current_user"])["user_id"]
    house.visitor.command("edit", product=product(house), module="users", id=me, set={"user_role": "staff"})
    told = order(house, "connect", expect=1)
    assert f"The {title(house)} user who connects must be an admin of the organisation." in told
    assert house.writes() == []
    assert projects_there(house) == []
    assert status(house).get("state") is None
    house.visitor.command("edit", product=product(house), module="users", id=me, set={"user_role": "admin"})
    order(house, "connect")
    assert projects_there(house) == ["New site"]


def discloses(house: House, *sentences: str) -> None:
    """Each sentence is shown before anything is done, and somebody must agree."""
    project(house, "New site", client=client(house, "Acme"))
    house.forget_calls()
    told = house.must("connect", expect=1)
    assert [one for one in sentences if f"Connecting shows to {one}" not in told] == []
    assert house.writes() == []
    assert projects_there(house) == []
    order(house, "connect")
    assert projects_there(house) == ["New site"]
