"""A finance product of the sandbox: Books, or ERP, which is Books with a table of differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.sandbox.books.editions import EDITIONS, Edition
from engine.sandbox.server.refusals import BooksRefused
from engine.sandbox.server.site import Site, site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.books.collection import Collection
    from engine.sandbox.server.store import Query, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Finance:
    """One finance product of a sandbox, with its records."""

    site: Site
    edition: Edition

    @property
    def product(self) -> str:
        """Its name in the store."""
        return self.edition.product

    def at(self, path: str) -> Collection:
        """The collection at an address. Raises BooksRefused if there is none."""
        for shape in self.edition.collections.values():
            if shape.path == path:
                return shape
        raise BooksRefused(404, 5, "Invalid URL Passed")

    def rows(self, module: str, query: Query) -> list[Row]:
        """The records that a query asks for."""
        return self.site.store.rows(self.product, module, query)

    def get(self, module: str, id_: str) -> Row | None:
        """A living record; None = there is none of that id."""
        return self.site.store.get(self.product, module, id_)

    def new_id(self) -> str:
        """The next id of the organisation."""
        return self.site.store.next_id(self.product, self.edition.first_id)

    def sums(self, sql: str, *args: Any) -> dict[str, tuple[Any, ...]]:
        """Sums over living records by an id: `sql` selects the id first and reads `FROM record`."""
        condition = " WHERE product = ? AND deleted IS NULL AND "
        text = sql.replace(" WHERE ", condition, 1)
        return {row[0]: tuple(row[1:]) for row in self.site.store.execute(text, (self.product, *args))}


def finance_of(request: Request) -> Finance:
    """The finance product that a request came to."""
    product = request.url.path.split("/")[1]
    return Finance(site=site_of(request), edition=EDITIONS[product])


def require_organization(request: Request) -> Finance:
    """The product of a request, which names an organisation that the token may use. Raises BooksRefused."""
    finance = finance_of(request)
    named = request.query_params.get("organization_id")
    if named is None:
        raise BooksRefused(400, 6, "The parameter organization_id is missing.")
    if named != finance.site.account(finance.product):
        raise BooksRefused(400, 6041, f"This user is not associated with the CompanyID/CompanyName:{named}.")
    return finance
