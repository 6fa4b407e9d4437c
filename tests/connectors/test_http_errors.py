"""Each class of error ends in a held record, a retry or a stop, in the system's own words and with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml
from http_scripted import Bench, batch, bench
from http_scripted import HttpAnswer as Said
from places import CASES

from engine.connectors.http.description.api import Errors, What
from engine.connectors.http.send.answer_meaning import Failure, failure_of, refusal_of
from engine.connectors.http.send.transport import HttpAnswer
from engine.connectors.zoho import BOOKS, CRM, ERP, PROJECTS
from engine.errors import EngineError, TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.connectors.http.kind import HttpType
    from engine.record import Kind

TYPES = {type_.name: type_ for type_ in (CRM, BOOKS, ERP, PROJECTS)}
ERRORS: dict[str, list[dict[str, Any]]] = yaml.safe_load((CASES / "errors.yaml").read_text(encoding="utf-8"))
EACH = [(name, case) for name, cases in ERRORS.items() for case in cases]
#: What a person must do something about, or must be told why nothing goes on.
NEED_ADVICE = ("hold", "stop", "later", "refresh")


def body_of(name: str, case: dict[str, Any]) -> dict[str, Any]:
    """An error as the product words it."""
    if name == PROJECTS.name:
        return {"error": {"title": case["code"], "details": [{"message": case["says"]}]}}
    return {"code": case["code"], "message": case["says"], "details": {}}


def judged(errors: Errors, name: str, case: dict[str, Any], what: What) -> Failure:
    """What an answer comes to: as a whole, or as one record's part of an answer that went well."""
    body = body_of(name, case)
    answer = HttpAnswer(status=case["status"], headers={}, body=body)
    failure = failure_of(errors, answer, what, str) if case["status"] // 100 != 2 else None
    return failure or refusal_of(errors, answer, body, what, str)


def kinds(case: dict[str, Any]) -> tuple[What, ...]:
    return tuple(case.get("request", get_args(What)))


@pytest.mark.parametrize(
    ("name", "case"), EACH, ids=[f"{name} {case['status']} {case['code']}" for name, case in EACH]
)
def test_an_error_is_understood_and_told_in_the_systems_words_with_what_to_do(
    name: str, case: dict[str, Any]
) -> None:
    errors = TYPES[name].description.errors
    for what in kinds(case):
        failure = judged(errors, name, case, what)
        assert failure.next == case["next"], what
        assert (failure.code, failure.message) == (str(case["code"]), case["says"])
        assert failure.advice or failure.next not in NEED_ADVICE


@pytest.mark.parametrize("type_", TYPES.values(), ids=lambda type_: type_.name)
def test_every_line_of_an_error_table_decides_something(type_: HttpType) -> None:
    errors = type_.description.errors
    for line, rule in enumerate(errors.table):
        without = replace(errors, table=(*errors.table[:line], *errors.table[line + 1 :]))
        assert any(
            judged(errors, type_.name, case, what) != judged(without, type_.name, case, what)
            for case in ERRORS[type_.name]
            for what in kinds(case)
        ), rule


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as one:
        yield one


#: Status -> what becomes of a create, and of an update; an error ends the batch.
ENDS: dict[int, tuple[Any, Any]] = {
    400: ("refused", "refused"),
    401: (UserError, UserError),
    403: (UserError, UserError),
    404: ("refused", "gone"),
    409: ("refused", "refused"),
    410: ("refused", "gone"),
    412: ("stale", "stale"),
    413: ("refused", "refused"),
    422: ("refused", "refused"),
    429: (TemporaryError, TemporaryError),
    500: ("unknown", "unknown"),
    502: ("unknown", "unknown"),
    503: ("unknown", "unknown"),
    504: ("unknown", "unknown"),
}
STREAMS = {CRM.name: ("Accounts", "Account_Name"), BOOKS.name: ("contacts", "contact_name")}
STREAMS |= {ERP.name: ("contacts", "contact_name"), PROJECTS.name: ("projects", "name")}


def ended(at: Bench, type_: HttpType, kind: Kind) -> tuple[str, str, type[EngineError] | None]:
    """Outcome and words of the one receipt, and the kind of error that ended the batch."""
    stream, field = STREAMS[type_.name]
    tenant = {"organization": "20000000001"} if type_ is ERP else {}
    connector = at.open(type_, allow_assumed=True, **tenant)
    got, error = [], None
    try:
        for receipt in connector.write(stream, batch(kind, {"_id": "5", field: "Ann"})):
            got.append(receipt)  # noqa: PERF402  the list must hold what came before the error
    except EngineError as one:
        error = one
    connector.close()
    (receipt,) = got
    assert error is None or str(error.remedy)
    assert receipt.outcome != "refused" or receipt.remedy
    return receipt.outcome, receipt.message or "", type(error) if error else None


@pytest.mark.parametrize("type_", TYPES.values(), ids=lambda type_: type_.name)
@pytest.mark.parametrize("status", ENDS)
def test_a_status_ends_in_a_held_record_a_retry_or_a_stop(at: Bench, type_: HttpType, status: int) -> None:
    said = body_of(type_.name, {"code": 77, "says": "in its own words"})
    at.script.play(Said(status, said))
    kinds: tuple[Kind, Kind] = ("create", "update")
    for kind, wanted in zip(kinds, ENDS[status], strict=True):
        before = len(at.script.requests)
        outcome, words, error = ended(at, type_, kind)
        assert (error or outcome) == wanted
        assert error is None or outcome == "retry", "what was refused was not applied"
        assert "in its own words" in words
        repeated = len(at.script.requests) - before
        assert repeated == 1 or status in (401, 429), "only what was surely not applied goes again"


def test_half_a_character_in_the_words_of_a_system_can_be_stored_and_shown(at: Bench) -> None:
    said = b'{"code": "INVALID_DATA", "message": "no \\ud800", "details": {"api_name": "Na\\udfffme"}}'
    at.script.play(Said(400, said))
    _, words, _ = ended(at, CRM, "create")
    assert words == "no \\ud800 (field: Na\\udfffme)"
