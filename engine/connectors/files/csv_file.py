"""A CSV file (RFC 4180, UTF-8, one header row) as a stream; every value is text.

Nothing is guessed: `007` stays `007`. An empty value is null, `""` is an empty text: both come back as they
were. Reading and writing go through Arrow columns, without a Python object a value.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from engine.catalog import Field
from engine.connectors.columns import NESTED, as_text, by_set, fields_of, mapped, texts_of, with_json
from engine.connectors.files import csv_check, csv_text
from engine.connectors.files.csv_form import CsvForm
from engine.connectors.files.replace import identity_of, replaced
from engine.connectors.files.write_outcomes import answer, nothing, of_creates, of_moves
from engine.connectors.port import AllApplied, Batch, Page
from engine.errors import UserError
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from engine.catalog import FieldType
    from engine.connectors.files.replace import Identity
    from engine.record import Receipt

    #: From the rows that a file holds to those that it shall hold, and the code of why a write is not done.
    Change = Callable[[pa.Table], tuple[pa.Table, pa.ChunkedArray]]

_BLOCK_BYTES = 16 * 1024 * 1024


class CsvFile:
    """One file; `key` is the column that identifies a record."""

    def __init__(
        self, path: Path, key: str, delimiter: str, types: Mapping[str, Field], form: CsvForm
    ) -> None:
        self.path = path
        self.key = key
        self._delimiter = delimiter
        self._types = types
        self._form = form

    def fields(self) -> dict[str, Field]:
        """The columns of the header, all text."""
        return {name: Field(name=name, type="text", source="observed") for name in self.columns()}

    def columns(self) -> list[str]:
        """The header. Raises UserError if there is none, or if it names a column twice."""
        return csv_check.header(self.path, self._delimiter)

    def pages(self, names: list[str], ids: frozenset[str] | None) -> Iterator[Page]:
        """Text columns by name; only records with these ids, None = all.

        Raises UserError with the line of a row of another width, bytes that are no UTF-8, quotes without end,
        or an id that is empty or stands twice.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        held = _schema(names).empty_table()
        nested = [name for name in names if name in self._types and self._types[name].type in NESTED]
        for batch in self._batches(names):
            rows = with_json(self._plain(pa.Table.from_batches([batch])), nested)
            if ids is not None:
                rows = rows.filter(pc.is_in(rows[self.key], texts_of(ids)))
            if held.num_rows:
                yield Page(table=held)
            held = rows if rows.num_rows else held.slice(0, 0)
        yield Page(table=held, complete=True)

    def write(self, batch: Batch) -> AllApplied | list[Receipt]:
        """Put a new file with the batch in it in the old one's place; columns that are new come last."""
        seen = identity_of(self.path)
        rows, fits = self._spelled(batch.table)
        if batch.kind == "create":
            ids, codes = self._create(rows, fits, seen)
        elif batch.kind == "update":
            ids, codes = rows["_id"], self._change(partial(self._update, rows=rows, fits=fits), seen)
        else:
            ids, codes = rows["_id"], self._change(partial(self._delete, rows=rows), seen)
        return answer(batch.table, ids, codes, path=self.path, key=self.key)

    def _plain(self, rows: pa.Table) -> pa.Table:
        """Rows of the file with their values as the engine reads them."""
        for name, type_ in self._formed(rows.column_names):
            column = mapped(rows[name], partial(self._form.plain, type_=type_))
            rows = rows.set_column(rows.column_names.index(name), name, column)
        return rows

    def _spelled(self, rows: pa.Table) -> tuple[pa.Table, pa.ChunkedArray]:
        """Rows of a batch with their values as the file has them, and whether the form can show all of a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        fits = pa.chunked_array([pa.repeat(True, rows.num_rows)])  # noqa: FBT003 - the value that is repeated
        for name, type_ in self._formed(fields_of(rows)):
            texts = as_text(rows[name])
            column = mapped(texts, partial(self._form.shown, type_=type_))
            fits = pc.and_(fits, pc.or_(column.is_valid(), texts.is_null()))
            rows = rows.set_column(rows.column_names.index(name), name, column)
        return rows, fits

    def _formed(self, names: Iterable[str]) -> list[tuple[str, FieldType]]:
        """The fields whose values have a form of their own, with their types; never the id."""
        if self._form == CsvForm():
            return []
        kinds = [(name, self._types[name].type if name in self._types else "text") for name in names]
        return [(name, kind) for name, kind in kinds if name != self.key]

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """The file as record batches of text. Raises UserError with the line of what is wrong."""
        import pyarrow as pa
        from pyarrow import csv

        header = self.columns()
        for name in (self.key, *names):
            if name not in header:
                raise UserError(f"{self.path} has no column `{name}`.", remedy=suggest(name, header))
        csv_check.require_closed_quotes(self.path, self._delimiter, self.key)
        keys = []
        try:
            with csv.open_csv(
                csv_check.ended(self.path),
                read_options=csv.ReadOptions(block_size=_BLOCK_BYTES),
                parse_options=csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()),
                    include_columns=names,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            ) as reader:
                for batch in reader:
                    keys.append(batch.column(self.key))
                    yield batch
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise csv_check.complaint(self.path, self._delimiter, self.key, str(error)) from error
        self._require_unique(pa.chunked_array(keys, pa.string()))

    def _require_unique(self, keys: pa.ChunkedArray) -> None:
        import pyarrow.compute as pc

        if (
            keys.null_count
            or pc.count_distinct(keys).as_py() < len(keys)
            or pc.any(pc.equal(keys, "")).as_py()
        ):
            raise csv_check.complaint(self.path, self._delimiter, self.key, "an id is empty or stands twice")

    def _create(
        self, rows: pa.Table, fits: pa.ChunkedArray, seen: Identity
    ) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        """Write the new rows behind those that are there; gives their ids and what becomes of each."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = as_text(rows[self.key]) if self.key in rows.column_names else nothing(rows)
        held = self._held([self.key], seen)[self.key]
        codes = pc.if_else(fits, of_creates(ids, held), "unfit")
        new = rows.filter(pc.is_null(codes))
        if new.num_rows:
            self._append(pa.table({name: as_text(new[name]) for name in fields_of(new)}), seen)
        return ids, codes

    def _append(self, new: pa.Table, seen: Identity) -> None:
        """A new file: the old one byte for byte and `new` behind it; all written anew for new columns."""
        import pyarrow as pa

        header = self.columns() if seen else []
        if not seen or set(new.column_names) - set(header):
            held = self._held(header or [self.key], seen)
            self._save(pa.concat_tables([held, new], promote_options="default"), seen)
            return
        _, end = csv_check.habits(self.path)
        ordered = pa.concat_tables([_schema(header).empty_table(), new], promote_options="default")
        with replaced(self.path, seen) as file, self.path.open("rb") as old:
            shutil.copyfileobj(old, file)
            file.write(b"" if csv_check.ends_a_line(self.path) else end.encode())
            file.writelines(csv_text.lines(ordered, self._delimiter, end))

    def _change(self, change: Change, seen: Identity) -> pa.ChunkedArray:
        """Update or delete rows; gives what becomes of each."""
        rows, codes = change(self._held(self.columns() if seen else [self.key], seen))
        if codes.null_count:
            self._save(rows, seen)
        return codes

    def _held(self, names: list[str], seen: Identity) -> pa.Table:
        """The named columns of the file; no rows if there is no file yet."""
        import pyarrow as pa

        return pa.Table.from_batches(self._batches(names) if seen else [], _schema(names))

    def _update(
        self, held: pa.Table, rows: pa.Table, fits: pa.ChunkedArray
    ) -> tuple[pa.Table, pa.ChunkedArray]:
        """`held` with the named fields of each row changed, and what becomes of each."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = rows["_id"]
        known = pc.is_in(ids, held[self.key].combine_chunks())
        codes = pc.if_else(known, pc.if_else(fits, of_moves(rows, self.key), "unfit"), "gone")
        for names, part in by_set(rows.filter(pc.is_null(codes))):
            place = pc.index_in(held[self.key], part["_id"].combine_chunks())
            for name in names:
                if name not in held.column_names:
                    held = held.append_column(name, pa.nulls(held.num_rows, pa.string()))
                value = as_text(part[name]).take(place)
                column = pc.if_else(place.is_valid(), value, held[name])
                held = held.set_column(held.column_names.index(name), name, column)
        return held, codes

    def _delete(self, held: pa.Table, rows: pa.Table) -> tuple[pa.Table, pa.ChunkedArray]:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = rows["_id"]
        known = pc.is_in(ids, held[self.key].combine_chunks())
        kept = held.filter(pc.invert(pc.is_in(held[self.key], ids.combine_chunks())))
        return kept, pc.if_else(known, pa.scalar(None, pa.string()), "gone")

    def _save(self, rows: pa.Table, seen: Identity) -> None:
        """Replace the file, with the mark at its start and the line ends that it had."""
        mark, end = csv_check.habits(self.path) if seen else (b"", "\n")
        with replaced(self.path, seen) as file:
            file.write(mark + csv_text.header_line(rows.column_names, self._delimiter, end))
            file.writelines(csv_text.lines(rows, self._delimiter, end))


def _schema(names: list[str]) -> pa.Schema:
    """Every column as text."""
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in names])
