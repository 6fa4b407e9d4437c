"""The SPEC that a person names: a file, a spec that ships with the engine, or an integration that has run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.shared.output import say
from engine.errors import UserError
from engine.spec.diagnostic import SpecError
from engine.spec.files import loader_for
from engine.spec.share import share

if TYPE_CHECKING:
    from engine.spec.model import Spec


def find_spec(name: str) -> Path:
    """The file that a person means by a path or a name.

    A path that exists is taken as it is; else a shipped spec of that name, and stderr says which.
    Raises UserError when there is neither.
    """
    found = spec_file(name)
    if found is None:
        raise _no_spec(name)
    if found != Path(name):
        say(f"`{name}` is not in this folder; using the one that ships with the engine: {found}")
    return found


def spec_file(name: str) -> Path | None:
    """The file that a person means by SPEC; None = there is none."""
    path = Path(name)
    return path if path.is_file() else _shipped(path)


def _shipped(path: Path) -> Path | None:
    """The spec of that name that ships with the engine; None = there is none, or the path leads elsewhere."""
    if path.is_absolute() or path.parent not in (Path("specs"), Path()):
        return None
    found = share("specs") / path.with_suffix(".yaml").name
    return found if found.is_file() else None


def _no_spec(name: str) -> UserError:
    if Path(name).is_dir():
        remedy = "Name one file of that folder; `engine validate` takes whole folders."
    else:
        names = ", ".join(sorted(f"specs/{one.name}" for one in share("specs").glob("*.yaml")))
        remedy = f"Give the path of a file, or one of those that ship with the engine: {names}."
    return UserError(f"There is no spec `{name}`.", remedy=remedy)


def is_name_only(spec: str) -> bool:
    """Whether SPEC can only be the name of an integration that has run, and no file."""
    path = Path(spec)
    return not path.is_file() and not path.suffix and path.parent == Path()


def integration_of(name: str) -> str:
    """The name of the integration that a person means by a spec file or by the name itself."""
    known = spec_file(name)
    if known is not None:
        # A finding elsewhere in the file is no reason to hide what has already run.
        return read_spec_file(known, valid=False).name
    if not is_name_only(name):
        raise _no_spec(name)
    return name


def read_spec_file(file: Path, *, valid: bool = True) -> Spec:
    """The spec in a file; `valid`: without a single error. Raises SpecError."""
    from engine.spec.read import read_spec

    spec, findings = read_spec(str(file), loader_for(file))
    if spec is None or (valid and any(one.severity == "error" for one in findings)):
        raise SpecError(findings)
    return spec
