"""Where an integration stands as people have left it: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

#: active: runs may be made · paused, disabled: they are refused · deleted: gone for good, until it is connected anew ·
#: connecting … migrating: what somebody ordered has begun; a run is refused until the same order is finished
State = Literal[
    "active", "paused", "disabled", "deleted", "connecting", "disabling", "enabling", "deleting", "migrating"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The account of a system that an integration was connected to."""

    value: str  #: what identifies it, such as the id of an organisation
    name: str | None = None  #: what people call it; None = the system does not say
    #: Fingerprint of the settings with which it was seen last: with these it need not be asked for; None = ask again.
    settings: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an integration stands as people have left it."""

    integration: str
    state: State = "active"
    since: str | None = None  #: when it came to stand so; None = nobody has said anything of it yet
    pins: Mapping[str, Pin] = field(default_factory=dict)  #: by `SYSTEM.STREAM.FIELD`
    options: Mapping[str, Any] | None = None  #: what was chosen when it was connected; None = it was not
    #: What people have agreed to: `discloses`, `connected` (fingerprints of what was told and done then), `choice`
    #: (of a stage that has begun), `migrated` (the moment).
    agreed: Mapping[str, str] = field(default_factory=dict)
    by: str | None = None  #: the mail address of who ordered it; None = it was not given
