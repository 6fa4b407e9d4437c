"""The package that `engine connectors new` makes: it works and passes its tests as it is."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from engine.connectors.registry import connector_types
from engine.errors import UserError

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: The name of the connector in the templates, in the three forms that it has there.
SAMPLE = "sample"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 40
KINDS = (".md", ".py", ".toml", ".yaml")


def check_name(name: str) -> None:
    """Raises UserError for a name that cannot be a connector's, saying why."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"`{name}` cannot be the name of a connector.",
            remedy=f"Use lower-case words joined by `-`, such as `web-shop`, {LONGEST} characters at most.",
        )
    if keyword.iskeyword(name) or name in ("new", "show"):
        raise UserError(f"`{name}` is a reserved word.", remedy=f"Try `my-{name}`.")
    if name in connector_types():
        raise UserError(f"There is a connector `{name}` already.", remedy=f"Try `my-{name}`.")


def write_package(template: Path, target: Path, name: str) -> list[Path]:
    """Write the template's files under `target`, for a connector of that name. Gives their paths.

    Raises UserError if there is anything at `target` already.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            f"{target} is there already, and nothing is overwritten.",
            remedy="Choose another place with --folder, or remove it first.",
        )
    made = []
    for source in sorted(path for path in template.rglob("*") if path.suffix in KINDS):
        path = target / renamed(str(source.relative_to(template)), name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(renamed(source.read_text(encoding="utf-8"), name), encoding="utf-8")
        made.append(path)
    return made


def renamed(text: str, name: str) -> str:
    """A text of the template with the connector's own name: in modules with `_`, elsewhere as it is."""
    module = name.replace("-", "_")
    for sample, own in (
        (f"engine_{SAMPLE}", f"engine_{module}"),
        (f"test_{SAMPLE}", f"test_{module}"),
        (SAMPLE.upper(), module.upper()),
        (SAMPLE, name),
    ):
        text = text.replace(sample, own)
    return text
