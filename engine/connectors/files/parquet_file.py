"""A Parquet file as a stream: its columns have types, and keep them when it is written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.connectors.columns import as_text, by_set, clock_text, fields_of, texts_of
from engine.connectors.files.parquet_types import decoded, dig, field_of, fitted, is_binary, widened
from engine.connectors.files.replace import identity_of, replaced
from engine.connectors.files.write_outcomes import answer, nothing, of_creates, of_moves
from engine.connectors.port import AllApplied, Batch, Page
from engine.errors import UserError
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from engine.catalog import Field
    from engine.connectors.files.replace import Identity
    from engine.record import Receipt

    #: The rows after a change; then, for each write, its id and the code of why it is not done.
    Change = tuple[pa.Table, pa.ChunkedArray, pa.ChunkedArray]

_PAGE_ROWS = 100_000


class ParquetFile:
    """One file; `key` is the column that identifies a record, `types` are those that the spec declares."""

    def __init__(self, path: Path, key: str, types: Mapping[str, Field]) -> None:
        self.path = path
        self.key = key
        self._types = types

    def fields(self) -> dict[str, Field]:
        """The columns with the types that the file gives them."""
        return {column.name: field_of(column) for column in self._schema()}

    def pages(self, names: list[str], ids: frozenset[str] | None) -> Iterator[Page]:
        """Text columns by name, `home.city` out of an object; only records with these ids, None = all.

        Raises UserError for a column that is missing or binary, and for an id that is null or stands twice.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        held = pa.table({name: pa.array([], pa.string()) for name in names})
        keys = []
        with self._told():
            for part in self._parts(names):
                rows = pa.table({name: self._text(part, name) for name in names})
                keys += rows[self.key].chunks
                if ids is not None:
                    rows = rows.filter(pc.is_in(rows[self.key], texts_of(ids)))
                if held.num_rows:
                    yield Page(table=held)
                held = rows if rows.num_rows else held.slice(0, 0)
        self._require_unique(pa.chunked_array(keys, pa.string()))
        yield Page(table=held, complete=True)

    def write(self, batch: Batch) -> AllApplied | list[Receipt]:
        """Put a new file with the batch in it in the old one's place; columns that are new come last."""
        seen = identity_of(self.path)
        held = widened(self._held() if seen else self._empty(batch.table), batch.table)
        rows, fits = fitted(batch.table, held.schema)
        change = {"create": self._create, "update": self._update, "delete": self._delete}[batch.kind]
        result, ids, codes = change(held, rows, fits)
        if codes.null_count:
            self._save(result, seen)
        return answer(batch.table, ids, codes, path=self.path, key=self.key)

    def _create(self, held: pa.Table, rows: pa.Table, fits: pa.ChunkedArray) -> Change:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = as_text(rows[self.key]) if self.key in rows.column_names else nothing(rows)
        codes = pc.if_else(fits, of_creates(ids, as_text(held[self.key])), "unfit")
        new = rows.select(fields_of(rows)).filter(pc.is_null(codes))
        return pa.concat_tables([held, new], promote_options="default"), ids, codes

    def _update(self, held: pa.Table, rows: pa.Table, fits: pa.ChunkedArray) -> Change:
        import pyarrow.compute as pc

        keys = as_text(held[self.key]).combine_chunks()
        there = pc.is_in(rows["_id"], keys)
        codes = pc.if_else(there, pc.if_else(fits, of_moves(rows, self.key), "unfit"), "gone")
        for names, part in by_set(rows.filter(pc.is_null(codes))):
            place = pc.index_in(keys, part["_id"].combine_chunks())
            for name in names:
                column = pc.if_else(place.is_valid(), part[name].take(place), held[name])
                held = held.set_column(held.column_names.index(name), held.schema.field(name), column)
        return held, rows["_id"], codes

    def _delete(self, held: pa.Table, rows: pa.Table, fits: pa.ChunkedArray) -> Change:
        import pyarrow as pa
        import pyarrow.compute as pc

        del fits  # a delete brings no values
        ids, keys = rows["_id"], as_text(held[self.key]).combine_chunks()
        kept = held.filter(pc.invert(pc.is_in(keys, ids.combine_chunks())))
        return kept, ids, pc.if_else(pc.is_in(ids, keys), pa.scalar(None, pa.string()), "gone")

    def _schema(self) -> pa.Schema:
        from pyarrow import parquet

        with self._told():
            return parquet.read_schema(self.path)

    def _parts(self, names: list[str]) -> Iterator[pa.Table]:
        """The top-level columns that hold the named fields, some rows at a time."""
        import pyarrow as pa
        from pyarrow import parquet

        known = [column.name for column in self._schema()]
        tops = dict.fromkeys(name if name in known else name.partition(".")[0] for name in names)
        for name in tops:
            if name not in known:
                raise _no_column(self.path, name, known)
        with parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=_PAGE_ROWS, columns=list(tops)):
                yield pa.Table.from_batches([batch])

    def _held(self) -> pa.Table:
        """The whole file, with its types."""
        from pyarrow import parquet

        with self._told(), self.path.open("rb") as file:
            held = parquet.read_table(file)
        if self.key not in held.column_names:
            raise _no_column(self.path, self.key, held.column_names)
        self._require_unique(as_text(held[self.key]))
        return decoded(held)

    def _empty(self, rows: pa.Table) -> pa.Table:
        """What a new file starts from: the id, with the type that the batch brings."""
        import pyarrow as pa

        kind = rows.schema.field(self.key).type if self.key in fields_of(rows) else pa.string()
        return pa.schema([(self.key, pa.string() if pa.types.is_null(kind) else kind)]).empty_table()

    def _text(self, part: pa.Table, name: str) -> pa.ChunkedArray:
        """A field as exact text. A time without a zone gets none, unless it is declared to be an instant."""
        import pyarrow as pa

        column = dig(part, name)
        if is_binary(column.type):
            raise UserError(
                f"`{name}` of {self.path} holds binary values, not text.",
                remedy="Leave the field out of the mapping.",
            )
        declared = self._types[name].type if name in self._types else None
        if pa.types.is_timestamp(column.type) and column.type.tz is None and declared != "instant":
            return clock_text(column)
        return as_text(column)

    def _require_unique(self, keys: pa.ChunkedArray) -> None:
        import pyarrow.compute as pc

        if keys.null_count:
            raise UserError(
                f"{self.path} has rows without a `{self.key}`.", remedy="Every record needs its id."
            )
        if pc.count_distinct(keys).as_py() < len(keys):
            counts = pc.value_counts(keys)
            twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")[0]
            raise UserError(
                f"{self.path} has more than one row with the {self.key} `{twice}`.",
                remedy="Name a column under `id:` that is different in every row.",
            )

    def _save(self, rows: pa.Table, seen: Identity) -> None:
        from pyarrow import parquet

        with replaced(self.path, seen) as file:
            parquet.write_table(rows, file)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say which file it is that cannot be read."""
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowInvalid, OSError) as error:
            words = str(error).partition("\n")[0].rstrip(".")
            raise UserError(f"{self.path} is no Parquet file that could be read: {words}.") from error


def _no_column(path: Path, name: str, known: list[str]) -> UserError:
    return UserError(f"{path} has no column `{name}`.", remedy=suggest(name, known))
