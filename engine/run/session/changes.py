"""Changes: a changeset as values and as a file, so that a person can look at it and have exactly that done.

The file is JSON lines: a header, then one line a record. The header carries a digest of all of it, and each change
names itself by a digest of what was seen and what comes of it (`op`): a run does a change only if it would now do
just the same. So neither a file that somebody edited nor a record that changed since leads to another write.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from engine.errors import StoppedError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from engine.record import Side

#: Version of the file's format.
FORMAT = 1

#: link: the two are remembered as a pair, and nothing is written.
ChangeKind = Literal["create", "update", "delete", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A record as it was seen when the change was decided."""

    hash: str  #: of what it showed in the mapped fields
    version: str | None  #: in its server's words; None = it has none, or it was not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """What becomes of one field; values are canonical."""

    key: str  #: of the line
    line: str  #: as a person reads it
    place: str  #: file:line of the spec or mapping that decided
    rule: str  #: who wins where both sides differ: left, right, newest or hold
    why: str
    write: Side | None  #: the side that gets the result; None = it waits for a person
    to: str | None  #: the field there that is written
    #: base_left, base_right: when last in step; left, right: now. One that is missing is not known.
    values: Mapping[str, Any]
    result: Any  #: what the written side gets


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record, or one pair, and what a run would do with it."""

    module: str
    kind: ChangeKind
    writes: tuple[Side, ...]  #: the sides that are written
    left_id: str | None  #: None = does not exist yet
    right_id: str | None
    linked: bool  #: the two were linked when it was decided
    label: str  #: how a person recognises it
    why: str
    seen: Mapping[Side, Sight]
    fields: tuple[ChangedField, ...]

    def op(self) -> str:
        """The change's own name: what was seen, and what comes of it. A version alone makes no other change."""
        hashes = {side: sight.hash for side, sight in self.seen.items()}
        fields = [[one.key, one.write, dict(one.values), one.result] for one in self.fields]
        told = [self.module, self.kind, self.writes, self.left_id, self.right_id, self.linked, hashes, fields]
        return hashlib.blake2b(_json(told).encode(), digest_size=16).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The change as a line of the file."""
        told = _flat(self)
        told["seen"] = {side: _flat(sight) for side, sight in self.seen.items()}
        told["fields"] = [_flat(one) for one in self.fields]
        return {"op": self.op(), **told}


def _flat(one: Change | Sight | ChangedField) -> dict[str, Any]:
    """The fields by name; `asdict` copies every value, which takes most of the time at a million changes."""
    return {name: getattr(one, name) for name in one.__slots__}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a saved changeset says about itself."""

    integration: str
    plan: str  #: the plan's fingerprint
    spec: str
    made: str  #: when
    stand_ins: tuple[str, ...]  #: systems for which something stood in, such as the sandbox
    whole: bool  #: everything was read, not only what changed since the last run
    last_run: str | None  #: the latest run that the ledger knew; None = none
    changes: int
    counts: Mapping[str, Mapping[str, int]]  #: module -> kind -> changes

    def as_json(self) -> dict[str, Any]:
        """The header's line, without the digest."""
        return {"changeset": FORMAT, **asdict(self)}


class Saving:
    """A changeset while it is written: beside the file, which appears only when all of it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._body = tempfile.TemporaryFile("w+b", dir=_folder(path))  # noqa: SIM115 - closed by __exit__
        self._digest = hashlib.sha256()
        self.counts: dict[str, dict[str, int]] = {}
        self.changes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._body.close()

    def add(self, change: Change) -> None:
        """One more change."""
        line = _json(change.as_json()).encode() + b"\n"
        self._digest.update(line)
        self._body.write(line)
        of_module = self.counts.setdefault(change.module, {})
        of_module[change.kind] = of_module.get(change.kind, 0) + 1
        self.changes += 1

    def finish(self, header: Header) -> None:
        """Put the file in its place: readable by its owner alone, for it holds people's records."""
        told = header.as_json()
        whole = _sealed(told, self._digest)
        descriptor, name = tempfile.mkstemp(dir=_folder(self._path), prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(_json({**told, "digest": whole}).encode() + b"\n")
                self._body.seek(0)
                shutil.copyfileobj(self._body, out)
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _folder(path: Path) -> Path:
    if not path.parent.is_dir():
        raise UserError(f"There is no folder `{path.parent}` for {path.name}.", remedy="Create it first.")
    return path.parent


def _sealed(header: Mapping[str, Any], body: Any) -> str:
    """The digest of header and body together."""
    return hashlib.sha256(_json(header).encode() + bytes(body.digest())).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedChanges:
    """A changeset file whose digest holds."""

    path: Path
    header: Header
    ops: frozenset[bytes] = field(repr=False)  #: what every change names itself

    def lines(self, module: str) -> Iterator[dict[str, Any]]:
        """The changes of a module, as they stand in the file."""
        with self.path.open("rb") as file:
            next(file)
            for line in file:
                found: dict[str, Any] = json.loads(line)
                if found["module"] == module:
                    yield found


def open_changes(path: Path) -> SavedChanges:
    """A saved changeset. Raises UserError if the file is none, StoppedError if it is not as it was written."""
    try:
        told, digest, ops = _scan(path)
        said = told.pop("digest")
        header = _header(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"`{path}` is not a changeset that this version can read.",
            remedy="Create one with `engine preview SPEC -o FILE`.",
        ) from error
    if said != _sealed(told, digest):
        raise StoppedError(
            f"`{path}` was altered after it was made; nothing was written.",
            remedy="Create a new one with `engine preview SPEC -o FILE`, and change the spec or the records instead.",
        )
    return SavedChanges(path=path, header=header, ops=frozenset(ops))


def _scan(path: Path) -> tuple[dict[str, Any], Any, set[bytes]]:
    """(the header, the digest of the changes, their names)."""
    digest, ops = hashlib.sha256(), set()
    with path.open("rb") as file:
        told: dict[str, Any] = json.loads(next(file, b""))
        for line in file:
            digest.update(line)
            ops.add(bytes.fromhex(json.loads(line)["op"]))
    return told, digest, ops


def _header(told: Mapping[str, Any]) -> Header:
    """Raises ValueError if it is of another format, TypeError if it says something else than a header."""
    if told["changeset"] != FORMAT:
        raise ValueError(told["changeset"])
    known = {name: value for name, value in told.items() if name != "changeset"}
    return Header(**{**known, "stand_ins": tuple(told["stand_ins"])})
