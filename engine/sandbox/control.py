"""The sandbox's own commands, under /_sandbox: no vendor has them, and no connector may call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.errors import UserError
from engine.sandbox.books.editions import EDITIONS
from engine.sandbox.books.finance import Finance
from engine.sandbox.books.read import show as show_finance
from engine.sandbox.books.write import key_of as finance_key
from engine.sandbox.crm.document_rows import FIRST_ID
from engine.sandbox.crm.modules import MODULES
from engine.sandbox.crm.read import show
from engine.sandbox.crm.write import API_USER, key_of
from engine.sandbox.projects.entities import ENTITIES
from engine.sandbox.projects.entities import FIRST_ID as FIRST_PROJECTS_ID
from engine.sandbox.projects.read import moment, show_log
from engine.sandbox.projects.read import show as show_projects
from engine.sandbox.projects.write import defaults_of
from engine.sandbox.server.body import read_json, with_values
from engine.sandbox.server.clock import books_time, crm_time
from engine.sandbox.server.faults import parse_fault
from engine.sandbox.server.oauth import clients
from engine.sandbox.server.site import Site, site_of
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request


#: Time moves no further at once: dates end with the year 9999.
_CENTURY_S = 100 * 366 * 24 * 60 * 60


def connections(url: str, site: Site) -> dict[str, dict[str, Any]]:
    """By connector, the settings that a client needs to talk to the sandbox at `url`."""
    names = ("client_id", "client_secret", "refresh_token")
    credentials = {c.product: {name: getattr(c, name) for name in names} for c in clients(site.store)}
    hosts = {"host": url, "accounts_host": url}
    return {
        "zoho-crm": hosts | {"credentials": credentials["crm"]},
        **{
            f"zoho-{product}": hosts
            | {"credentials": credentials[product], "organization": site.account(product)}
            for product in EDITIONS
        },
        # The company's first time sheet is of this year: earlier half-years need not be asked for one by one.
        "zoho-projects": hosts
        | {"credentials": credentials["projects"], "portal": site.account("projects")}
        | {"timesheets_from": "2026-01-01"}
        # A margin is left, as for the real thing.
        | {"requests_per_path": site.throttle.limits.projects_per_address * 84 // 100},
    }


async def connect(request: Request) -> Response:
    """How to reach the sandbox."""
    return JSONResponse(connections(str(request.base_url).rstrip("/"), site_of(request)))


async def faults(request: Request) -> Response:
    """GET: the faults still to come. POST: one more. DELETE: none any more."""
    waiting = site_of(request).faults.waiting
    if request.method == "POST":
        waiting.append(parse_fault(await read_json(request)))
    elif request.method == "DELETE":
        waiting.clear()
    shown = [{"fault": f.kind, "method": f.method, "path": f.path.pattern, "times": f.times} for f in waiting]
    return JSONResponse({"faults": shown})


async def calls(request: Request) -> Response:
    """GET: every request since the start. DELETE: forget them."""
    site = site_of(request)
    if request.method == "DELETE":
        site.calls.clear()
    return JSONResponse({"calls": site.calls, "credits": site.throttle.credits.used(site.clock.now())})


async def reset(request: Request) -> Response:
    """The company as it was on its first day; no tokens, faults or calls; all limits whole."""
    site = site_of(request)
    with site.store.transaction():
        site.store.clear()
        site.settle()
    site.throttle.forget()
    site.faults.waiting.clear()
    site.calls.clear()
    site.jobs.clear()
    return JSONResponse({"company": site.company})


async def clock(request: Request) -> Response:
    """Move the sandbox's time forward by `advance_s` seconds."""
    site, wanted = site_of(request), await read_json(request)
    seconds = wanted.get("advance_s")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= _CENTURY_S:
        raise UserError("`advance_s` is a number of seconds, from 0 to those of a hundred years.")
    now = site.clock.advance(seconds)
    site.remember_clock()
    return JSONResponse({"now": crm_time(int(now)), "epoch": now})


async def records(request: Request) -> Response:
    """Every living record of a module, whole; with `deleted=true` the deleted ones."""
    site, product, module = site_of(request), request.path_params["product"], request.path_params["module"]
    dead = request.query_params.get("deleted") == "true"
    query = Query(where=(f"deleted IS {'NOT ' if dead else ''}NULL",), order="CAST(id AS INTEGER)")
    rows = site.store.rows(product, module, query)
    return JSONResponse({"records": _plain(site, product, module, rows)})


def _plain(site: Site, product: str, module: str, rows: list[Row]) -> list[dict[str, Any]]:
    if product == "crm" and module in MODULES:
        return show(site, MODULES[module], rows, None)
    if product in EDITIONS and module in EDITIONS[product].collections:
        finance = Finance(site=site, edition=EDITIONS[product])
        return show_finance(finance, EDITIONS[product].collections[module], rows, whole=True)
    if product == "projects" and module in ENTITIES:
        if module == "timelogs":
            return [show_log(site, row) for row in rows]
        return show_projects(site, ENTITIES[module], rows)
    return [{"id": row.id} | row.body for row in rows]


async def edit(request: Request) -> Response:
    """A person's edit, unchecked: `set` fields of record `id` (absent: a new record), or `delete` it."""
    site, wanted = site_of(request), await read_json(request)
    product, module = str(wanted.get("product")), str(wanted.get("module"))
    key = _key_by(product, module)
    values = wanted.get("set", {})
    if key is None or not isinstance(values, dict):
        raise UserError("`product` and `module` name a collection of records, `set` is an object.")
    with site.store.transaction():
        if "id" in wanted:
            row = _edited(site, product, module, wanted, key)
        else:
            row = _new(site, product, module, values, key)
    stamps: dict[str, Callable[[int], str]] = {"crm": crm_time, "projects": moment}
    stamp = stamps.get(product, books_time)
    return JSONResponse({"id": row.id, "modified": stamp(row.modified)})


def _key_by(product: str, module: str) -> Callable[[dict[str, Any]], str | None] | None:
    """How a collection finds duplicates; None = there is no such collection."""
    if product == "crm" and module in MODULES:
        return lambda body: key_of(MODULES[module], body)
    if product in EDITIONS and module in EDITIONS[product].collections:
        return lambda body: finance_key(EDITIONS[product].collections[module], body)
    if product == "projects" and module in ENTITIES:
        return lambda _: None
    return None


def _edited(
    site: Site, product: str, module: str, wanted: dict[str, Any], key: Callable[[dict[str, Any]], str | None]
) -> Row:
    present = site.store.get(product, module, str(wanted["id"]))
    if present is None:
        raise UserError(f"There is no record {wanted['id']} in {product} {module}.")
    body = with_values(present.body, wanted.get("set", {}))
    gone = site.second() if wanted.get("delete") else None
    return site.change(product, module, present, key=key(body), deleted=gone, body=body)


def _new(
    site: Site, product: str, module: str, values: dict[str, Any], key: Callable[[dict[str, Any]], str | None]
) -> Row:
    if product == "crm":
        people = dict.fromkeys(("Owner", "Created_By", "Modified_By"), API_USER)
        body, id_ = with_values(people, values), site.store.next_id("crm", FIRST_ID)
    elif product == "projects":
        body = with_values(defaults_of(ENTITIES[module]), values)
        id_ = site.store.next_id("projects", FIRST_PROJECTS_ID)
    else:
        finance = Finance(site=site, edition=EDITIONS[product])
        body, id_ = with_values(finance.edition.collections[module].defaults, values), finance.new_id()
    return site.make(product, module, id_, body, key(body))


ROUTES = [
    Route("/connect", connect, methods=["GET"]),
    Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
    Route("/calls", calls, methods=["GET", "DELETE"]),
    Route("/reset", reset, methods=["POST"]),
    Route("/clock", clock, methods=["POST"]),
    Route("/records/{product}/{module}", records, methods=["GET"]),
    Route("/edit", edit, methods=["POST"]),
]
