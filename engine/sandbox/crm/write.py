"""CRM writes: what becomes of each record of a batch, in the order in which they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.crm.document_rows import FIRST_ID, judge_lines, merged_lines, summed
from engine.sandbox.crm.fields import CrmField, is_id, judge
from engine.sandbox.crm.modules import MODULE_OF, MODULES
from engine.sandbox.crm.unique_fields import unique_fields
from engine.sandbox.server.clock import crm_time
from engine.sandbox.server.refusals import crm_error
from engine.sandbox.server.store import Query, Row, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.sandbox.crm.modules import CrmModule
    from engine.sandbox.server.site import Site

#: The user whose consent the tokens carry; whatever the API writes is written by this person.
API_USER = "554023000000000101"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A record that was written."""

    row: Row
    action: str  #: `insert`, `update` or `delete`
    approved: bool = True  #: False = the module knows no approval


Outcome = Saved | dict[str, Any]
"""What became of one record: saved, or CRM's refusal."""


def insert(site: Site, module: CrmModule, sent: dict[str, Any], place: str) -> Outcome:
    """Make a record."""
    refused = _judge_all(site, module, sent, place, present=None)
    if refused is not None:
        return refused
    id_ = site.store.next_id("crm", FIRST_ID)
    people = dict.fromkeys(("Owner", "Created_By", "Modified_By"), API_USER)
    numbers = {field.name: id_ for field in module.fields.values() if field.type == "autonumber"}
    body = _computed(site, module, people | numbers | _storable(site, module, sent, {}))
    row = site.make("crm", module.name, id_, body, key_of(module, body))
    return Saved(row=row, action="insert", approved=module.name != "Notes")


def update(
    site: Site, module: CrmModule, sent: dict[str, Any], place: str, unmodified_since: float | None
) -> Outcome:
    """Change the fields that were sent; the others stay."""
    id_ = sent.get("id")
    present = site.store.get("crm", module.name, id_) if is_id(id_) and isinstance(id_, str) else None
    if present is None:
        return _unknown_id(place)
    stale = _changed_since(present, unmodified_since)
    refused = stale or _judge_all(site, module, sent, place, present=present)
    if refused is not None:
        return refused
    body = present.body | _storable(site, module, sent, present.body)
    body = _computed(site, module, body | {"Modified_By": API_USER})
    row = site.change("crm", module.name, present, key=key_of(module, body), body=body)
    return Saved(row=row, action="update", approved=module.name != "Notes")


def upsert(site: Site, module: CrmModule, sent: dict[str, Any], place: str, fields: Iterable[str]) -> Outcome:
    """Change the record that holds the same value in a field of duplicates, else make one."""
    for field in fields:
        found = _holders(site, module, module.fields[field], sent.get(field))
        if found:
            return update(site, module, sent | {"id": found[0].id}, place, None)
    return insert(site, module, {k: v for k, v in sent.items() if k != "id"}, place)


def delete(site: Site, module: CrmModule, id_: str, place: str, unmodified_since: float | None) -> Outcome:
    """Put a record into the recycle bin."""
    present = site.store.get("crm", module.name, id_)
    if present is None:
        return _unknown_id(place)
    stale = _changed_since(present, unmodified_since)
    if stale is not None:
        return stale
    return Saved(row=site.delete("crm", module.name, present), action="delete")


def key_of(module: CrmModule, body: dict[str, Any]) -> str | None:
    """The folded text by which duplicates of a record are found."""
    value = body.get(module.key or "")
    return fold(value) if isinstance(value, str) and value else None


def receipt(saved: Saved, user: dict[str, str]) -> dict[str, Any]:
    """The element of the answer that tells of a record that was written."""
    if saved.action == "delete":
        return _success("record deleted", {"id": saved.row.id})
    details = {
        "id": saved.row.id,
        "Created_Time": crm_time(saved.row.created),
        "Modified_Time": crm_time(saved.row.modified),
        "Created_By": user,
        "Modified_By": user,
    }
    if saved.approved:
        details |= {"$approval_state": "approved"}
    return _success("record added" if saved.action == "insert" else "record updated", details)


def _success(message: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def _judge_all(
    site: Site, module: CrmModule, sent: dict[str, Any], place: str, present: Row | None
) -> dict[str, Any] | None:
    """Every refusal that the values of one record earn, wrapped if there are several."""
    refusals = []
    stands, unique = {} if present is None else present.body, unique_fields(site, module)
    for field in module.fields.values():
        missing = present is None and field.required and field.name not in sent
        if field.read_only or not (missing or field.name in sent):
            continue
        value, where = sent.get(field.name), f"{place}.{field.name}"
        refused = judge(field, value, where) or judge_lines(site, field, value, where)
        refused = refused or _judge_reference(site, field, value, where, _target(field, sent, stands))
        if refused is None and field.name in unique:
            refused = _judge_unique(site, module, field, value, where, present=present)
        if refused is not None:
            refusals.append(refused)
    if len(refusals) > 1:
        return crm_error("MULTIPLE_OR_MULTI_ERRORS", "multiple errors", errors=refusals)
    return refusals[0] if refusals else None


def _target(field: CrmField, sent: dict[str, Any], present: dict[str, Any]) -> str | None:
    """The module that a lookup points into; None = it is no lookup, or does not say where it leads."""
    if field.refers != "any":
        return field.refers
    value = sent.get(field.name)
    named = value.get("module") if isinstance(value, dict) else None
    named = named.get("api_name") if isinstance(named, dict) else named
    named = named or sent.get(MODULE_OF) or present.get(MODULE_OF)
    return named if isinstance(named, str) and named in MODULES else None


def _judge_reference(
    site: Site, field: CrmField, value: Any, place: str, target: str | None
) -> dict[str, Any] | None:
    if field.refers is None or value is None:
        return None
    if target is None:
        words = "the module of the related record is missing or unknown"
        return crm_error("INVALID_DATA", words, api_name=MODULE_OF, json_path=place)
    if site.store.get("crm", target, value["id"]) is not None:
        return None
    words = "the related id given seems to be invalid"
    return crm_error("INVALID_DATA", words, api_name=field.name, json_path=f"{place}.id")


def _judge_unique(
    site: Site, module: CrmModule, field: CrmField, value: Any, place: str, *, present: Row | None
) -> dict[str, Any] | None:
    others = [row for row in _holders(site, module, field, value) if present is None or row.id != present.id]
    if not others:
        return None
    other = others[0]
    twin = {"id": other.id, "Owner": {"id": other.body["Owner"]}, "module": {"api_name": module.name}}
    return crm_error(
        "DUPLICATE_DATA",
        "duplicate data",
        api_name=field.name,
        json_path=place,
        id=other.id,
        more_records=len(others) > 1,
        duplicate_record=twin,
    )


def _holders(site: Site, module: CrmModule, field: CrmField, value: Any) -> list[Row]:
    """Living records that hold the same text in a field, oldest first."""
    if not isinstance(value, str) or not value:
        return []
    if field.name == module.key:
        query = Query(where=("key = ?", "deleted IS NULL"), args=(fold(value),))
    else:
        condition = f"lower(json_extract(body, '$.{field.name}')) = lower(?)"
        query = Query(where=(condition, "deleted IS NULL"), args=(value,))
    return site.store.rows("crm", module.name, query)


def _storable(site: Site, module: CrmModule, sent: dict[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a record: known fields that may be written, references as bare ids.

    CRM overlooks names that it does not know. Text loses its outer space; null and empty text clear a field.
    """
    kept: dict[str, Any] = {}
    for name, value in sent.items():
        field = module.fields.get(name)
        if field is None or field.read_only:
            continue
        if field.refers is not None and value is not None:
            kept[name] = value["id"]
            if field.refers == "any":
                kept[MODULE_OF] = _target(field, sent, present)
        elif field.type == "subform":
            kept[name] = merged_lines(site, present.get(name, []), value or [])
        elif isinstance(value, str):
            kept[name] = value.strip() or None
        else:
            kept[name] = value
    return kept


def _computed(site: Site, module: CrmModule, body: dict[str, Any]) -> dict[str, Any]:
    """A body without empty fields, and with those that CRM computes itself."""
    kept = {name: value for name, value in body.items() if value is not None}
    if "Last_Name" in kept:
        kept["Full_Name"] = " ".join(filter(None, (kept.get("First_Name"), kept["Last_Name"])))
    if "Closed_Time" in module.fields:
        closed = kept.pop("Closed_Time", None) or crm_time(site.second())
        kept |= {"Closed_Time": closed} if kept.get("Status") == "Completed" else {}
    return summed(module, kept)


def _unknown_id(place: str) -> dict[str, Any]:
    words = "the id given seems to be invalid"
    return crm_error("INVALID_DATA", words, api_name="id", json_path=f"{place}.id")


def _changed_since(present: Row, unmodified_since: float | None) -> dict[str, Any] | None:
    if unmodified_since is None or present.modified <= unmodified_since:
        return None
    words = "the record has been modified since"
    return crm_error("ALREADY_MODIFIED", words, id=present.id, Modified_Time=crm_time(present.modified))
