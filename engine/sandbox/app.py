"""One ASGI application: the token endpoint, the four products and the sandbox's own commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from engine.errors import UserError
from engine.sandbox import control, control_settings
from engine.sandbox.books import routes as books_routes
from engine.sandbox.books.editions import EDITIONS
from engine.sandbox.crm import routes as crm_routes
from engine.sandbox.projects import routes as projects_routes
from engine.sandbox.published import is_published
from engine.sandbox.server.body import NotJson, read_form
from engine.sandbox.server.door import Door
from engine.sandbox.server.gate import BooksGate, CallLog, CrmGate, ProjectsGate
from engine.sandbox.server.oauth import grant
from engine.sandbox.server.refusals import (
    BooksRefused,
    CrmRefused,
    NotServed,
    ProjectsRefused,
    broken,
    crm_error,
    is_finance,
    is_projects,
    is_unknown_address,
    no_json,
    projects_error,
    quoting,
)
from engine.sandbox.server.site import Site, site_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def token(request: Request) -> Response:
    """`POST /oauth/v2/token`: a refresh token becomes an access token, by a form of either type or by the query."""
    site = site_of(request)
    status, body = grant(
        site.store,
        await read_form(request),
        now=site.clock.now(),
        per_window=site.throttle.limits.tokens,
        domain=str(request.base_url).rstrip("/"),
    )
    return JSONResponse(body, status_code=status)


def _refuse(request: Request, error: Exception) -> Response:
    refused = cast("CrmRefused | BooksRefused | ProjectsRefused", error)
    if is_unknown_address(refused.body) and is_published(request.url.path):
        return _not_served(request, NotServed(f"{request.method} {request.url.path}"))
    return JSONResponse(refused.body, status_code=refused.status)


def _not_served(request: Request, error: Exception) -> Response:
    """What the vendor has and the sandbox lacks: never in the vendor's words for a mistake of the client."""
    request.scope["sandbox.not_served"] = str(error)
    body = quoting(request.url.path, f"The sandbox does not serve {error}.")
    return JSONResponse(body, status_code=501, headers={"X-Sandbox": "not-served"})


def _refuse_command(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


def _refuse_body(request: Request, error: Exception) -> Response:
    return JSONResponse(no_json(request.url.path, str(error)), status_code=400)


def _refuse_path(request: Request, error: Exception) -> Response:
    """An unknown path or method, as the product under that path says it."""
    status = cast("HTTPException", error).status_code
    if is_published(request.url.path):
        return _not_served(request, NotServed(f"{request.method} {request.url.path}"))
    if is_finance(request.url.path):
        return JSONResponse({"code": 5, "message": "Invalid URL Passed"}, status_code=status)
    if is_projects(request.url.path):
        words = f"Given URL is wrong: {request.url.path}"
        return JSONResponse(projects_error(400, "URL_RULE_NOT_CONFIGURED", words), status_code=400)
    if status == 405:  # noqa: PLR2004  # HTTP's own number
        body = crm_error("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")
    else:
        body = crm_error("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")
    return JSONResponse(body, status_code=status)


def _break(request: Request, _: Exception) -> Response:
    return JSONResponse(broken(request.url.path), status_code=500)


def make_app(site: Site) -> Starlette:
    """The application that serves a site."""
    app = Starlette(
        routes=[
            Route("/oauth/v2/token", token, methods=["POST"]),
            Mount("/crm/v8", routes=crm_routes.ROUTES, middleware=[Middleware(CrmGate, site=site)]),
            Mount("/crm/bulk/v8", routes=crm_routes.BULK_ROUTES, middleware=[Middleware(CrmGate, site=site)]),
            *(
                Mount(
                    f"/{product}/v3",
                    routes=books_routes.ROUTES,
                    middleware=[Middleware(BooksGate, site=site, product=product)],
                )
                for product in EDITIONS
            ),
            Mount(
                "/erp/v1",
                routes=books_routes.OLDER_ROUTES,
                middleware=[Middleware(BooksGate, site=site, product="erp")],
            ),
            Mount("/api/v3", routes=projects_routes.ROUTES, middleware=[Middleware(ProjectsGate, site=site)]),
            Mount("/_sandbox", routes=[*control.ROUTES, *control_settings.ROUTES]),
        ],
        middleware=[Middleware(Door), Middleware(CallLog, site=site)],
        exception_handlers={
            CrmRefused: _refuse,
            BooksRefused: _refuse,
            ProjectsRefused: _refuse,
            UserError: _refuse_command,
            NotJson: _refuse_body,
            NotServed: _not_served,
            HTTPException: _refuse_path,
            500: _break,
        },
    )
    app.state.site = site
    return app
