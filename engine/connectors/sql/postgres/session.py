"""One connection to a PostgreSQL server, and what its complaints mean for the caller."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from engine.connectors.sql.failures import NotAppliedError, RowRefusedError, UnconfirmedError, undone_on_error
from engine.errors import EngineError, TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from engine.connectors.sql.address import Address

#: Where a batch waits in the server before it goes into its table.
STAGE = "engine_stage"

_READ_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_CONNECT_SECONDS = "15"
#: In which form the server writes and reads values, whatever its own settings are.
_FORMS = {
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "timezone": "UTC",
    "extra_float_digits": "1",
}


class PostgresSession:
    """A connection; not shared between threads. After an error of the line it is `lost` and of no more use."""

    def __init__(self, address: Address) -> None:
        """Connect. Raises UserError for what a person must correct, TemporaryError for the rest."""
        import adbc_driver_manager

        self.address = address
        self.lost = False
        self._failures = adbc_driver_manager.Error
        self._connection = self._connect()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """A small result as dicts."""
        return list(self.table(sql, parameters).to_pylist())

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """A result as a table."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetch_arrow_table()

    def batches(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """A result in parts of about 16 MiB."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, parameters or None)
            with cursor.fetch_record_batch() as reader:
                yield from reader

    def run(self, sql: str) -> None:
        """A statement without a result."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)

    def stage(self, rows: pa.Table) -> None:
        """Put rows into the temporary table STAGE, which they make or replace."""
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{STAGE}")
            cursor.adbc_ingest(STAGE, rows, mode="create", temporary=True)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside shows one state of the database."""
        self.run(_READ_SNAPSHOT)
        try:
            yield
        finally:
            if not self.lost:
                self.run("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing.

        Raises RowRefusedError, NotAppliedError, or UnconfirmedError if the line broke while it was committed.
        """
        self.run("BEGIN")
        with undone_on_error(lambda: self.run("ROLLBACK")):
            yield
        self._commit()

    def close(self) -> None:
        """Give the connection back."""
        with suppress(self._failures):  # the server may have closed it already
            self._connection.close()

    def _commit(self) -> None:
        try:
            self.run("COMMIT")
        except NotAppliedError as error:
            if not self.lost:
                raise
            raise UnconfirmedError(
                f"The connection to {self.address.label} broke before the database confirmed the write."
            ) from error

    def _connect(self) -> Any:
        from adbc_driver_postgresql import dbapi

        url = self.address.url(without=("schema",))
        if "connect_timeout" not in self.address.options:
            url += ("&" if "?" in url else "?") + f"connect_timeout={_CONNECT_SECONDS}"
        try:
            return dbapi.connect(url, autocommit=True)
        except self._failures as error:
            raise _no_connection(self.address, str(error)) from None

    def _prepare(self) -> None:
        """Let the server write values in one form, and find plain names in the schema that was asked for."""
        forms = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _FORMS.items())
        self.rows(f"SELECT {forms}")
        if self.rows("SELECT current_setting('server_encoding') AS name")[0]["name"] == "SQL_ASCII":
            raise UserError(
                f"{self.address.subject} does not know in which encoding its text is (SQL_ASCII).",
                remedy="Connect to a database that was made with ENCODING 'UTF8'.",
            )
        schema = self.address.options.get("schema")
        if schema is not None:
            self._use(schema)

    def _use(self, schema: str) -> None:
        found = self.rows("SELECT 1 AS one FROM pg_catalog.pg_namespace WHERE nspname = $1::text", (schema,))
        if not found:
            raise UserError(
                f"{self.address.subject} has no schema `{schema}`.", remedy="Correct `schema=` in `url`."
            )
        path = "SELECT set_config('search_path', quote_ident($1::text) || ', public', false) AS path"
        self.table(path, (schema,))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the driver raises into an error that says what the caller does next."""
        try:
            yield
        except self._failures as error:
            meaning = _meaning(error, self.address)
            self.lost = self.lost or (isinstance(meaning, NotAppliedError) and not meaning.again)
            raise meaning from None  # the driver's own message repeats the statement


_NOT_YET = ("starting up", "shutting down", "recovery", "too many", "connection slots")


def _no_connection(address: Address, words: str) -> EngineError:
    said = address.hide(_first_line(words))
    if "FATAL" not in words or any(sign in words for sign in _NOT_YET):
        return TemporaryError(
            f"{address.subject} cannot be reached: {said}.",
            remedy="Check that the server runs and that host and port are right, then run again.",
        )
    return UserError(
        f"{address.subject} did not let us in: {said}.",
        remedy="Correct the user, the password or the name of the database.",
    )


#: Classes of SQLSTATE and what they mean. All others are statements that the database does not understand.
_AGAIN = ("40001", "40P01", "55P03")
_LOST = ("08", "57P", "25P03")
_LATER = ("53", "57", "58", "XX", "25006")
_FORBIDDEN = ("28", "42501")
_REFUSED = ("21", "22", "23", "27", "44", "P0", "2F", "38", "39", "09")


def _meaning(error: Exception, address: Address) -> Exception:
    """The error that the caller should see, by the SQLSTATE that the server gave."""
    state = getattr(error, "sqlstate", None) or ""
    words = address.hide(_own_words(error))
    if state.startswith(_AGAIN):
        return NotAppliedError(
            f"Other transactions stood in the way in {address.label}: {words}.", again=True
        )
    if not state or state.startswith(_LOST):
        return NotAppliedError(f"The connection to {address.label} broke: {words}.", again=False)
    if state.startswith(_LATER):
        return TemporaryError(f"{address.subject} cannot do it now: {words}.", remedy="Try again later.")
    if state.startswith(_FORBIDDEN):
        return UserError(
            f"{address.subject} does not allow it: {words}.", remedy="Grant the user that right."
        )
    if state.startswith(_REFUSED):
        return RowRefusedError(words)
    return UserError(f"{address.subject} does not understand a statement: {words}.")


def _own_words(error: Exception) -> str:
    """The server's sentence and what it adds; the driver's where there is none."""
    told = {_text(key): _text(value) for key, value in getattr(error, "details", None) or ()}
    keys = ("PG_DIAG_MESSAGE_PRIMARY", "PG_DIAG_MESSAGE_DETAIL")
    found = [told[key] for key in keys if key in told]
    return ": ".join(found).rstrip(".") or _first_line(str(error))


def _text(value: bytes | str) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _first_line(words: str) -> str:
    plain = re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", words.partition("\n")[0])
    return plain.replace("Failed to connect: ", "").strip().rstrip(".")
