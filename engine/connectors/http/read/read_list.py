"""Read list: every page of one list, and one record by its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.connectors.http.content.fill_templates import fill_params, fill_path
from engine.connectors.http.content.json_body import UnreadableError, pick, pick_rows
from engine.connectors.http.description.calls import GetCalls, ListCalls, SavedView
from engine.connectors.http.read.paging import PageCursor
from engine.connectors.http.send.request import ApiReply, ApiRequest
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from engine.connectors.http.read.learned import Row
    from engine.connectors.http.send.client import ApiClient


class ListReader:
    """Reads lists and single records of one stream."""

    def __init__(
        self, wire: ApiClient, stream: str, words: Mapping[str, str], *, base: str | None = None
    ) -> None:
        self.wire = wire
        self.stream = stream
        self.base = base
        self._words = {**words, "stream": stream}

    def filled(self, text: str) -> str:
        """A text with the settings that it names."""
        return fill_params({"": text}, self._words)[""]

    def params(self, listing: ListCalls) -> dict[str, str]:
        """The parameters that every page of a list carries."""
        return fill_params(listing.params, self._words)

    def call(
        self,
        listing: ListCalls,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        above: Mapping[str, str] | None = None,
        what: str = "list",
    ) -> ApiRequest:
        """The request for one page."""
        return ApiRequest(
            what="read",
            about=f"{what} {self.stream}",
            method="GET",
            path=fill_path(listing.path, {**self._words, **(above or {})}),
            base=self.base,
            pattern=listing.path,
            params=params,
            headers=headers,
            credits=page_credits(listing, viewed=listing.view is not None and listing.view.param in params),
        )

    def walk(
        self,
        listing: ListCalls,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        above: Mapping[str, str] | None = None,
        what: str = "list",
    ) -> Iterator[tuple[list[Row], PageCursor | None]]:
        """Pages of rows; None beside the last one. Ends early when the list reaches no further.

        A list below a parent that is gone has no rows. Raises UserError and TemporaryError.
        """
        about = f"{what} {self.stream}"
        walk = PageCursor(listing.paging, f"{self.wire.name}: {about}")
        place: dict[str, str] | None = walk.first()
        while place is not None:
            call = self.call(listing, {**params, **place}, headers, above=above, what=what)
            reply = self.wire.ask(call)
            if reply.failure is not None and above is not None:
                yield [], None
                return
            rows = self._rows(reply, self.filled(listing.rows), about)
            fresh = walk.taken(rows)
            place = walk.after(reply.body, rows, reply.answer.headers if reply.answer else None)
            yield fresh, None if place is None else walk
            if walk.is_full:
                return

    def _rows(self, reply: ApiReply, path: str, about: str) -> list[Row]:
        if reply.failure is not None:
            raise UserError(
                f"{self.wire.name} could not {about}: {reply.failure.message} ({reply.failure.code}).",
                remedy=reply.failure.advice,
            )
        try:
            return pick_rows(path, reply.body)
        except UnreadableError as error:
            raise TemporaryError(
                f"{self.wire.name} could not {about}: it answered with {error}.",
                remedy="Run again; if it stays, the system does not answer as its connector file says.",
            ) from None

    def one(self, getting: GetCalls, id_: str, *, above: Mapping[str, str] | None = None) -> Row | None:
        """One record in full; None = it does not exist. Raises UserError and TemporaryError."""
        words = {**self._words, **(above or {}), "id": id_}
        call = ApiRequest(
            what="read",
            about=f"read one record of {self.stream}",
            method="GET",
            path=fill_path(getting.path, words),
            base=self.base,
            pattern=getting.path,
            params=fill_params(getting.params, words),
        )
        reply = self.wire.ask(call)
        row: Any = None if reply.failure is not None else pick(getting.row, reply.body)
        return row if isinstance(row, Mapping) else None

    def view_id(self, view: SavedView, name: str) -> str:
        """The id of a saved view, by any of its names. Raises UserError with the names that exist."""
        lookup = ListCalls(path=view.path, rows=view.rows, params=view.params, paging=view.paging)
        found: dict[str, str] = {}
        for rows, _ in self.walk(lookup, self.params(lookup), {}, what="list the views of"):
            for row in rows:
                found.update(
                    {str(row[key]): str(row[view.id]) for key in reversed(view.names) if row.get(key)}
                )
        if name not in found:
            raise UserError(
                f"{self.wire.name} has no view `{name}` of `{self.stream}`.",
                remedy=f"There are: {', '.join(sorted(found)[:20])}.",
            )
        return found[name]


def page_credits(listing: ListCalls, *, viewed: bool) -> int:
    """What a page of a list costs; `viewed` = it is limited to a saved view."""
    return listing.view.credits if listing.view is not None and viewed else listing.credits
