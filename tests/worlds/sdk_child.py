"""The vendor's own SDK against the sandbox, in a process of its own: it keeps its state in globals and files beside it.

Called with one JSON object: `url` and `credentials`. Prints one JSON object: what each step brought.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.record import (
    ActionWrapper,
    BodyWrapper,
    DeleteRecordsParam,
    Field,
    GetRecordsParam,
    Record,
    RecordOperations,
)
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.util import Choice


def start(url: str, credentials: dict[str, str]) -> None:
    """Point the SDK at the sandbox: it takes any pair of addresses for an environment."""
    Initializer.initialize(
        environment=DataCenter.Environment(url, f"{url}/oauth/v2/token", url),
        token=OAuthToken(**credentials, find_user=False),
        store=FileStore(str(Path("tokens.txt"))),
        sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=True),
        resource_path=str(Path.cwd()),
    )


def operations() -> RecordOperations:
    """Calls about accounts."""
    return RecordOperations("Accounts")


def account(**values: Any) -> Record:
    """An account with these values, by the SDK's own names where it has them."""
    record = Record()
    for name, value in values.items():
        if name == "id":
            record.set_id(int(value))
        else:
            record.add_key_value(name, value)
    return record


def body(*records: Record, unique: list[str] | None = None) -> BodyWrapper:
    """What is sent."""
    wrapper = BodyWrapper()
    wrapper.set_data(list(records))
    wrapper.set_trigger([])
    if unique:
        wrapper.set_duplicate_check_fields(unique)
    return wrapper


def told(response: Any) -> list[dict[str, Any]]:
    """The status of the answer, and of each record what the SDK understood."""
    wrapper = response.get_object()
    shown: list[dict[str, Any]] = [{"http": response.get_status_code(), "kind": type(wrapper).__name__}]
    for one in wrapper.get_data() if isinstance(wrapper, ActionWrapper) else [wrapper]:
        details = one.get_details() or {}
        action = getattr(one, "get_action", lambda: None)()
        shown.append(
            {
                "status": one.get_status().get_value(),
                "code": one.get_code().get_value(),
                "id": str(details.get("id", "")),
                "action": None if action is None else action.get_value(),
                "details": sorted(details),
            }
        )
    return shown


def listed(name: str | None = None) -> dict[str, Any]:
    """Every account, page by page, as the SDK delivers them."""
    found: list[Record] = []
    token, pages = None, 0
    while True:
        params = ParameterMap()
        params.add(
            GetRecordsParam.fields, "Account_Name,Phone,Employees,Annual_Revenue,Parent_Account,Owner,Rating"
        )
        params.add(GetRecordsParam.per_page, 100)
        if token is not None:
            params.add(GetRecordsParam.page_token, token)
        answer = operations().get_records(params, HeaderMap()).get_object()
        found += answer.get_data()
        pages += 1
        token = answer.get_info().get_next_page_token()
        if not answer.get_info().get_more_records():
            break
    chosen = [one for one in found if name is None or one.get_key_value("Account_Name") == name]
    first = str(found[0].get_id())
    return {
        "pages": pages,
        "count": len(found),
        "first": first,
        "found": list(map(plain, chosen)) if name else [],
    }


def plain(record: Record) -> dict[str, Any]:
    """Values of a record with the types that the SDK gave them."""
    values = record.get_key_values()
    parent = values.get("Parent_Account")
    names = ("Account_Name", "Phone", "Employees", "Annual_Revenue", "Rating", "Modified_Time")
    shown = {name: [type(values.get(name)).__name__, str(_plain(values.get(name)))] for name in names}
    return {"id": str(record.get_id()), "parent": parent and str(parent.get_id()), **shown}


def _plain(value: Any) -> Any:
    return value.get_value() if hasattr(value, "get_value") else value


def steps() -> dict[str, Any]:
    """List, insert, upsert, update, read one, delete, and what is refused."""
    name = Field.Accounts.account_name().get_api_name()
    done: dict[str, Any] = {"listed": listed()}
    parent = account(id=done["listed"]["first"])
    first = account(
        **{name: "Nordlicht Werft GmbH", "Employees": 12, "Annual_Revenue": 1250000.5},
        Rating=Choice("Active"),
        Parent_Account=parent,
    )
    done["insert"] = told(operations().create_records(body(first), HeaderMap()))
    id_ = done["insert"][1]["id"]
    again = account(**{name: "Nordlicht Werft GmbH", "Phone": "+49 40 1"})
    fresh = account(**{name: "Nordlicht Segel GmbH"})
    done["upsert"] = told(operations().upsert_records(body(again, fresh, unique=[name]), HeaderMap()))
    done["update"] = told(operations().update_records(body(account(id=id_, Employees=13)), HeaderMap()))
    done["one"] = [
        plain(one)
        for one in operations().get_record(int(id_), ParameterMap(), HeaderMap()).get_object().get_data()
    ]
    done["mixed"] = told(
        operations().create_records(
            body(account(**{name: "x" * 300}), account(**{name: "Nordlicht Takelage"})), HeaderMap()
        )
    )
    done["unknown"] = told(operations().update_records(body(account(id="1", Employees=1)), HeaderMap()))
    gone = ParameterMap()
    gone.add(DeleteRecordsParam.ids, ",".join([id_, done["upsert"][2]["id"]]))
    gone.add(DeleteRecordsParam.wf_trigger, False)  # noqa: FBT003  the SDK takes it so
    done["delete"] = told(operations().delete_records(gone))
    done["after"] = listed("Nordlicht Werft GmbH")
    return done


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    start(asked["url"], asked["credentials"])
    sys.stdout.write(json.dumps(steps()))
