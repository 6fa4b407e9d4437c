"""The open connection to a system that a connector file describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from engine.connectors.http.content.json_body import pick_rows
from engine.connectors.http.description.account_fields import observed, other_streams, with_others
from engine.connectors.http.description.calls import ListCalls
from engine.connectors.http.forecast import forecast_ids, forecast_list, forecast_writes
from engine.connectors.http.read.learned import Learned
from engine.connectors.http.read.parents import Parents
from engine.connectors.http.read.read_list import ListReader
from engine.connectors.http.read.read_stream import StreamReader
from engine.connectors.http.send.client import ApiClient
from engine.connectors.http.send.private_file import PrivateFile, file_for
from engine.connectors.http.send.request import ApiRequest
from engine.connectors.http.write.write_batches import BatchWriter
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from engine.catalog import Catalog, Stream
    from engine.connectors.http.description.api import AccountCheck, Description
    from engine.connectors.http.description.calls import StreamCalls, WriteCalls
    from engine.connectors.http.read.query_language import RecordQuery
    from engine.connectors.http.send.settings import Account
    from engine.connectors.port import Batch, Budget, Forecast, Page, ReadRequest, Surroundings
    from engine.record import Kind, Receipt


class HttpConnector:
    """Implements the port for one account. Not shared between threads; it starts its own for writing."""

    def __init__(
        self,
        description: Description,
        catalog: Catalog,
        account: Account,
        surroundings: Surroundings,
        *,
        build: Callable[[RecordQuery], str] | None = None,
    ) -> None:
        description = with_others(description, catalog)
        self._description = description
        self._build = build
        self._catalog = catalog
        self._account = account
        self._wire = ApiClient(description, account, surroundings)
        self._around = surroundings
        words = account.words
        probes = file_for(surroundings.folder, "probes", account.hosts["api"], *sorted(words.values()))
        self._learned = Learned(kept=PrivateFile(probes, f"what is known of {self._wire.name}"))
        self._ways: dict[str, None] = {}
        self._families = Parents(self._wire, description, catalog, self._learned, words, now=self._now)

    def catalog(self) -> Catalog:
        """The streams as the catalog file lists them, or as they were observed when the spec was compiled."""
        return self._catalog

    def demands(self, stream: str) -> str:
        """What the connector file says; what the system itself demands is in the catalog, as it was pulled."""
        del stream
        return self._description.digest

    def observe(self, streams: Iterable[str]) -> Catalog:
        """Those of the streams that the system tells something about, as the account has them.

        Raises:
            UserError: the account may not see a stream.
            TemporaryError: the system does not answer now.
        """
        wanted = list(streams)
        strange = set(wanted) - set(self._catalog.streams)
        known = {**(self._others() if strange else {}), **self._catalog.streams}
        seen = [self._observed(known[name]) for name in wanted if name in known]
        return replace(self._catalog, streams={one.name: one for one in seen if one is not None})

    def _others(self) -> dict[str, Stream]:
        """Streams that the account made itself."""
        told = self._description.others
        if told is None:
            return {}
        asked = ListCalls(path=told.path, rows=told.rows, params=told.params, paging=told.paging)
        rows = self._rows(ListReader(self._wire, "its own", self._account.words), asked)
        return other_streams(rows, self._catalog.streams[told.like])

    def _observed(self, stream: Stream) -> Stream | None:
        others = self._description.others
        calls = self._description.streams.get(stream.name)
        if calls is None and others is not None and stream.source == "observed":
            calls = self._description.streams[others.like]
        told = calls.metadata if calls else None
        if calls is None or told is None:
            return None
        asked = ListCalls(path=told.path, rows=told.rows, params=told.params, paging=told.paging)
        rows = self._rows(ListReader(self._wire, stream.name, self._account.words, base=calls.base), asked)
        if not rows and told.covers == "all":
            raise UserError(f"{self._wire.name} tells no field of `{stream.name}`.")
        custom = self._description.custom_fields
        return observed(stream, rows, told, custom.prefix if custom else None)

    def _rows(self, walker: ListReader, asked: ListCalls) -> list[Mapping[str, Any]]:
        pages = walker.walk(asked, walker.params(asked), {}, what="ask for the fields of")
        return [row for page, _ in pages for row in page]

    def check(self) -> str:
        """Whom the credentials open, such as `Nordwind GmbH (20000000001)`.

        Raises:
            UserError: the credentials are not accepted, or do not open the account that the settings name.
            TemporaryError: the system does not answer now.
        """
        check = self._description.check
        if check is None:
            raise UserError(f"{self._wire.name} has no way to tell whom it is connected to.")
        call = ApiRequest(
            what="read", about="tell whom we are connected to", method="GET", path=check.path, base=check.base
        )
        accounts = pick_rows(check.rows, self._wire.ask(call).body)
        chosen = self._chosen(check, accounts)
        return f"{chosen.get(check.name)} ({chosen.get(check.id)})"

    def _chosen(self, check: AccountCheck, accounts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
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
        reading = StreamReader(
            ListReader(self._wire, stream.name, self._account.words, base=calls.base),
            stream,
            calls,
            request,
            custom=self._description.custom_fields,
            families=self._families,
            learned=self._learned,
            now=self._now,
            build=self._build,
        )
        delivered = 0
        for page in reading.pages():
            delivered += len(page)
            yield page
        if request.ids is None:
            way = self.forecast_read(request, delivered).method
            self._ways[f"read {delivered} {stream.name}: {way}"] = None

    def write(self, stream: str, batch: Batch) -> Iterator[Receipt]:
        """Write a batch; receipts come as answers arrive.

        A request that may have been applied is never repeated: its records get the outcome `unknown`.

        Raises:
            UserError: the stream cannot be written; or, after every receipt, nothing further works.
            TemporaryError: after every receipt, nothing further works now.
        """
        known, calls = self._known(stream)
        operations = list(batch.operations())
        writing = self._writing(known, calls, "upsert" if batch.unique else batch.kind)
        self._refuse_guesses(known, writing, operations)
        batches = BatchWriter(
            ListReader(self._wire, stream, self._account.words, base=calls.base),
            self._description,
            known,
            kind=batch.kind,
            unique=batch.unique,
            words=self._account.words,
            families=self._families,
            learned=self._learned,
        )
        return batches.write(operations)

    def budget(self) -> Budget:
        """The rate as the file says, or as the system's answers have told since."""
        return replace(self._wire.pace.budget(), per_day=self._account.per_day)

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """Requests that `read` would send, those for access tokens left out, and their credits."""
        counted = self._description.limits.credits
        stream, calls = self._known(request.stream)
        if request.ids is not None:
            return forecast_ids(request.ids, request, stream, calls).told(counted=counted)
        listing = calls.deleted if request.deleted else calls.list
        if listing is None:
            raise UserError(f"{self._wire.name} cannot list `{request.stream}`.")
        windows = listing.windows
        cost = forecast_list(
            request,
            stream,
            calls,
            records,
            learned=self._learned,
            now=self._now(),
            queries=self._build is not None,
            first=ListReader(self._wire, stream.name, self._account.words).filled(windows.first)
            if windows
            else "",
        )
        return cost.told(counted=counted)

    def forecast_write(self, stream: str, kind: Kind, records: int, fields: Sequence[str] = ()) -> Forecast:
        """Requests that `write` would send if nothing is refused as a whole.

        `fields` are those that every record sets; without them no field is taken to need an action of its own.
        """
        known, calls = self._known(stream)
        cost = forecast_writes(calls, kind, records, self._writing(known, calls, kind), fields)
        return cost.told(counted=self._description.limits.credits)

    def shows(self, stream: str, kind: Kind) -> bool:
        """Whether answers to this kind of write show the record."""
        known, calls = self._known(stream)
        return self._writing(known, calls, kind).receipts.record is not None

    @property
    def calls(self) -> int:
        """Requests sent since this connector was opened, those for access tokens included."""
        return self._wire.calls

    @property
    def credits(self) -> int | None:
        """What those requests have cost; None = the system counts no credits."""
        return self._wire.credits

    @property
    def ways(self) -> Sequence[str]:
        """How streams were read, and how many records came."""
        return tuple(self._ways)

    @property
    def token_calls(self) -> int:
        """Those of `calls` that asked for an access token."""
        return self._wire.token_calls

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._around.clock(), UTC)

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

    def _writing(self, stream: Stream, calls: StreamCalls, kind: Kind | Literal["upsert"]) -> WriteCalls:
        writing: WriteCalls | None = getattr(calls, kind)
        if writing is None:
            raise UserError(f"{self._wire.name} cannot {kind} `{stream.name}`.")
        return writing

    def _refuse_guesses(self, stream: Stream, writing: WriteCalls, operations: Iterable[Any]) -> None:
        """No write to a real host whose shape no source confirms, unless the settings allow it."""
        if self._account.sandbox or self._account.allow_assumed:
            return
        names = {name for operation in operations for name in operation.values}
        known = (stream.fields.get(name) for name in sorted(names))
        guessed = [field.name for field in known if field is not None and field.source == "assumed"]
        acts = self._description.streams[stream.name].actions
        guessed += [name for name in sorted(names) if name in acts and acts[name].source == "assumed"]
        if writing.source != "assumed" and not guessed:
            return
        what = f"The field `{guessed[0]}` of `{stream.name}`" if guessed else f"Writing to `{stream.name}`"
        raise UserError(
            f"{what} is assumed and confirmed by no description of {self._wire.name}.",
            remedy="Try it on a test account; then write `allow_assumed: true` under `with:`.",
        )
