"""Load a connector file: YAML becomes a `Description`. Tests check our own files, loading the others."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from engine.connectors.http.description.api import Description
from engine.errors import UserError

#: Files in here are ours.
OURS = Path(__file__).resolve().parents[2]
#: A place in a shape that each stream fills with a word of its own.
WORD = re.compile(r"<([a-z]+)>")


@cache
def load_description(file: Path) -> Description:
    """What a connector file says, read once per process.

    Raises:
        UserError: the file cannot be read or is not as schemas/connector.schema.json says.
    """
    document = read_once(file)
    said = json.dumps(document, sort_keys=True, default=str)
    return dataclasses.replace(describe(document), digest=hashlib.sha256(said.encode()).hexdigest()[:16])


@cache
def read_once(file: Path) -> Mapping[str, Any]:
    """The content of a connector file, read once per process. Raises UserError as `load_description`."""
    return read_document(file)


def read_document(file: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The content of a connector file, laid over the file that it extends; `above` = those that extend it.

    Raises:
        UserError: as `load_description`, or files extend each other in a circle.
    """
    import yaml  # only a spec that names this connector needs it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506  both loaders are safe ones
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"The connector file {file} cannot be read: {error}.") from error
    if OURS not in file.resolve().parents:
        check_document(document, file)
    own = dict(document)
    under = own.pop("extends", None)
    if under is None:
        return own
    if file in above:
        raise UserError(f"The connector file {file} extends itself.")
    return _laid_over(read_document(file.with_name(under), (*above, file)), own)


def check_document(document: object, file: Path) -> None:
    """Compare a connector file with the schema. Raises UserError with the first difference."""
    import json  # as jsonschema: only a file that is not ours is checked

    import jsonschema  # see above

    from engine.spec.share import share  # see above

    schema = json.loads((share("schemas") / "connector.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    # A null takes away what lies under it: it may stand anywhere.
    first = jsonschema.exceptions.best_match(validator.iter_errors(_filled(document, {})))
    if first is not None:
        raise UserError(
            f"The connector file {file} is wrong at `{first.json_path}`: {first.message}.",
            remedy="`engine schema connector` prints what may stand there.",
        )


def describe(document: Mapping[str, Any]) -> Description:
    """A connector file's content as a `Description`; a shape is laid under the streams that are `like` it.

    Raises:
        UserError: a shape does not exist, or a key is missing once shapes are laid under.
    """
    top = dict(document)
    shapes = top.pop("shapes", {})
    streams = top.get("streams", {})
    top["streams"] = {name: _shaped(name, body, shapes) for name, body in streams.items() if body is not None}
    return cast("Description", _build(Description, _filled(top, {}), str(document.get("connector"))))


def _shaped(name: str, stream: Mapping[str, Any], shapes: Mapping[str, Any]) -> Any:
    return _filled(_on_shape(name, stream, shapes), stream.get("words", {}))


def _on_shape(name: str, body: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
    """A stream or shape laid over the shape that it is like, which may be like a further one."""
    own = {key: value for key, value in body.items() if key not in ("like", "words")}
    like = body.get("like")
    if like is None:
        return own
    if like not in shapes:
        raise UserError(f"The stream `{name}` is like `{like}`, which is not among the shapes.")
    # Without itself: shapes that are like each other in a circle end here.
    others = {key: shape for key, shape in shapes.items() if key != like}
    return _laid_over(_on_shape(name, shapes[like], others), own)


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """A shape with its `<words>` filled in, and without what a null took away."""
    if isinstance(value, Mapping):
        return {key: _filled(part, words) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_filled(part, words) for part in value]
    return WORD.sub(lambda found: words.get(found[1], found[0]), value) if isinstance(value, str) else value


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two mappings as one, deeply; `over` wins."""
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _laid_over(merged[key], value) if both else value
    return merged


@cache
def _hints(type_: type) -> dict[str, Any]:
    return get_type_hints(type_)


def _build(type_: Any, value: Any, where: str) -> Any:
    """A value out of YAML as the type that its field declares; the schema has already said that it fits."""
    if type_ is Any:
        return value
    if dataclasses.is_dataclass(type_):
        return _built(cast("type", type_), value, where)
    origin, args = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return (
            None
            if value is None
            else _build(next(arg for arg in args if arg is not type(None)), value, where)
        )
    if origin is tuple:
        return tuple(_build(args[0], part, where) for part in (value if isinstance(value, list) else [value]))
    if origin is not None and origin is not Literal:
        return {key: _build(args[1], part, f"{where}.{key}") for key, part in value.items()}
    return str(value) if type_ is str else value


def _built(type_: type, value: Mapping[str, Any], where: str) -> Any:
    for part in dataclasses.fields(type_):
        needed = part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING
        if needed and part.name not in value:
            raise UserError(f"The connector file lacks `{part.name}` in `{where}`.")
    hints = _hints(type_)
    return type_(**{key: _build(hints[key], part, f"{where}.{key}") for key, part in value.items()})
