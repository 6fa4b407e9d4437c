"""Bulk export: everything that a stream holds as one packed CSV file, made by the system while we wait."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any

from engine.connectors.http.content.fill_templates import fill_path
from engine.connectors.http.content.json_body import dump, pick
from engine.connectors.http.read.changed_since import moment_of
from engine.connectors.http.send.request import ApiReply, ApiRequest
from engine.connectors.port import Page
from engine.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import pyarrow as pa

    from engine.catalog import Stream
    from engine.connectors.http.description.calls import BulkCalls, QueryCalls
    from engine.connectors.http.send.client import ApiClient

#: Bytes that a file may have once it is unpacked.
LARGEST_UNPACKED = 4 * 1024 * 1024 * 1024
#: Bytes that are read at a time; no record may be longer.
BLOCK = 16 * 1024 * 1024
LONGEST_PAUSE_S = 60.0
#: A change may be seen a little later than it was made.
OVERLAP = timedelta(seconds=60)
#: Jobs of one read; more is an answer that never ends.
MOST_JOBS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """A file that is there."""

    id: str
    rows: int
    token: str | None  #: takes the job for what did not fit; None = this is all


def query_credits(query: QueryCalls, left: int) -> int:
    """What queries for so many further records cost."""
    return -(-left // query.at_most) * query.credits


def bulk_calls(bulk: BulkCalls, records: int) -> tuple[int, int]:
    """Requests and credits of reading so many records in bulk: a job, one look, the file; then what changed."""
    jobs = max(1, -(-records // bulk.at_most))
    return 3 * jobs + 1, jobs * (bulk.credits + 2) + 1


def is_cheaper(bulk: BulkCalls, query: QueryCalls, records: int, after: int) -> bool:
    """Whether everything in bulk costs less than queries for the rest; `after` = records that are read already."""
    return bulk_calls(bulk, records)[1] < query_credits(query, records - after)


class ExportReader:
    """One complete read of one stream in bulk."""

    def __init__(self, wire: ApiClient, bulk: BulkCalls, stream: Stream, fields: Sequence[str]) -> None:
        self._wire = wire
        self._bulk = bulk
        self._stream = stream
        self._fields = tuple(fields)
        self._about = f"read {stream.name} in bulk"
        self.refused = False  #: True = this account may not do so; nothing was read
        self.since: datetime | None = None  #: what changed from then on may not be in it

    def total(self) -> int | None:
        """How many records there are; None = the system does not tell this account."""
        path = fill_path(self._bulk.total, {"stream": self._stream.name})
        call = ApiRequest(
            what="read", about=f"count {self._stream.name}", method="GET", path=path, pattern=self._bulk.total
        )
        reply = self._wire.send(call)
        if reply.failure is not None and reply.failure.next not in ("hold", "stop", "gone"):
            raise self._wire.error(reply.failure, call.about)
        count = pick(self._bulk.count, reply.body) if reply.failure is None else None
        return count if isinstance(count, int) else None

    def pages(self) -> Iterator[Page]:
        """The records, as tables; none of them is marked as the last. Nothing at all if the first job is refused.

        Raises:
            UserError: a later job is refused.
            TemporaryError: the system does not work now, or the file is not what it says.
        """
        body = _filled(self._bulk.body, self._stream.name, self._columns(), "")
        for turn in range(MOST_JOBS):
            id_ = self._start(body, first=turn == 0)
            if id_ is None:
                self.refused = True
                return
            job = self._awaited(id_)
            yield from self._file(job)
            if job.token is None:
                return
            body = _filled(self._bulk.go_on, self._stream.name, self._columns(), job.token)
        raise self._odd("never comes to an end")

    def _columns(self) -> list[str]:
        """What the system is asked for; the id comes without asking."""
        names = dict.fromkeys(name.split(".")[0] for name in self._fields)
        return [name for name in names if name != self._stream.id]

    def _start(self, body: Any, *, first: bool) -> str | None:
        """The id of a new job; None = the first one is refused."""
        reply = self._wire.send(
            self._call("POST", self._bulk.start, content=dump(body), credits_=self._bulk.credits)
        )
        if reply.failure is not None:
            if first and reply.failure.next in ("hold", "stop", "gone"):
                return None
            raise self._wire.error(reply.failure, self._about)
        id_, created = pick(self._bulk.job, reply.body), pick(self._bulk.created, reply.body)
        if id_ is None or created is None:
            raise self._odd("took on a job and does not say which")
        self.since = self.since or moment_of(str(created), self._wire.name) - OVERLAP
        return str(id_)

    def _awaited(self, id_: str) -> ExportJob:
        """The job, once its file is there."""
        pause, waited = self._bulk.wait_s, 0.0
        while waited < self._bulk.patience_s:
            self._wire.pace.wait(pause, f"{self._stream.name} is made ready")
            waited += pause
            body = self._asked(self._call("GET", self._bulk.look, id_)).body
            state = pick(self._bulk.state, body)
            if state == self._bulk.done:
                more, rows = pick(self._bulk.more, body) is True, pick(self._bulk.rows, body)
                token = pick(self._bulk.token, body) if more else None
                if not isinstance(rows, int) or (more and not token):
                    raise self._odd("made a file and does not say how much is in it")
                return ExportJob(id=id_, rows=rows, token=None if token is None else str(token))
            if state in self._bulk.failed:
                raise self._odd(f"could not make the file: {str(state)[:40]}")
            pause = min(2 * pause, LONGEST_PAUSE_S)
        raise self._odd(f"has not made the file within {self._bulk.patience_s / 60:.0f} minutes")

    def _file(self, job: ExportJob) -> Iterator[Page]:
        with tempfile.TemporaryFile() as packed:
            self._asked(self._call("GET", self._bulk.result, job.id, into=packed))
            rows = 0
            for table in self._tables(packed):
                rows += table.num_rows
                yield Page(table=table)
        if rows != job.rows:
            raise self._odd(f"said {job.rows} records and delivered {rows}")

    def _tables(self, packed: IO[bytes]) -> Iterator[pa.Table]:
        """The file's records in parts: one column a wanted field, as text."""
        import pyarrow as pa  # only a very long list needs it
        import pyarrow.csv as reader

        try:
            with zipfile.ZipFile(packed) as archive:
                member = self._member(archive)
                with archive.open(member) as file:
                    header = next(csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline="")), [])
                places = self._places(header)
                with archive.open(member) as file:
                    convert = reader.ConvertOptions(
                        column_types=dict.fromkeys(header, pa.string()),
                        include_columns=list(dict.fromkeys(places.values())),
                        strings_can_be_null=True,
                        null_values=[""],
                    )
                    stream = reader.open_csv(
                        file,
                        read_options=reader.ReadOptions(block_size=BLOCK),
                        parse_options=reader.ParseOptions(newlines_in_values=True),
                        convert_options=convert,
                    )
                    for batch in stream:
                        columns = {name: batch.column(place) for name, place in places.items()}
                        yield pa.table(columns)
        except (
            zipfile.BadZipFile,
            pa.ArrowInvalid,
            UnicodeDecodeError,
            csv.Error,
            EOFError,
            OSError,
        ) as error:
            raise self._odd(f"delivered a file that cannot be read ({type(error).__name__})") from None

    def _member(self, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) != 1 or members[0].file_size > LARGEST_UNPACKED:
            raise self._odd("delivered an archive that is not one file of a bearable size")
        return members[0]

    def _places(self, header: Sequence[str]) -> dict[str, str]:
        """The column of each wanted field; the id's may be written otherwise."""
        id_ = self._stream.id
        known = {id_ if name.lower() == id_.lower() else name: name for name in header}
        missing = [name for name in self._fields if name.split(".")[0] not in known]
        if missing:
            raise self._odd(f"delivered a file without `{missing[0]}`")
        return {name: known[name.split(".")[0]] for name in self._fields}

    def _asked(self, call: ApiRequest) -> ApiReply:
        reply = self._wire.send(call)
        if reply.failure is not None:
            raise self._wire.error(reply.failure, self._about)
        return reply

    def _call(
        self,
        method: str,
        path: str,
        job: str = "",
        *,
        content: bytes | None = None,
        credits_: int = 1,
        into: IO[bytes] | None = None,
    ) -> ApiRequest:
        return ApiRequest(
            what="read",
            about=self._about,
            method=method,
            path=fill_path(path, {"job": job}),
            base=self._bulk.base,
            pattern=path,
            headers={} if into is None else {"accept": "*/*"},
            content=content,
            credits=credits_,
            into=into,
        )

    def _odd(self, what: str) -> TemporaryError:
        return TemporaryError(
            f"{self._wire.name}: {self._about}: the system {what}. Nothing further is read.",
            remedy="Run again; if it stays, the system does not answer as its connector file says.",
        )


def _filled(part: Any, stream: str, fields: Sequence[str], token: str) -> Any:
    """The body of a job with its words filled in."""
    if isinstance(part, dict):
        return {key: _filled(value, stream, fields, token) for key, value in part.items()}
    if part == "{fields}":
        return list(fields)
    return part.replace("{stream}", stream).replace("{token}", token) if isinstance(part, str) else part
