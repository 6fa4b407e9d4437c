"""How to connect to a sandbox that is being served."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any


def connect_text(url: str, served: Mapping[str, Mapping[str, Any]]) -> str:
    """The address, the credentials as lines for a shell, and the `with:` settings that refer to them."""
    secrets = [
        f"  export {variable(name)}={shlex.quote(json.dumps(value))}\n"
        for name, settings in served.items()
        for value in settings.values()
        if isinstance(value, Mapping)
    ]
    settings = [f"  {name}: {{ {_with(name, settings)} }}\n" for name, settings in served.items()]
    words = f"Sandbox at {url}\nWith any command: --sandbox={url}\n"
    return "".join([f"{words}Or in the shell:\n", *secrets, "and in a spec, under `with:`:\n", *settings])


def variable(connector: str) -> str:
    """The environment variable for a connector's credentials."""
    return connector.upper().replace("-", "_")


def _with(connector: str, settings: Mapping[str, Any]) -> str:
    # Credentials are always references; what else there is stands there as JSON, which is YAML.
    reference = f"${{env:{variable(connector)}}}"
    shown = {key: reference if isinstance(value, Mapping) else value for key, value in settings.items()}
    return ", ".join(f"{key}: {json.dumps(value)}" for key, value in shown.items())
