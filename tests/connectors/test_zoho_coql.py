"""Nothing that a system or a catalog says can change what a query of ours asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.connectors.http.read.query_language import RecordQuery, can_ask
from engine.connectors.zoho import CRM
from engine.connectors.zoho.coql import Coql, read_on
from engine.testing.samples import DOUBTFUL_TEXTS, ODD_TEXTS

HOSTILE = (
    *ODD_TEXTS,
    *DOUBTFUL_TEXTS,
    "\\",
    "\\'",
    "a\\\\' or 1=1",
    "''",
    "-- ",
    "/* */",
    "x') or (id != '0",
)


def question(since: str, after_id: str | None) -> RecordQuery:
    return RecordQuery(
        stream="Accounts",
        columns=("id", "Modified_Time"),
        modified="Modified_Time",
        id="id",
        since=since,
        after_id=after_id,
        limit=2_000,
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_a_value_in_a_query_stays_one_literal_and_the_query_what_it_was(text: str) -> None:
    harmless = Coql().tokenize(read_on(question("X", "X")))
    tokens = Coql().tokenize(read_on(question(text, text)))
    assert [one.token_type for one in tokens] == [one.token_type for one in harmless]
    assert {one.text for one in tokens if one.token_type.name == "STRING"} == {text}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_a_word_that_is_looked_for_stays_one_literal(text: str) -> None:
    fields = ("First_Name", "Last_Name")
    harmless, asked = (
        Coql().tokenize(read_on(replace(question("X", None), contains=(fields, (word,)))))
        for word in ("X", text)
    )
    assert [one.token_type for one in asked] == [one.token_type for one in harmless]
    assert {one.text for one in asked if one.token_type.name == "STRING"} == {"X", f"%{text}%"}


@pytest.mark.parametrize("name", ["Accounts where id > 0 --", "Users;", "a b", "a'b", ""])
def test_a_name_that_is_more_than_a_name_is_never_put_into_a_query(name: str) -> None:
    accounts = CRM.describe({}).streams["Accounts"]
    calls = CRM.description.streams["Accounts"]
    assert calls.list is not None
    assert can_ask(calls.list.query, accounts, ("id", "Account_Name"))
    assert not can_ask(calls.list.query, replace(accounts, name=name), ("id", "Account_Name"))
    field = replace(accounts.fields["Account_Name"], name=name)
    odd = replace(accounts, fields={**accounts.fields, name: field})
    assert not can_ask(calls.list.query, odd, ("id", name))
