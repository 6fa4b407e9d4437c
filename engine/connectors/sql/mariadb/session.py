"""One connection to a MariaDB or MySQL server, and what its complaints mean for the caller."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from engine.connectors.sql.failures import NotAppliedError, RowRefusedError, UnconfirmedError, undone_on_error
from engine.errors import EngineError, TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.connectors.sql.address import Address

_CONNECT_SECONDS = 15
_FETCH_ROWS = 20_000
#: What the server does with values and times, whatever its own settings are.
_SETTINGS = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00', SESSION group_concat_max_len = 1000000"
)
_OPTIONS = ("ssl", "ssl_ca")


class MariadbSession:
    """A connection; not shared between threads. After an error of the line it is `lost` and of no more use."""

    def __init__(self, address: Address) -> None:
        """Connect. Raises UserError for what a person must correct, TemporaryError for the rest."""
        import pymysql

        self.address = address
        self.lost = False
        self._failures = (pymysql.MySQLError, OSError)
        self._connection = self._connect()
        self.run(_SETTINGS)
        (row,) = self.rows("SELECT @@max_allowed_packet, @@auto_increment_increment")
        self.packet_bytes = int(row[0])  #: no statement may be longer
        self.id_step = int(row[1])  #: what the database adds to count the next id

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """A small result."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(parameters))
            return list(cursor.fetchall())

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """A statement without a result; gives the first id that it counted, 0 = none."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(parameters))
            return int(cursor.lastrowid or 0)

    def lines(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[list[bytes | None]]:
        """A result of one column, some thousand rows at a time; it must be binary."""
        from pymysql.cursors import SSCursor

        with self._told(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(sql, tuple(parameters))
            while rows := cursor.fetchmany(_FETCH_ROWS):
                yield [row[0] for row in rows]

    def result_columns(self, sql: str) -> list[tuple[str, int, int]]:
        """Name, code of the type and width of each column that a statement gives."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql, ())
            return [(one[0], one[1], one[3]) for one in cursor.description]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside shows one state of the database."""
        self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        self.run("START TRANSACTION WITH CONSISTENT SNAPSHOT")
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
        self.run("START TRANSACTION")
        with undone_on_error(lambda: self.run("ROLLBACK")):
            yield
        self._commit()

    def close(self) -> None:
        """Give the connection back."""
        with suppress(*self._failures):  # the server may have closed it already
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
        import pymysql

        where = self.address
        unknown = [name for name in where.options if name not in _OPTIONS]
        if unknown:
            raise UserError(
                f"The `url` of the database says `{unknown[0]}`, which means nothing here.",
                remedy=f"After the question mark may stand: {', '.join(_OPTIONS)}.",
            )
        try:
            return pymysql.connect(
                host=where.host,
                port=where.port,
                user=where.user,
                password=where.password or "",
                database=where.database,
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                ssl=_tls(where),
            )
        except self._failures as error:
            raise _no_connection(where, error) from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the driver raises into an error that says what the caller does next."""
        try:
            yield
        except self._failures as error:
            meaning = _meaning(error, self.address)
            self.lost = self.lost or (isinstance(meaning, NotAppliedError) and not meaning.again)
            raise meaning from None  # the driver's own error may hold the statement


def _tls(address: Address) -> Any:
    """What the driver needs for an encrypted line; None = as the server offers it."""
    import ssl

    if not any(name in address.options for name in _OPTIONS):
        return None
    try:
        return ssl.create_default_context(cafile=address.options.get("ssl_ca"))
    except OSError as error:
        raise UserError(
            f"The file that `ssl_ca` names cannot be used: {error.strerror or error}.",
            remedy="Name a file of certificates in PEM form.",
        ) from error


_AGAIN = {1205, 1213, 3572}  # waited too long for a lock, deadlock, lock not to be had
_LOST = {0, 1053, 1080, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 2006, 2013, 2014, 2055, 3169, 4031}
_LATER = {
    1021,
    1037,
    1038,
    1040,
    1041,
    1114,
    1135,
    1203,
    1206,
    1226,
    1290,
    1792,
    1969,
    3024,
    2002,
    2003,
    2005,
}
_FORBIDDEN = {1044, 1045, 1049, 1129, 1130, 1142, 1143, 1227, 1251, 1370, 1524, 1698, 2059, 2061}
_NOT_UNDERSTOOD = {
    1046,
    1054,
    1060,
    1064,
    1103,
    1109,
    1110,
    1146,
    1149,
    1222,
    1235,
    1248,
    1305,
    1347,
    1356,
    1906,
}


def _no_connection(address: Address, error: Exception) -> EngineError:
    code, words = _said(error, address)
    if code in _FORBIDDEN:
        return UserError(
            f"{address.subject} did not let us in: {words}.",
            remedy="Correct the user, the password or the name of the database.",
        )
    return TemporaryError(
        f"{address.subject} cannot be reached: {words}.",
        remedy="Check that the server runs and that host and port are right, then run again.",
    )


def _meaning(error: Exception, address: Address) -> Exception:
    """The error that the caller should see, by the server's number; what no list names is a refused row."""
    code, words = _said(error, address)
    if code in _AGAIN:
        return NotAppliedError(
            f"Other transactions stood in the way in {address.label}: {words}.", again=True
        )
    if code in _LOST or isinstance(error, OSError):
        return NotAppliedError(f"The connection to {address.label} broke: {words}.", again=False)
    if code in _LATER:
        return TemporaryError(f"{address.subject} cannot do it now: {words}.", remedy="Try again later.")
    if code in _FORBIDDEN:
        return UserError(
            f"{address.subject} does not allow it: {words}.", remedy="Grant the user that right."
        )
    if code in _NOT_UNDERSTOOD:
        return UserError(f"{address.subject} does not understand a statement: {words}.")
    return RowRefusedError(words)


def _said(error: Exception, address: Address) -> tuple[int, str]:
    """The server's number and sentence."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    words = str(error.args[-1]) if error.args else type(error).__name__
    return code, address.hide(words or "it was closed").partition("\n")[0].rstrip(".")
