"""CRM's notifications: channels are stored and shown, nothing is ever sent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.crm.modules import MODULES
from engine.sandbox.server.body import read_json
from engine.sandbox.server.clock import crm_time, parse_time
from engine.sandbox.server.refusals import CrmRefused, crm_error
from engine.sandbox.server.site import Site, site_of

if TYPE_CHECKING:
    from starlette.requests import Request

_EVENT = re.compile(rf"({'|'.join(MODULES)})\.(create|edit|delete|all)")
_HOUR_S, _WEEK_S = 3600, 7 * 24 * 3600
MAX_CHANNELS, MAX_EVENTS, MAX_URL = 50, 50, 255
_SETTING = "crm/watch"


async def watch(request: Request) -> Response:
    """POST and PUT keep channels, PATCH renews them, DELETE ends them, GET shows those that live."""
    site = site_of(request)
    if request.method == "GET":
        living = list(_channels(site).values())
        return JSONResponse({"watch": living}) if living else Response(status_code=204)
    if request.method == "DELETE":
        ids = request.query_params.get("channel_ids", "").split(",")
        return _answer([_ended(site, id_) for id_ in ids])
    rows = (await read_json(request)).get("watch")
    if not isinstance(rows, list) or not rows or len(rows) > MAX_CHANNELS:
        raise CrmRefused(400, "INVALID_DATA", "invalid data", api_name="watch", limit=MAX_CHANNELS)
    renew = request.method in ("PUT", "PATCH")
    return _answer([_kept(site, row, renew=renew) for row in rows], 200 if renew else 201)


def _channels(site: Site) -> dict[str, dict[str, Any]]:
    """Channels whose time is not over, by id."""
    found: dict[str, dict[str, Any]] = json.loads(site.store.setting(_SETTING) or "{}")
    now = site.clock.now()
    return {id_: row for id_, row in found.items() if (parse_time(row["channel_expiry"]) or 0) > now}


def _kept(site: Site, row: Any, *, renew: bool) -> dict[str, Any]:
    channels, now = _channels(site), site.clock.now()
    id_ = str(row.get("channel_id", "")) if isinstance(row, dict) else ""
    if renew and id_ not in channels:
        return crm_error("NOT_SUBSCRIBED", "the channel is not subscribed", channel_id=id_)
    whole = channels.get(id_, {}) | (row if isinstance(row, dict) else {})
    wrong = _wrong(whole)
    if wrong is not None:
        return crm_error("INVALID_DATA", "invalid data", api_name=wrong)
    asked = parse_time(str(whole.get("channel_expiry"))) or now + _HOUR_S
    if asked > now + _WEEK_S:
        return crm_error("INVALID_DATA", "a channel lives a week at most", api_name="channel_expiry")
    channels[id_] = whole | {"channel_id": id_, "channel_expiry": crm_time(int(asked))}
    site.store.remember(_SETTING, json.dumps(channels))
    events = [
        {"channel_id": id_, "channel_expiry": crm_time(int(asked)), "resource_name": e}
        for e in whole["events"]
    ]
    return {
        "code": "SUCCESS",
        "details": {"events": events},
        "message": "Successfully subscribed",
        "status": "success",
    }


def _wrong(row: dict[str, Any]) -> str | None:
    """The field that is missing or not such as CRM takes; None = all are well."""
    events, url = row.get("events"), row.get("notify_url")
    if not str(row.get("channel_id", "")) or len(str(row["channel_id"])) > 64:  # noqa: PLR2004  # as published
        return "channel_id"
    if not isinstance(events, list) or not 0 < len(events) <= MAX_EVENTS:
        return "events"
    if not all(isinstance(event, str) and _EVENT.fullmatch(event) for event in events):
        return "events"
    fits = isinstance(url, str) and url.startswith("https://") and len(url) <= MAX_URL
    return None if fits else "notify_url"


def _ended(site: Site, id_: str) -> dict[str, Any]:
    channels = _channels(site)
    if channels.pop(id_, None) is None:
        return crm_error("NOT_SUBSCRIBED", "the channel is not subscribed", channel_id=id_)
    site.store.remember(_SETTING, json.dumps(channels))
    words = "Successfully un-subscribed"
    return {"code": "SUCCESS", "details": {"channel_id": id_}, "message": words, "status": "success"}


def _answer(answers: list[dict[str, Any]], success: int = 200) -> Response:
    good = [answer["code"] == "SUCCESS" for answer in answers]
    status = success if all(good) else 207 if any(good) else 400
    return JSONResponse({"watch": answers}, status_code=status)


ROUTES = [Route("/actions/watch", watch, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
