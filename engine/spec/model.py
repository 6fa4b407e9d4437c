"""The spec as the rest of the engine sees it: frozen, typed, every text with its place.

`docs/language.md` says what each key means; here is the shape after reading. A field that may depend on an option
(`${options.name}`) is a `Text` whose value still shows the reference; the compiler resolves it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.spec.diagnostic import Span, Text

Arrow = Literal["->", "<-", "<->", "=="]
Duplicates = Literal["link", "overwrite", "skip", "clone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRef:
    """`crm.Accounts`: a stream of a system of this spec (in a mapping file: of a connector)."""

    system: str
    stream: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One side of the integration: a connector plus an account."""

    name: str
    connector: Text
    settings: Mapping[str, Any]  #: `with:` as written, references unresolved
    settings_at: Mapping[str, Span]  #: place of each key of `settings`
    zone: Text | None  #: IANA name of the zone that the system's clock hangs in; None = not known
    region: Text | None  #: two letters: whose phone numbers are written without a country; None = not known
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that the person who installs the integration may choose."""

    name: str
    type: Literal["text", "number", "boolean", "date", "choice"]
    choices: tuple[str, ...]  #: for choice
    default: str | int | float | bool | None  #: None = no default
    required: bool
    help: str | None
    needs: Text | None  #: condition over options; the option means something only if it holds
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A condition and what to say when it does not hold."""

    check: Text
    otherwise: Text  #: `else:`, the sentence a person reads
    remedy: Text | None  #: `try:`, what resolves it, for the same person; None = the condition itself says so
    only_if: Text | None  #: `if:` over options; None = always
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What connecting shows to the other system; confirmed by a person when the integration is connected."""

    to: Text  #: a system
    what: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedField:
    """One line of a mapping.

    Either `left` and `right` are field names joined by an arrow; or `right`/`left` is the one target and exactly
    one of `const`, `value`, `text`, `path` says what it gets. A value that is converted on its way is joined and split,
    multiplied, or said by expressions in both directions.
    """

    arrow: Arrow
    left: Text | None
    right: Text | None
    values: tuple[tuple[tuple[str, ...], str], ...] = ()  #: ((left values), right value) in the order written
    otherwise: Text | None = None  #: `else:` of a value map; None = an unlisted value holds the record
    const: str | int | float | bool | None = None
    has_const: bool = False
    value: Text | None = None  #: SQL over the source's fields
    text: Text | None = None  #: Jinja template over the source's fields
    path: Text | None = None  #: JMESPath into the source record
    refers: Text | None = None  #: module whose links translate the id
    cut: bool = False  #: a text that is too long for its target is cut, and only what is left is compared
    required: bool = False  #: hold the record while the value is missing
    on: Literal["always", "create"] = "always"  #: create = written only when the record is made
    conflicts: tuple[Text, ...] = ()  #: policies for this field, tried in order; empty = the module's
    group: str | None = None  #: fields of one group merge as one value
    at_most: Text | None = None  #: a number or an expression; beyond it the value is `otherwise`
    lefts: tuple[Text, ...] = ()  #: the fields of the left, where several are one value; `left` is the first
    rights: tuple[Text, ...] = ()
    join: str | None = None  #: what stands between the parts of one value
    split: Literal["first", "last"] | None = None  #: the end of a text at which its parts are one word each
    alone: tuple[Text, Text] | None = None  #: the fields of left and right that hold the only part of a value
    times: Text | None = None  #: the right is the left multiplied by it
    to_right: tuple[Text, ...] = ()  #: `right:`, SQL over the fields of the left, one for each of the right
    to_left: tuple[Text, ...] = ()
    later: Literal["follow", "kept-apart"] = (
        "follow"  #: of `on: create`: whether later changes should go over
    )
    only_if: Text | None = None  #: `if:` over options
    span: Span

    @property
    def converts(self) -> bool:
        """Whether the two sides say the value in different ways."""
        several = len(self.lefts) > 1 or len(self.rights) > 1
        return bool(several or self.join or self.split or self.times or self.to_right or self.to_left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping_:  # noqa: N801 - the language calls it so, and `Mapping` is the standard library's
    """Which field of one stream is which field of the other; reusable."""

    name: str
    left: tuple[StreamRef, ...]  #: by connector name; several = one mapping serves several
    right: tuple[StreamRef, ...]
    fields: tuple[MappedField, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPair:
    """Two fields of a match key."""

    left: Text
    right: Text
    alike: bool  #: `~`: case, blanks and compatibility forms do not count; False = `=`


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchKey:
    """Fields by which two unlinked records are recognised as the same thing: all pairs must meet."""

    pairs: tuple[MatchPair, ...]
    only_if: Text | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """The record lives below a parent: a reference field and the module whose links it goes through."""

    field: Text
    module: Text
    written_as: Text | None  #: `as:`, the field of the right side; None = the only one that can be
    otherwise: Literal["hold", "skip", "fetch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """Records take part only once a person has added them."""

    needs: tuple[Check, ...]
    place: Mapping[str, tuple[Text, ...]]  #: target field -> modules whose records may be chosen
    mark: Text | None  #: a yes/no field of the record that tells that it takes part
    at_most: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """`direction:`: the arrow to use instead of the one in `sync:`; it narrows and never widens."""

    to: Text
    only_if: Text | None  #: condition over options; None = always


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """Two streams that are kept in step, and how."""

    name: str
    title: str | None
    only_if: Text | None
    left: StreamRef
    right: StreamRef
    arrow: Arrow
    arrow_at: Span
    narrowing: Narrowing | None
    creates: Text | None  #: both | left | right | none | by hand; None = as the arrow says
    view: Mapping[str, Text]  #: system -> condition or saved(...)
    match: tuple[MatchKey, ...]
    duplicates: Text | None  #: None = link
    same_key: Text | None  #: make | hold; None = make below a parent, else hold
    #: a system | left | right | newest | hold, tried in order; empty only where the arrow has one direction
    conflicts: tuple[Text, ...]
    deletes: Text | None  #: keep | propagate; None = keep
    mapping: Text | None
    fields: tuple[MappedField, ...]  #: `fields:` written in the module, after those of the mapping
    set: Mapping[str, Any]  #: constants for records that are created
    under: tuple[Under, ...]
    only_referenced_by: Text | None  #: `only: referenced by MODULE`, several joined by commas
    needs: tuple[Check, ...]  #: a record that fails one is held with the sentence
    enrol: Enrol | None
    pairs: Text | None  #: use the links of that module instead of own ones
    precedence: tuple[Text, ...]  #: `yields to:` spec.module whose records win over this module
    search: tuple[Text, ...]  #: fields that `engine search` looks in
    before_write: Literal["check", "trust"]
    limits: Mapping[str, Text]  #: creates | updates | deletes | conflicts -> `N`, `P%`, `N or P%` or `none`
    schedule: Text | None  #: None = the spec's
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Who is told, with which template."""

    to: Text
    template: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A rule that acts when a condition on a record becomes true, or when a person asks."""

    name: str
    only_if: Text | None
    watch: StreamRef
    becomes: Text | None  #: None = by hand only
    by_hand: bool
    ask: Mapping[str, Mapping[str, Any]]  #: fields a person may give, with type, default, help
    needs: tuple[Check, ...]
    create: StreamRef | None
    change: Text | None  #: trigger whose record is changed
    delete: Text | None
    mapping: Text | None
    fields: tuple[MappedField, ...]
    only: Text | None  #: condition on the record that would be changed
    set: Mapping[str, Any]
    associate: Literal["no", "yes", "locked"]
    again: Literal["never", "each-time"]
    mail: Mail | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A rule that refuses a change, and may tell the person who made it."""

    name: str
    only_if: Text | None
    module: Text
    refuse: tuple[Text, ...]  #: `Due_Date -> end_date`, the fields it protects; empty = the whole record
    when: Text
    leave: Literal["as-is", "restore"]
    because: Text | None
    mail: Mail | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Records of one stream that people may attach to records of others."""

    name: str
    only_if: Text | None
    of: StreamRef
    to: tuple[StreamRef, ...]
    when: Text | None
    offer: Text | None
    shows: Text | None  #: `LEFT_FIELD -> RIGHT_FIELD`, which shows on the right record what it is put to
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a stage does, as written."""

    said: Mapping[str, Any]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleStep:
    """What one stage of an integration's life needs and does."""

    stage: Literal["connect", "disable", "enable", "delete", "migrate"]
    needs: tuple[Text | Check, ...]
    pins: tuple[Text, ...]  #: system.stream.field that must stay the same account
    says: Text | None
    does: tuple[Step, ...]
    choices: Mapping[str, tuple[Step, ...]]
    mail: Mail | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One integration."""

    name: str
    title: str | None
    description: str | None
    systems: Mapping[str, System]
    options: Mapping[str, Option]
    discloses: tuple[Disclosure, ...]
    requires: tuple[Check, ...]
    schedule: Text | None
    modules: Mapping[str, Module]
    triggers: Mapping[str, Trigger]
    guards: Mapping[str, Guard]
    associations: Mapping[str, Association]
    lifecycle: Mapping[str, LifecycleStep]
    mail: Mapping[str, Any]  #: how notifications are sent; empty = they are only kept
    file: str
    span: Span
    mappings: Mapping[str, Mapping_] = field(default_factory=dict)  #: those that modules and triggers name
