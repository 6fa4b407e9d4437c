"""CRM endpoints for a whole module at once: how many records it has, and bulk read: a job, then a packed CSV file."""

from __future__ import annotations

import csv
import io
import json
import secrets
import zipfile
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.sandbox.crm.modules import MODULES, CrmModule, module_id
from engine.sandbox.crm.read import refuse_filters, show
from engine.sandbox.crm.records import module_of
from engine.sandbox.crm.write import API_USER
from engine.sandbox.server.body import read_json
from engine.sandbox.server.bulk_job import Job
from engine.sandbox.server.clock import DAY_S, crm_time
from engine.sandbox.server.refusals import CrmRefused, NotServed
from engine.sandbox.server.site import Site, site_of
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

ROWS_A_JOB = 200_000
#: What a job costs beyond the credit of every call.
CREDITS = 49
DOWNLOADS_A_MINUTE = 10
_CHUNK = 5_000


async def count_records(request: Request) -> Response:
    """Living records of a module; filters are not served."""
    site, module = site_of(request), module_of(request)
    refuse_filters(request, "cvid", "criteria", "email", "phone", "word")
    if request.query_params:
        raise CrmRefused(400, "INVALID_DATA", "invalid data", param_name=next(iter(request.query_params)))
    return JSONResponse({"count": site.store.count("crm", module.name)})


async def create_job(request: Request) -> Response:
    """A new job: for a module and its fields, or for the rows behind a page token."""
    site = site_of(request)
    query = (await read_json(request)).get("query")
    if not isinstance(query, dict):
        raise CrmRefused(400, "MANDATORY_NOT_FOUND", "required field not found", api_name="query")
    if "criteria" in query or "cvid" in query:
        raise NotServed("criteria of a bulk read")
    module, fields, page = _continued(site, query) if "page_token" in query else _begun(query)
    left = max(0, site.store.count("crm", module) - (page - 1) * ROWS_A_JOB)
    more = left > ROWS_A_JOB
    job = Job(
        id=site.store.next_id("crm-jobs", 554023000000900001),
        module=module,
        fields=fields,
        page=page,
        count=min(left, ROWS_A_JOB),
        more=more,
        token=secrets.token_hex(24) if more else None,
        created=site.clock.now(),
    )
    site.jobs[job.id] = job
    site.throttle.credits.spend(CREDITS, site.clock.now())
    details = {"id": job.id, "operation": "read", "state": "ADDED", **_made(job)}
    added = {"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added successfully."}
    return JSONResponse({"data": [{**added, "details": details}], "info": {}}, status_code=201)


def _begun(query: dict[str, Any]) -> tuple[str, tuple[str, ...], int]:
    named = query.get("module")
    name = named.get("api_name") if isinstance(named, dict) else None
    if name not in MODULES:
        raise CrmRefused(400, "INVALID_MODULE", "the module name given seems to be invalid")
    fields, page = query.get("fields", []), query.get("page", 1)
    known = isinstance(fields, list) and all(isinstance(one, str) for one in fields)
    strange = (
        [one for one in fields if one != "id" and one not in MODULES[name].fields] if known else ["fields"]
    )
    if strange:
        raise CrmRefused(400, "INVALID_DATA", "invalid data", api_name=strange[0], json_path="$.query.fields")
    if not isinstance(page, int) or page < 1:
        raise CrmRefused(400, "INVALID_DATA", "invalid data", api_name="page", json_path="$.query.page")
    return str(name), tuple(one for one in fields if one != "id"), page


def _continued(site: Site, query: dict[str, Any]) -> tuple[str, tuple[str, ...], int]:
    before = next((job for job in site.jobs.values() if job.token == query["page_token"]), None)
    if before is None:
        raise CrmRefused(400, "INVALID_DATA", "invalid data", api_name="page_token")
    if site.clock.now() - before.created > DAY_S:
        raise CrmRefused(400, "EXPIRED_VALUE", "the given page token has expired", api_name="page_token")
    return before.module, before.fields, before.page + 1


def _made(job: Job) -> dict[str, Any]:
    return {"created_by": {"id": API_USER, "name": "API"}, "created_time": crm_time(int(job.created))}


def _job(request: Request) -> tuple[Site, Job]:
    site = site_of(request)
    job = site.jobs.get(request.path_params["id"])
    if job is None:
        raise CrmRefused(404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.")
    return site, job


async def read_job(request: Request) -> Response:
    """How far a job is, and where its file will be."""
    site, job = _job(request)
    ready = site.clock.now() >= job.ready
    shown: dict[str, Any] = {
        "id": job.id,
        "operation": "read",
        "state": "COMPLETED" if ready else "IN PROGRESS",
        "query": {"module": {"api_name": job.module, "id": module_id(job.module)}, "page": job.page},
        **_made(job),
        "file_type": "csv",
    }
    if ready:
        shown["result"] = {
            "page": job.page,
            "per_page": ROWS_A_JOB,
            "count": job.count,
            "download_url": f"/crm/bulk/v8/read/{job.id}/result",
            "more_records": job.more,
            **({"next_page_token": job.token} if job.token else {}),
        }
    return JSONResponse({"data": [shown]})


async def download(request: Request) -> Response:
    """The file: one CSV, packed."""
    site, job = _job(request)
    if site.clock.now() < job.ready:
        raise CrmRefused(404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.")
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{job.id}.csv", "w") as file,
    ):
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        csv.writer(text, lineterminator="\n").writerows(_lines(site, job))
        text.flush()
    return Response(packed.getvalue(), media_type="application/zip")


def _lines(site: Site, job: Job) -> Iterator[list[str]]:
    module = MODULES[job.module]
    fields = job.fields or tuple(module.fields)
    yield ["Id", *fields]
    first = (job.page - 1) * ROWS_A_JOB
    for start in range(first, first + job.count, _CHUNK):
        rows = min(_CHUNK, first + job.count - start)
        query = Query(where=("deleted IS NULL",), order="id", limit=rows, offset=start)
        for record in show(site, module, site.store.rows("crm", module.name, query), fields):
            yield [record["id"], *(_cell(module, name, record[name]) for name in fields)]


def _cell(module: CrmModule, name: str, value: Any) -> str:
    """A value as the file shows it: references by id, several choices joined by semicolons."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("id", ""))
    if isinstance(value, list):
        return json.dumps(value) if module.fields[name].type == "subform" else ";".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


COUNT_ROUTES = [Route("/{module}/actions/count", count_records, methods=["GET"])]
ROUTES = [
    Route("/read", create_job, methods=["POST"]),
    Route("/read/{id}", read_job, methods=["GET"]),
    Route("/read/{id}/result", download, methods=["GET"]),
]
