"""Profile text: what was chosen for a spec, as the file that is kept beside it."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.spec.model import Option, Spec

_WIDTH = 100


def profile_text(spec: Spec, chosen: Mapping[str, str]) -> str:
    """The file: every option that was chosen, in the order of the spec, below what it means."""
    lines = [
        f"# What is chosen for {spec.name}: `engine init` asks for it, and every command goes by it.",
        "# An option that is missing here has its default, or means nothing beside the others.",
        f"profile: {spec.name}",
        "options:" if chosen else "options: {}",
        *(
            line
            for name, option in spec.options.items()
            if name in chosen
            for line in _lines(option, chosen[name])
        ),
    ]
    return "\n".join(lines) + "\n"


def _lines(option: Option, value: str) -> Iterator[str]:
    words = [option.help] if option.help else []
    words += [f"({', '.join(option.choices)})"] if option.choices else []
    yield from textwrap.wrap(" ".join(words), _WIDTH, initial_indent="  # ", subsequent_indent="  # ")
    yield f"  {option.name}: {_scalar(option, value)}"


def _scalar(option: Option, value: str) -> str:
    if option.type == "boolean":
        return {"yes": "true", "no": "false"}.get(value.lower(), value.lower())
    return value if option.type == "number" else json.dumps(value, ensure_ascii=False)
