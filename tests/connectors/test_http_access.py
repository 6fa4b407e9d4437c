"""Tokens, credentials, hosts, the rate budget; and that no text ever shows a secret."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from http_scripted import SECRET, TOKEN, Bench, Clock, HttpAnswer, Request, batch, bench, read, write
from hypothesis import given
from hypothesis import strategies as st

from engine.connectors.http.content.redact import Secrets
from engine.connectors.http.description.api import RateLimits
from engine.connectors.http.send.oauth_tokens import Tokens
from engine.connectors.http.send.rate_limit import RateLimiter
from engine.connectors.port import Surroundings
from engine.connectors.zoho import BOOKS, CRM
from engine.errors import EngineError, TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EMPTY = {"data": [], "info": {"more_records": False}}
EXPIRED = {"code": "INVALID_TOKEN", "message": "invalid oauth token", "details": {}, "status": "error"}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        made.script.play(HttpAnswer(body=EMPTY))
        yield made


def test_two_connectors_share_one_token_on_disk_that_only_its_owner_can_read(at: Bench) -> None:
    with at.crm() as one, at.crm() as other:
        read(one, "Accounts")
        read(other, "Accounts")
        assert (one.token_calls, other.token_calls) == (1, 0)
    (kept,) = at.folder.glob("token-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert SECRET["refresh_token"] not in kept.read_text()


def test_a_token_that_ends_between_two_pages_is_renewed_once_and_the_same_page_asked_again(at: Bench) -> None:
    more = {"data": [{"id": "1"}], "info": {"more_records": True, "next_page_token": "t"}}
    at.script.play(HttpAnswer(body=more), HttpAnswer(401, EXPIRED), HttpAnswer(body=EMPTY))
    with at.crm() as crm:
        assert [len(page) for page in read(crm, "Accounts")] == [1, 0]
        assert (crm.calls, crm.token_calls) == (5, 2)
    tokens = [request.headers["authorization"][-1] for request in at.script.requests]
    assert tokens == ["1", "1", "2"]
    assert [request.query.get("page_token") for request in at.script.requests] == [None, "t", "t"]


def test_a_token_that_another_process_has_renewed_meanwhile_is_taken_over(at: Bench) -> None:
    with at.crm() as one, at.crm() as other:
        read(one, "Accounts")
        read(other, "Accounts")
        at.script.play(
            HttpAnswer(401, EXPIRED), HttpAnswer(body=EMPTY), HttpAnswer(401, EXPIRED), HttpAnswer(body=EMPTY)
        )
        read(one, "Accounts")
        read(other, "Accounts")
        assert at.script.tokens == 2
        assert at.script.requests[-1].headers["authorization"].endswith(".2")


def test_a_create_refused_for_its_token_goes_again_once_and_then_stops(at: Bench) -> None:
    at.script.play(HttpAnswer(401, EXPIRED))
    with (
        at.crm() as crm,
        pytest.raises(UserError, match="could not create Accounts: invalid oauth token") as caught,
    ):
        write(crm, "Accounts", batch("create", {"Account_Name": "A"}))
    assert len(at.script.requests) == 2
    assert caught.value.remedy == "Grant access again and replace refresh_token."


def test_a_token_is_renewed_before_it_ends(at: Bench) -> None:
    with at.crm() as crm:
        read(crm, "Accounts")
        at.clock.now += 3550
        read(crm, "Accounts")
        assert crm.token_calls == 2


def test_no_more_tokens_are_asked_for_than_the_vendor_gives(at: Bench) -> None:
    with at.crm() as crm:
        for _ in range(9):
            crm._wire._tokens.refreshed(rejected=crm._wire._tokens.header())
            at.clock.now += 1
        with pytest.raises(TemporaryError, match="gives no more access tokens for") as caught:
            crm._wire._tokens.refreshed(rejected=crm._wire._tokens.header())
    assert at.script.tokens == 10
    assert caught.value.retry_after_s is not None
    assert 580 < caught.value.retry_after_s <= 600


REFUSALS: dict[str, tuple[HttpAnswer, type[EngineError], str]] = {
    "revoked": (
        HttpAnswer(200, {"error": "invalid_code"}),
        UserError,
        r"does not accept the credentials \(invalid_code\)",
    ),
    "client": (
        HttpAnswer(200, {"error": "invalid_client"}),
        UserError,
        r"does not accept the credentials \(invalid_client\)",
    ),
    "throttled": (
        HttpAnswer(400, {"error": "Access Denied", "error_description": "too many"}),
        TemporaryError,
        "no access token",
    ),
    "down": (
        HttpAnswer(503, b"<html>down"),
        TemporaryError,
        "token endpoint of zoho-crm cannot be used: status 503",
    ),
    "portal": (
        HttpAnswer(200, b"<html>Sign in to the hotel network"),
        TemporaryError,
        "a web page instead of JSON",
    ),
    "odd": (HttpAnswer(200, {"access_token": "x\ny"}), UserError, "does not accept the credentials"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_grant_is_said_in_a_sentence_with_what_to_do(at: Bench, name: str) -> None:
    answer, kind, says = REFUSALS[name]
    at.script.token = lambda: answer
    with at.crm() as crm, pytest.raises(kind, match=says) as caught:
        read(crm, "Accounts")
    assert caught.value.remedy
    assert at.script.requests == []


def test_a_folder_that_cannot_keep_the_token_is_named(at: Bench) -> None:
    with at.crm() as crm:
        tokens = crm._wire._tokens
        assert isinstance(tokens, Tokens)
        tokens._file = at.folder / "not-there" / "token.json"
        with pytest.raises(UserError, match=r"access token cannot be kept in .*not-there: No such file"):
            read(crm, "Accounts")


WRONG: dict[str, tuple[Any, str]] = {
    "not json": ("1000.abc", "are not a JSON object"),
    "a list": ("[1]", "are not a JSON object"),
    "a key is missing": ({**SECRET, "refresh_token": ""}, "lack a usable `refresh_token`"),
    "a line end": (
        {**SECRET, "client_secret": SECRET["client_secret"] + "\n"},
        "lack a usable `client_secret`",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_credentials_of_a_wrong_shape_are_named_by_key_and_never_shown(at: Bench, name: str) -> None:
    credentials, says = WRONG[name]
    with pytest.raises(UserError, match=says) as caught:
        at.open(CRM, credentials=credentials)
    assert "1000.abc" not in caught.value.message
    assert "canary" not in f"{caught.value.message} {caught.value.remedy}"


def test_credentials_may_come_as_json_text(at: Bench) -> None:
    with at.crm(credentials=json.dumps(SECRET)) as crm:
        read(crm, "Accounts")
    assert at.script.tokens == 1


def test_settings_that_are_missing_or_unknown_are_named(at: Bench) -> None:
    with pytest.raises(UserError, match="settings of zoho-books lack `organization`"):
        at.open(BOOKS, organization="")
    with pytest.raises(UserError, match="settings of zoho-crm have no key `organisation`"):
        at.open(CRM, organisation="1")
    with pytest.raises(UserError, match="`organization` of zoho-books is no identity"):
        at.open(BOOKS, organization="1&x=2")
    with pytest.raises(UserError, match="no data centre `mars`"):
        at.open(CRM, data_centre="mars")


FOREIGN = [
    "http://169.254.169.254", "https://www.zohoapis.com@evil.test", "http://2130706433", "http://0x7f.1",
    "http://[64:ff9b::7f00:1]", "https://evil.test", "http://www.zohoapis.com", "https://www.zohoapis.com/x", "http://127.0.0.1:80",
]  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("key", ["host", "accounts_host"])
def test_a_spec_cannot_choose_where_credentials_go(tmp_path: Path, host: str, key: str) -> None:
    around = Surroundings(folder=tmp_path, clock=lambda: 0.0, sleep=lambda _: None)
    with pytest.raises(UserError, match="may not call the host"):
        CRM.open({"credentials": SECRET, key: host}, around)


def test_the_sandbox_never_calls_a_real_host(tmp_path: Path) -> None:
    around = Surroundings(folder=tmp_path, clock=lambda: 0.0, sleep=lambda _: None, sandbox=True)
    with pytest.raises(UserError, match="the sandbox is on this machine only"):
        CRM.open({"credentials": SECRET}, around)


def test_requests_keep_to_the_minute_and_say_so_when_they_wait(tmp_path: Path) -> None:
    clock, events = Clock(), list[Any]()
    around = Surroundings(folder=tmp_path, clock=clock.time, sleep=clock.sleep, emit=events.append)
    limits = RateLimits(per_minute=100, limit="X-Limit", remaining="X-Left", reset_s="X-Reset")
    pace, sent = RateLimiter(limits, around, "books"), list[float]()
    for _ in range(350):
        pace.await_turn()
        sent.append(clock.now)
        clock.now += 0.01
    assert all(later - first >= 60 for first, later in zip(sent, sent[100:], strict=False))
    assert 180 <= sent[-1] - sent[0] < 190
    assert [event.system for event in events] == ["books"] * 3

    pace.learn({"x-limit": "500", "x-left": "0", "x-reset": "20"})
    closed = clock.now
    pace.await_turn()
    assert clock.now - closed == pytest.approx(20)
    assert pace.budget().per_minute == 500


def test_spent_credits_end_the_run_instead_of_being_asked_for(at: Bench) -> None:
    at.script.play(HttpAnswer(body=EMPTY, headers={"X-API-CREDITS-REMAINING": "0"}))
    with at.crm() as crm:
        read(crm, "Accounts")
        with pytest.raises(TemporaryError, match="API credits of zoho-crm are used up"):
            read(crm, "Accounts")
    assert len(at.script.requests) == 1


def test_a_wish_to_wait_holds_for_every_request_and_not_only_for_the_one_that_was_told(at: Bench) -> None:
    refusal = HttpAnswer(429, {"code": 44, "message": "slow down"}, {"Retry-After": "30"})
    at.script.play(
        refusal, HttpAnswer(body={"code": 0, "contacts": [], "page_context": {"has_more_page": False}})
    )
    others: list[float] = []
    with at.books() as books:
        at.clock.on_sleep = lambda: others.append(books._wire.pace._reserve("another request"))
        read(books, "contacts")
    assert others[0] == pytest.approx(30)
    assert len(at.script.requests) == 2


def test_a_read_is_patient_with_a_system_that_fails_for_a_while(at: Bench) -> None:
    at.script.play(
        HttpAnswer(503),
        HttpAnswer(429, {"code": "TOO_MANY_REQUESTS"}),
        HttpAnswer(500),
        HttpAnswer(body=EMPTY),
    )
    with at.crm() as crm:
        assert read(crm, "Accounts")[-1].complete
    assert len(at.script.requests) == 4
    assert max(at.clock.slept) >= 5  # the 429 has a floor


def test_a_system_that_never_stops_asking_for_patience_ends_the_run(at: Bench) -> None:
    at.script.play(HttpAnswer(429, {"code": "TOO_MANY_REQUESTS", "message": "slow"}))
    with at.crm() as crm, pytest.raises(TemporaryError, match="could not list Accounts: slow"):
        read(crm, "Accounts")
    assert sum(at.clock.slept) <= 300


def shown(secret: str) -> set[str]:
    raw = secret.encode()
    return {secret, quote(secret, safe=""), quote_plus(secret), base64.b64encode(raw).decode().rstrip("=")}


CANARIES = {
    form
    for value in (SECRET["client_secret"], SECRET["refresh_token"], f"{TOKEN}.1")
    for form in shown(value)
}


def echoing(request: Request) -> str:
    """What a careless system would send back: everything it was told."""
    return f"{request.headers.get('authorization', '')} {request.body.decode()} {sorted(CANARIES)}"


CARELESS: dict[str, Callable[[Request], HttpAnswer]] = {
    "refusal": lambda request: HttpAnswer(400, {"code": "BAD", "message": echoing(request)}),
    "forbidden": lambda request: HttpAnswer(403, {"code": echoing(request), "message": echoing(request)}),
    "redirect": lambda _: HttpAnswer(302, headers={"location": f"https://{TOKEN}.1.test/{quote(TOKEN)}.1"}),
    "html": lambda request: HttpAnswer(500, b"<html>" + echoing(request).encode()),
    "torn": lambda request: HttpAnswer(200, {"data": echoing(request)}, cut=20),
}


@pytest.mark.parametrize("name", CARELESS)
def test_no_message_log_or_traceback_shows_a_secret(
    at: Bench, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    at.script.answer = CARELESS[name]
    seen: list[str] = []
    with at.crm() as crm:
        for act in (
            lambda: read(crm, "Accounts"),
            lambda: write(crm, "Accounts", batch("create", {"Account_Name": "A"})),
        ):
            try:
                seen.append(repr(act()))
            except EngineError as error:
                seen += [error.message, str(error.remedy), "".join(traceback.format_exception(error))]
                seen.append(repr(error.__context__))
        seen += [repr(crm), repr(crm._account)]
    seen += [repr(at.events), caplog.text, *capfd.readouterr()]
    assert len(seen) > 6
    for canary in CANARIES:
        assert not any(canary in text for text in seen), canary


def test_a_grant_that_is_refused_with_an_echo_of_itself_is_not_shown(at: Bench) -> None:
    at.script.token = lambda: HttpAnswer(400, {"error": str(sorted(CANARIES))})
    with at.crm() as crm, pytest.raises(UserError) as caught:
        read(crm, "Accounts")
    assert not any(canary in caught.value.message for canary in CANARIES - shown(f"{TOKEN}.1"))


@given(
    secret=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=8, max_size=40),
    lead=st.text(max_size=5),
)
def test_a_secret_is_hidden_in_every_form_it_can_take(secret: str, lead: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    forms = [secret, quote(secret, safe=""), quote_plus(secret), base64.b64encode(secret.encode()).decode()]
    text = f"{lead} {' | '.join(forms)}"
    assert not any(form in secrets.hide(text) for form in forms)
