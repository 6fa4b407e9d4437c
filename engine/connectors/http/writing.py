"""Writing: batches to one stream. What may have been applied is never sent again: its outcome is unknown."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from engine.connectors.http.account import PRINTABLE
from engine.connectors.http.body import dump, flatten, nest, pick
from engine.connectors.http.paths import fill_params, fill_path, is_identity
from engine.connectors.http.verdict import Verdict, trouble
from engine.connectors.http.wire import Call, Reply
from engine.errors import EngineError, TemporaryError
from engine.record import Kind, Operation, Outcome, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.catalog import Stream
    from engine.connectors.http.description import Description, Writing
    from engine.connectors.http.transport import Answer
    from engine.connectors.http.wire import Wire

#: What a verdict on a request means for the one record in it. Whatever is not here ends the batch.
OUTCOMES: Mapping[str, Outcome] = {"hold": "refused", "gone": "gone", "stale": "stale", "unknown": "unknown"}
#: Requests in a row without a clear outcome after which no further one is sent: each leaves work behind.
ENOUGH = 5
LOOKED_UP = "It may have been written; it is looked up before it is written again."
#: Statuses whose body may tell what became of each record.
TELLING = frozenset({200, 201, 202, 207, 400, 412})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one request came to."""

    receipts: tuple[Receipt, ...]
    trouble: EngineError | None = None  #: what keeps further requests from being sent; None = go on

    @property
    def is_unclear(self) -> bool:
        """Whether nothing is known of any of its records."""
        return all(receipt.outcome == "unknown" for receipt in self.receipts)


class Batches:
    """Writes operations of one kind to one stream."""

    def __init__(
        self, wire: Wire, description: Description, stream: Stream, *, kind: Kind, words: Mapping[str, str]
    ) -> None:
        writing: Writing | None = getattr(description.streams[stream.name], kind)
        if writing is None:
            raise ValueError(f"{stream.name} has no {kind}")
        self._wire = wire
        self._description = description
        self._stream = stream
        self._kind = kind
        self._writing = writing
        self._words = {**words, "stream": stream.name}

    def write(self, operations: Iterable[Operation]) -> Iterator[Receipt]:
        """Send all; one receipt an operation. Raises after every receipt, when no further call can work."""
        good: list[Operation] = []
        for operation in operations:
            if self._kind == "create" or is_identity(operation.id):
                good.append(operation)
            else:
                yield _receipt(
                    operation, "refused", "bad-id", "The id holds other characters than an id can have."
                )
        size = self._writing.batch
        parts = [good[start : start + size] for start in range(0, len(good), size)]
        yield from self._side_by_side(parts)

    def _side_by_side(self, parts: list[list[Operation]]) -> Iterator[Receipt]:
        """Several requests at once, as many as the system allows; receipts in the order of the parts."""
        width = self._description.limits.concurrency if self._writing.batch == 1 else 1
        left, under_way = deque(parts), deque[Future[Sent]]()
        failure: EngineError | None = None
        unclear = 0  # requests in a row whose outcome is unknown
        with ThreadPoolExecutor(max_workers=width, thread_name_prefix="write") as pool:
            while under_way or (left and failure is None):
                while left and failure is None and len(under_way) < width:
                    under_way.append(pool.submit(self._send, left.popleft()))
                sent = self._waited_for(under_way.popleft())
                unclear = unclear + 1 if sent.is_unclear else 0
                failure = failure or sent.trouble or (self._broken() if unclear >= ENOUGH else None)
                yield from sent.receipts
        for part in left:
            yield from _unsent(part, failure)
        if failure is not None:
            raise failure

    def _waited_for(self, future: Future[Sent]) -> Sent:
        try:
            return future.result()
        except KeyboardInterrupt:
            self._wire.pace.stop()  # nobody shall wait for threads that are asleep
            raise

    def _broken(self) -> EngineError:
        return TemporaryError(
            f"{self._wire.name} did not say what became of {ENOUGH} requests in a row.",
            remedy="Nothing further was sent. Run again later; what it did meanwhile is looked up first.",
        )

    def _send(self, part: Sequence[Operation]) -> Sent:
        try:
            call = self._call(part)
        except (TypeError, ValueError) as error:
            words = f"A value has no JSON form: {error}."
            return self._of_verdict(part, Verdict(next="hold", code="bad-value", message=words))
        try:
            reply = self._wire.send(call)
        except EngineError as error:
            return Sent(receipts=tuple(_unsent(part, error)), trouble=error)
        results = self._results(reply, len(part))
        if results is not None and reply.answer is not None:
            return Sent(receipts=tuple(map(self._of_result, part, results, repeat(reply.answer))))
        if reply.verdict is None:
            return Sent(receipts=tuple(self._of_success(operation, reply) for operation in part))
        return self._of_verdict(part, reply.verdict)

    def _call(self, part: Sequence[Operation]) -> Call:
        writing, first = self._writing, part[0]
        words = {**self._words, "id": first.id or "", "ids": ",".join(str(one.id) for one in part)}
        version = first.version if len(part) == 1 and PRINTABLE.fullmatch(first.version or "") else None
        return Call(
            what=self._kind,
            about=f"{self._kind} {self._stream.name}",
            method=writing.method,
            path=fill_path(writing.path, words),
            params=fill_params(writing.params, words),
            headers={writing.condition: version} if writing.condition and version else {},
            content=self._content(part),
        )

    def _content(self, part: Sequence[Operation]) -> bytes | None:
        body = self._writing.body
        if body is None:
            return None
        rows = [nest(one.values, self._stream, self._description.custom_fields) for one in part]
        if body.id is not None:
            rows = [{body.id: one.id, **row} for one, row in zip(part, rows, strict=True)]
        return dump({body.rows: rows, **body.also} if body.rows is not None else {**rows[0], **body.also})

    def _results(self, reply: Reply, n: int) -> list[Any] | None:
        """One result a record; None = the answer does not tell them apart."""
        if reply.answer is None or reply.answer.status not in TELLING:
            return None
        results = pick(self._writing.receipts.rows, reply.body)
        return results if isinstance(results, list) and len(results) == n else None

    def _of_result(self, operation: Operation, result: Any, answer: Answer) -> Receipt:
        where = self._writing.receipts
        errors = self._description.errors
        if where.success is not None and str(pick(errors.code, result)) != where.success:
            verdict = trouble(errors, answer, result, self._kind, self._wire.secrets.hide)
            return self._refused(operation, verdict)
        return self._applied(operation, result)

    def _of_success(self, operation: Operation, reply: Reply) -> Receipt:
        """One record written; a list of results that does not fit what was sent leaves the outcome open."""
        if self._writing.receipts.rows is not None:
            message = "The answer does not tell what became of each record."
            return _receipt(operation, "unknown", "no-results", message)
        return self._applied(operation, reply.body)

    def _applied(self, operation: Operation, result: Any) -> Receipt:
        where = self._writing.receipts
        found = pick(where.id, result)
        id_ = operation.id if found is None else str(found)
        if id_ is None:
            return _receipt(operation, "unknown", "no-id", "The answer says yes and names no record.")
        version, record = pick(where.version, result), pick(where.record, result)
        return Receipt(
            op=operation.op,
            outcome="applied",
            id=id_,
            version=None if version is None else str(version),
            accepted=flatten(record, self._description.custom_fields) if isinstance(record, dict) else None,
        )

    def _of_verdict(self, part: Sequence[Operation], verdict: Verdict) -> Sent:
        """A verdict on the request as a whole."""
        if verdict.next == "hold" and len(part) > 1:
            return self._halved(part)
        if (len(part) == 1 and verdict.next in OUTCOMES) or verdict.next == "unknown":
            return Sent(receipts=tuple(self._refused(operation, verdict) for operation in part))
        error = self._wire.error(verdict, f"{self._kind} {self._stream.name}")
        return Sent(receipts=tuple(_unsent(part, error)), trouble=error)

    def _halved(self, part: Sequence[Operation]) -> Sent:
        """Refused as a whole and so not applied: halves find the record that spoils it for the others."""
        middle = len(part) // 2
        first = self._send(part[:middle])
        if first.trouble is not None:
            return replace(first, receipts=(*first.receipts, *_unsent(part[middle:], first.trouble)))
        second = self._send(part[middle:])
        return replace(second, receipts=(*first.receipts, *second.receipts))

    def _refused(self, operation: Operation, verdict: Verdict) -> Receipt:
        outcome = OUTCOMES.get(verdict.next, "retry")
        if outcome == "gone" and self._kind == "create":
            outcome = "refused"  # nothing can be gone that was never there: it refers to something else
        return _receipt(operation, outcome, verdict.code, verdict.message, verdict.advice)


def _receipt(
    operation: Operation, outcome: Outcome, code: str, message: str, remedy: str | None = None
) -> Receipt:
    advice = remedy or (LOOKED_UP if outcome == "unknown" else None)
    return Receipt(op=operation.op, outcome=outcome, code=code, message=message, remedy=advice)


def _unsent(part: Sequence[Operation], error: EngineError | None) -> Iterator[Receipt]:
    """Receipts of writes that were certainly not applied."""
    message = error.message if error else "It was not sent."
    remedy = error.remedy if error else None
    return (_receipt(operation, "retry", "not-sent", message, remedy) for operation in part)
