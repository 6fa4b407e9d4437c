"""How to connect to a sandbox that is being served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


def connect_text(url: str, served: Mapping[str, Mapping[str, Any]]) -> str:
    """The address, and the `with:` settings of each connector as one line a spec can take."""
    lines = [f"{name}: {{ {_settings(settings)} }}" for name, settings in served.items()]
    return f"Sandbox at {url}. In a spec, connect with\n" + "".join(f"  {line}\n" for line in lines)


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {printable(_flow(value))}" for key, value in settings.items())


def _flow(value: Any) -> str:
    # JSON is YAML: quoted text stays text.
    return json.dumps(value, ensure_ascii=False)
