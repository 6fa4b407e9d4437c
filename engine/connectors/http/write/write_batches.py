"""Write batches: those to one stream. What may have been applied is never sent again: its outcome is unknown."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from engine.connectors.http.content.fill_templates import is_identity
from engine.connectors.http.content.json_body import flatten, pick
from engine.connectors.http.read.parents import made_id
from engine.connectors.http.send.answer_meaning import Failure, refusal_of
from engine.connectors.http.write.build_requests import GoneError, RequestBuilder
from engine.connectors.http.write.field_actions import FieldActions
from engine.errors import EngineError, TemporaryError
from engine.record import Kind, Operation, Outcome, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.catalog import Stream
    from engine.connectors.http.description.api import Description
    from engine.connectors.http.description.calls import WriteCalls
    from engine.connectors.http.read.learned import Learned
    from engine.connectors.http.read.parents import Parents
    from engine.connectors.http.read.read_list import ListReader
    from engine.connectors.http.send.request import ApiReply
    from engine.connectors.http.send.transport import HttpAnswer

#: What a verdict on a request means for the one record in it. Whatever is not here ends the batch.
OUTCOMES: Mapping[str, Outcome] = {"hold": "refused", "gone": "gone", "stale": "stale", "unknown": "unknown"}
#: Requests in a row without a clear outcome after which no further one is sent: each leaves work behind.
ENOUGH = 5
LOOKED_UP = "It may have been written; it is looked up before it is written again."
REFERS = "Something that the new record refers to is not there: check its references, then the settings."
#: Statuses whose body may tell what became of each record.
TELLING = frozenset({200, 201, 202, 207, 400, 412})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one request came to."""

    receipts: tuple[Receipt, ...]
    refusal_of: EngineError | None = None  #: what keeps further requests from being sent; None = go on

    @property
    def is_unclear(self) -> bool:
        """Whether nothing is known of any of its records."""
        return all(receipt.outcome == "unknown" for receipt in self.receipts)


class BatchWriter:
    """Writes operations of one kind to one stream."""

    def __init__(
        self,
        walker: ListReader,
        description: Description,
        stream: Stream,
        *,
        kind: Kind,
        unique: str | None,
        words: Mapping[str, str],
        families: Parents,
        learned: Learned,
    ) -> None:
        calls = description.streams[stream.name]
        writing: WriteCalls | None = calls.upsert if unique else getattr(calls, kind)
        if writing is None:
            raise ValueError(f"{stream.name} has no {kind}")
        self._wire = walker.wire
        self._calls = calls
        self._families = families
        self._packing = RequestBuilder(
            walker,
            description,
            stream,
            writing,
            kind=kind,
            unique=unique,
            words=words,
            families=families,
            learned=learned,
        )
        self._acting = FieldActions(self._wire, calls, stream.name)
        self._description = description
        self._stream = stream
        self._kind = kind
        self._unique = unique
        self._writing = writing

    def write(self, operations: Iterable[Operation]) -> Iterator[Receipt]:
        """Send all; one receipt an operation. Raises after every receipt, when no further call can work."""
        good: list[Operation] = []
        for operation in operations:
            refusal = self._refusal(operation)
            if refusal is None:
                good.append(operation)
            else:
                yield refusal
        size = self._writing.batch
        parts = [good[start : start + size] for start in range(0, len(good), size)]
        yield from self._side_by_side(parts)

    def _refusal(self, operation: Operation) -> Receipt | None:
        """Why an operation cannot be sent; None = it can."""
        if self._kind != "create" and not is_identity(operation.id):
            return _receipt(
                operation, "refused", "bad-id", "The id holds other characters than an id can have."
            )
        if self._unique is not None and operation.values.get(self._unique) in (None, ""):
            lacks = f"The record lacks `{self._unique}`, by which it would be found again."
            return _receipt(operation, "refused", "no-unique-value", lacks)
        unsettable = self._acting.unsettable(operation)
        if unsettable is not None:
            return _receipt(operation, "refused", "no-action", *unsettable)
        return self._misplaced(operation)

    def _misplaced(self, operation: Operation) -> Receipt | None:
        """Why a record has no place below a parent; its place is remembered otherwise."""
        parent = self._calls.parent
        if parent is None or "{parent}" not in self._writing.path:
            return None
        wanted = operation.values.get(parent.field)
        if self._kind == "create" or operation.id is None:
            known = str(wanted) if wanted not in (None, "") and is_identity(str(wanted)) else None
            if known is None or "" in self._families.above(parent, known, of=self._writing.path).values():
                lacks = f"There is no `{parent.field}` that the record can stand below."
                return _receipt(operation, "refused", "no-parent", lacks)
            return None
        known = self._families.parent_of(self._stream.name, operation.id)
        if known is None or "" in self._families.above(parent, known, of=self._writing.path).values():
            return _receipt(operation, "gone", "gone", f"No list of `{self._stream.name}` shows the record.")
        if wanted is not None and str(wanted) != known:
            stays = f"{self._wire.name} does not move a record to another `{parent.field}`."
            return _receipt(operation, "refused", "no-move", stays, "Make a new record there instead.")
        return None

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
                failure = failure or sent.refusal_of or (self._broken() if unclear >= ENOUGH else None)
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
        if not self._calls.actions or self._kind == "delete":
            return self._sent(part)
        plain, wanted = self._acting.split(part[0])
        if plain.values or self._kind == "create":
            sent = self._sent([plain])
        else:
            sent = Sent(receipts=(Receipt(op=plain.op, outcome="applied", id=plain.id),))
        for name, value in wanted.items():
            if sent.refusal_of is None and sent.receipts[0].outcome == "applied":
                sent = self._acted(plain, sent.receipts[0], name, value)
        return sent

    def _acted(self, operation: Operation, receipt: Receipt, name: str, value: str) -> Sent:
        """What the action that sets a field makes of a write that was applied."""
        if receipt.accepted is not None and receipt.accepted.get(name) == value:
            return Sent(receipts=(receipt,))
        try:
            failure = self._acting.act(name, value, self._packing.words_of(operation, receipt.id or ""))
        except EngineError as error:
            # A record that was just made stays made: the next run sets what is missing.
            made = (receipt,) if self._kind == "create" else tuple(_unsent([operation], error))
            return Sent(receipts=made, refusal_of=error)
        if failure is None:
            now = {**receipt.accepted, name: value} if receipt.accepted is not None else None
            return Sent(receipts=(replace(receipt, version=None, accepted=now),))
        after = self._of_verdict([operation], failure)
        return replace(after, receipts=(receipt,)) if self._kind == "create" else after

    def _sent(self, part: Sequence[Operation]) -> Sent:
        try:
            call = self._packing.call(part)
            reply = self._wire.send(call)
        except GoneError:
            gone = Failure(next="gone", code="gone", message="The record does not exist any more.")
            return self._of_verdict(part, gone)
        except (TypeError, ValueError) as error:
            words = f"A value has no JSON form: {error}."
            return self._of_verdict(part, Failure(next="hold", code="bad-value", message=words))
        except EngineError as error:
            return Sent(receipts=tuple(_unsent(part, error)), refusal_of=error)
        results = self._results(reply, len(part))
        if results is not None and reply.answer is not None:
            return Sent(receipts=tuple(map(self._of_result, part, results, repeat(reply.answer))))
        if reply.failure is None:
            return Sent(receipts=tuple(self._of_success(operation, reply) for operation in part))
        return self._of_verdict(part, reply.failure)

    def _results(self, reply: ApiReply, n: int) -> list[Any] | None:
        """One result a record; None = the answer does not tell them apart."""
        if reply.answer is None or reply.answer.status not in TELLING:
            return None
        results = pick(self._writing.receipts.rows, reply.body)
        return results if isinstance(results, list) and len(results) == n else None

    def _of_result(self, operation: Operation, result: Any, answer: HttpAnswer) -> Receipt:
        where = self._writing.receipts
        errors = self._description.errors
        if where.success is not None and str(pick(errors.code, result)) != where.success:
            failure = refusal_of(errors, answer, result, self._kind, self._wire.secrets.hide)
            return self._refused(operation, failure)
        return self._applied(operation, result)

    def _of_success(self, operation: Operation, reply: ApiReply) -> Receipt:
        """One record written; a list of results that does not fit what was sent leaves the outcome open."""
        if self._writing.receipts.rows is not None:
            message = "The answer does not tell what became of each record."
            return _receipt(operation, "unknown", "no-results", message)
        return self._applied(operation, reply.body)

    def _applied(self, operation: Operation, result: Any) -> Receipt:
        where = self._writing.receipts
        found = pick(where.id, result)
        id_ = (operation.id or made_id(self._calls.parent, operation.values)) if found is None else str(found)
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

    def _of_verdict(self, part: Sequence[Operation], failure: Failure) -> Sent:
        """A verdict on the request as a whole."""
        if failure.next == "hold" and len(part) > 1:
            return self._halved(part)
        if (len(part) == 1 and failure.next in OUTCOMES) or failure.next == "unknown":
            return Sent(receipts=tuple(self._refused(operation, failure) for operation in part))
        error = self._wire.error(failure, f"{self._kind} {self._stream.name}")
        return Sent(receipts=tuple(_unsent(part, error)), refusal_of=error)

    def _halved(self, part: Sequence[Operation]) -> Sent:
        """Refused as a whole and so not applied: halves find the record that spoils it for the others."""
        middle = len(part) // 2
        first = self._send(part[:middle])
        if first.refusal_of is not None:
            return replace(first, receipts=(*first.receipts, *_unsent(part[middle:], first.refusal_of)))
        second = self._send(part[middle:])
        return replace(second, receipts=(*first.receipts, *second.receipts))

    def _refused(self, operation: Operation, failure: Failure) -> Receipt:
        outcome = OUTCOMES.get(failure.next, "retry")
        if outcome == "gone" and self._kind == "create":
            # Nothing can be gone that was never there: it refers to something else.
            return _receipt(operation, "refused", failure.code, failure.message, failure.advice or REFERS)
        return _receipt(operation, outcome, failure.code, failure.message, failure.advice)


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
