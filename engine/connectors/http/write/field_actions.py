"""Field actions: fields that no write takes and a request of its own sets, such as the status of a document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.connectors.http.content.fill_templates import fill_path
from engine.connectors.http.send.request import ApiRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.http.description.calls import StreamCalls
    from engine.connectors.http.send.answer_meaning import Failure
    from engine.connectors.http.send.client import ApiClient
    from engine.record import Operation


class FieldActions:
    """The actions of one stream."""

    def __init__(self, wire: ApiClient, calls: StreamCalls, stream: str) -> None:
        self._wire = wire
        self._actions = calls.actions
        self._base = calls.base
        self._stream = stream

    def unsettable(self, operation: Operation) -> tuple[str, str] | None:
        """A message and a remedy for a value that no action sets; None = there is none."""
        for name, action in self._actions.items():
            value = operation.values.get(name)
            if name not in operation.values or str(value) in action.values or self._is_given(operation, name):
                continue
            return (
                f"`{name}` of `{self._stream}` cannot be set to `{value}`.",
                f"It can be set to: {', '.join(action.values)}.",
            )
        return None

    def _is_given(self, operation: Operation, name: str) -> bool:
        """A new record that has no value yet, or the one that every new record has, keeps what the system gives it."""
        value = operation.values.get(name)
        return operation.kind == "create" and value in (None, "", self._actions[name].new)

    def split(self, operation: Operation) -> tuple[Operation, Mapping[str, str]]:
        """What a write carries, and the fields that actions set after it."""
        plain = {name: value for name, value in operation.values.items() if name not in self._actions}
        wanted = {
            name: str(operation.values[name])
            for name in self._actions
            if operation.values.get(name) not in (None, "") and not self._is_given(operation, name)
        }
        return replace(operation, values=plain), wanted

    def act(self, name: str, value: str, words: Mapping[str, str]) -> Failure | None:
        """Set one field; None = done. Raises for credentials and quotas only.

        What a value is only reached through is set first. If the system refuses that, the record may have been there
        already: what counts is its answer to the value itself.
        """
        before = self._actions[name].through.get(value)
        first = self._ask(name, before, words) if before is not None else None
        # An unknown outcome of the first step must not be followed by another request.
        return first if first is not None and first.next != "hold" else self._ask(name, value, words)

    def _ask(self, name: str, value: str, words: Mapping[str, str]) -> Failure | None:
        action = self._actions[name]
        call = ApiRequest(
            what="update",
            about=f"set `{name}` of {self._stream}",
            method=action.method,
            path=fill_path(action.path, {**words, "value": action.values[value]}),
            base=self._base,
            pattern=action.path,
        )
        return self._wire.send(call).failure
