"""The open connection to a system that a connector file describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.http.body import pick_rows
from engine.connectors.http.reading import Reading, needs_detail, pages_of
from engine.connectors.http.wire import Call, Wire
from engine.connectors.http.writing import Batches
from engine.connectors.port import Batch, Budget, Forecast, Page, ReadRequest, Surroundings
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.catalog import Catalog, Stream
    from engine.connectors.http.account import Account
    from engine.connectors.http.description import Check, Description, StreamCalls, Writing
    from engine.record import Kind, Receipt


class HttpConnector:
    """Implements the port for one account. Not shared between threads; it starts its own for writing."""

    def __init__(
        self, description: Description, catalog: Catalog, account: Account, surroundings: Surroundings
    ) -> None:
        self._description = description
        self._catalog = catalog
        self._account = account
        self._wire = Wire(description, account, surroundings)

    def catalog(self) -> Catalog:
        """The streams as the catalog file lists them; fields of an account's own are not asked for."""
        return self._catalog

    def check(self) -> str:
        """Whom the credentials open, such as `Nordwind GmbH (20000000001)`.

        Raises:
            UserError: the credentials are not accepted, or do not open the account that the settings name.
            TemporaryError: the system does not answer now.
        """
        check = self._description.check
        if check is None:
            raise UserError(f"{self._wire.name} has no way to tell whom it is connected to.")
        call = Call(what="read", about="tell whom we are connected to", method="GET", path=check.path)
        accounts = pick_rows(check.rows, self._wire.ask(call).body)
        chosen = self._chosen(check, accounts)
        return f"{chosen.get(check.name)} ({chosen.get(check.id)})"

    def _chosen(self, check: Check, accounts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        wanted = self._account.words.get(check.setting) if check.setting else None
        for account in accounts:
            if wanted is None or str(account.get(check.id)) == wanted:
                return account
        known = ", ".join(f"{account.get(check.id)} ({account.get(check.name)})" for account in accounts)
        raise UserError(
            f"The credentials of {self._wire.name} do not open the `{check.setting}` that the settings name.",
            remedy=f"They open: {known or 'nothing at all'}.",
        )

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of records as the API shows them, custom fields at the top. The last page is complete.

        Raises:
            UserError: the stream, a view or a field cannot be read.
            TemporaryError: the system does not work now, or does not page as it should.
        """
        stream, calls = self._known(request.stream)
        custom, words = self._description.custom_fields, self._account.words
        yield from Reading(self._wire, stream, calls, request, custom=custom, words=words).pages()

    def write(self, stream: str, batch: Batch) -> Iterator[Receipt]:
        """Write a batch; receipts come as answers arrive.

        A request that may have been applied is never repeated: its records get the outcome `unknown`.

        Raises:
            UserError: the stream cannot be written; or, after every receipt, nothing further works.
            TemporaryError: after every receipt, nothing further works now.
        """
        known, calls = self._known(stream)
        operations = list(batch.operations())
        self._refuse_guesses(known, self._writing(known, calls, batch.kind), operations)
        batches = Batches(self._wire, self._description, known, kind=batch.kind, words=self._account.words)
        return batches.write(operations)

    def budget(self) -> Budget:
        """The rate as the file says, or as the system's answers have told since."""
        return self._wire.pace.budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """Requests that `read` would send, those for access tokens left out."""
        stream, calls = self._known(request.stream)
        if request.ids is not None:
            size = calls.list.ids.at_most if calls.list and calls.list.ids else 1
            return Forecast(calls=-(-len(request.ids) // size), method=f"by id, {size} a request")
        if calls.list is None:
            raise UserError(f"{self._wire.name} cannot list `{request.stream}`.")
        lookups = 1 if request.view is not None else 0
        pages = pages_of(records, calls.list.paging)
        method = f"list, {calls.list.paging.at_most} a page"
        if not needs_detail(request, stream, calls):
            return Forecast(calls=lookups + pages, method=method)
        return Forecast(
            calls=lookups + pages + (records or 0), method=f"{method}, and one request a record for details"
        )

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """Requests that `write` would send if nothing is refused as a whole."""
        known, calls = self._known(stream)
        size = self._writing(known, calls, kind).batch
        return Forecast(calls=-(-records // size), method=f"{kind}, {size} a request")

    @property
    def calls(self) -> int:
        """Requests sent since this connector was opened, those for access tokens included."""
        return self._wire.calls

    @property
    def token_calls(self) -> int:
        """Those of `calls` that asked for an access token."""
        return self._wire.token_calls

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    def _known(self, name: str) -> tuple[Stream, StreamCalls]:
        stream, calls = self._catalog.streams.get(name), self._description.streams.get(name)
        if stream is None:
            raise UserError(f"{self._wire.name} has no stream `{name}`.")
        if calls is None:
            raise UserError(
                f"`{name}` of {self._wire.name} is known but cannot be reached yet.",
                remedy=f"Reachable are: {', '.join(self._description.streams) or 'none of its streams'}.",
            )
        return stream, calls

    def _writing(self, stream: Stream, calls: StreamCalls, kind: Kind) -> Writing:
        writing: Writing | None = getattr(calls, kind)
        if writing is None:
            raise UserError(f"{self._wire.name} cannot {kind} `{stream.name}`.")
        return writing

    def _refuse_guesses(self, stream: Stream, writing: Writing, operations: Iterable[Any]) -> None:
        """No write to a real host whose shape no source confirms, unless the settings allow it."""
        if self._account.sandbox or self._account.allow_assumed:
            return
        names = {name for operation in operations for name in operation.values}
        known = (stream.fields.get(name) for name in sorted(names))
        guessed = [field.name for field in known if field is not None and field.source == "assumed"]
        if writing.source != "assumed" and not guessed:
            return
        what = f"The field `{guessed[0]}` of `{stream.name}`" if guessed else f"Writing to `{stream.name}`"
        raise UserError(
            f"{what} is assumed and confirmed by no description of {self._wire.name}.",
            remedy="Try it on a test account; then write `allow_assumed: true` under `with:`.",
        )
