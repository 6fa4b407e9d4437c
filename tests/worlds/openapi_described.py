"""The vendor's own descriptions, where a developer has them, and in what a request or an answer departs from them."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import simplejson
import yaml
from places import ROOT

if TYPE_CHECKING:
    from engine.connectors.http.send.transport import HttpAnswer, HttpRequest

NAMED = os.environ.get("ENGINE_OPENAPI")
BESIDE = ROOT.parent / "shared" / "openapi"
FOLDER = Path(NAMED) if NAMED else BESIDE

#: Parameters that work and that no description has, by a part of the path: see the connector files for why.
UNDESCRIBED = {
    "/estimates": {"last_modified_time"},
    "/items": {"last_modified_time"},
    "/expenses": {"last_modified_time"},
    "/users": {"page", "per_page"},  # of a project: paged as every other list
    "/timeentries": {"page", "per_page"},  # time of no project, an assumed address: the same
    "/contacts": {"sort_order"},  # its list answers tell it in `page_context`
}
#: The tenant is a parameter of every request; `wf_trigger` is of the older description of the same version.
EVERYWHERE = {"organization_id", "wf_trigger"}
#: Where a description types a number as text, or an example as the only value; other operations of it contradict it.
CARELESS = {
    "/purchaseorders: 2 is not of type 'string'",
    "/recurringexpenses: 1 is not of type 'string'",
    "/recurringinvoices: 'months' is not one of ['weeks']",
}
#: Where an answer's description is not to be trusted, by product.
UNTRUSTED = {
    # Amounts are typed as text or whole numbers, lists as objects and the other way; some creates tell 200 only.
    "books": ": type |: 201 is not described",
    # Lists of at most 100; tokens that are never null; users without mail; upserts that do not tell what they did;
    # fields of other modules on a job; the word for a productive organisation, which other pages write otherwise.
    "crm": "maxItems|page_token|'call' was unexpected|'email' was unexpected|'action', 'duplicate_field'"
    "|File_Id__s|Attachment_Source__s|'Production' is not one of",
}
#: Addresses that clients use and no description has.
UNDESCRIBED_PATHS = {"/settings/preferences/customfields"}


@cache
def described(product: str) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Path, method, operation and its whole document, of every operation of a product."""
    folder, base = {"books": ("books-v3", ""), "crm": ("crm-v8", "")}[product]
    found = []
    for file in sorted((FOLDER / folder).iterdir()):
        text = file.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=yaml.CSafeLoader) if file.suffix != ".json" else json.loads(text)
        document = without_letters(document)
        for path, operations in document["paths"].items():
            shared = operations.get("parameters", [])
            for method, operation in operations.items():
                if isinstance(operation, dict) and method in ("get", "post", "put", "delete"):
                    whole = {**operation, "parameters": [*shared, *operation.get("parameters", [])]}
                    found.append((base + path, method.upper(), whole, document))
    return found


def without_letters(part: Any) -> Any:
    """A description without patterns over classes of letters, which Python cannot compile."""
    if isinstance(part, dict):
        kept = {key: one for key, one in part.items() if key != "pattern" or "\\p{" not in str(one)}
        return {key: without_letters(one) for key, one in kept.items()}
    return [without_letters(one) for one in part] if isinstance(part, list) else part


def deref(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        place = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            place = place[key.replace("~1", "/").replace("~0", "~")]
        node = place
    return node


def operation_for(product: str, method: str, path: str) -> tuple[dict[str, Any], Any]:
    """The described operation with the fewest variables in its path that fits."""
    fits = [
        (template.count("{"), operation, document)
        for template, verb, operation, document in described(product)
        if verb == method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
    ]
    assert fits, f"no description has {method} {path}"
    _, operation, document = min(fits, key=lambda fit: fit[0])
    return operation, document


def partial(schema: Any) -> Any:
    """A schema whose fields may be left out: the descriptions demand all on an update, the API does not."""
    if isinstance(schema, dict):
        return {key: partial(part) for key, part in schema.items() if key != "required"}
    return [partial(part) for part in schema] if isinstance(schema, list) else schema


def described_path(product: str, url: str) -> str:
    """A path as the descriptions write it: without what stands in front of all of them."""
    fronts = {"books": ("/books/v3",), "crm": ("/crm/v8", "/crm/bulk/v8")}[product]
    path = urlsplit(url).path
    return next(path.removeprefix(front) for front in fronts if path.startswith(front))


def faults(product: str, wanted: HttpRequest) -> list[str]:
    """What a request has that its description has not."""
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    path = described_path(product, wanted.url)
    if path in UNDESCRIBED_PATHS:
        return []
    operation, document = operation_for(product, wanted.method, path)
    declared = {deref(document, part)["name"] for part in operation["parameters"]}
    extra = {name for part, names in UNDESCRIBED.items() if part in path for name in names}
    found = [f"{path}: {name}" for name in set(wanted.params) - declared - extra - EVERYWHERE]
    content = deref(document, operation.get("requestBody", {})).get("content", {})
    if wanted.content is None or not content:
        return found
    schema = next(iter(content.values()))["schema"]
    whole = {**document, **schema}
    validator = OAS31Validator if str(document["openapi"]).startswith("3.1") else OAS30Validator
    failure_of = validator(partial(whole) if wanted.method == "PUT" else whole)
    return found + [
        f"{path}: {error.message[:300]}" for error in failure_of.iter_errors(json.loads(wanted.content))
    ]


def untruths(product: str, wanted: HttpRequest, answer: HttpAnswer) -> list[str]:
    """In what the sandbox's answer departs from the description."""
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    path = described_path(product, wanted.url)
    if path in UNDESCRIBED_PATHS or answer.body is None:
        return []
    operation, document = operation_for(product, wanted.method, path)
    told = deref(document, operation["responses"].get(str(answer.status), {}))
    content = told.get("content", {}).get("application/json")
    if content is None:
        return [f"{wanted.method} {path}: {answer.status} is not described"]
    whole = {**document, **content["schema"]}
    validator = OAS31Validator if str(document["openapi"]).startswith("3.1") else OAS30Validator
    plain = json.loads(simplejson.dumps(answer.body, use_decimal=True))
    about = f"{wanted.method} {re.sub('[0-9]{6,}', 'ID', path)} {answer.status}"
    return [
        f"{about}: {'/'.join(map(str, error.absolute_path))}: {error.validator} {error.message[-200:]}"
        for error in validator(whole).iter_errors(plain)
    ]
