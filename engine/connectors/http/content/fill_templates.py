"""Fill templates: values for the `{names}` of an address; no value of a record changes where a request goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = re.compile(r"\{([a-z_]+)\}")
IDENTITY = re.compile(r"[A-Za-z0-9_-]+")


def is_identity(id_: str | None) -> bool:
    """Whether a text can be an id of a record: letters, digits, `-` and `_` only."""
    return id_ is not None and IDENTITY.fullmatch(id_) is not None


def fill_path(template: str, words: Mapping[str, str]) -> str:
    """A path with its names filled in; each value stays inside its own segment."""
    return NAME.sub(lambda found: quote(words[found[1]], safe=""), template)


def fill_params(templates: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """Parameters with their names filled in; the HTTP client encodes them."""
    return {key: NAME.sub(lambda found: words[found[1]], template) for key, template in templates.items()}
