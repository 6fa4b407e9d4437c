"""Files of a folder as streams: `connector: files`. A stream is a file, `customers` is `customers.csv`, or several.

The files are for exchange between programs: a value is kept as it is, also where a spreadsheet would take it
for a formula (`=1+1`). Do not open files with values from strangers in a spreadsheet program.
"""

from __future__ import annotations

import dataclasses  # `replace` is a file of this package
from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog
from engine.connectors.declared import declare_stream, declared, streams_schema
from engine.connectors.files.can import CAN_READ, CAN_WRITE
from engine.connectors.files.csv_form import FORM_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.files.connector import FilesConnector
    from engine.connectors.port import Surroundings


class FilesType:
    """What the entry point names.

    A relative `folder` counts from the folder in `settings["_base"]`: the caller puts the folder of the spec
    there. Without it the path counts from the working directory.
    """

    name = "files"
    summary = "CSV, JSON lines and Parquet files of a folder; every file is a stream."
    settings: Mapping[str, Any] = {
        "type": "object",
        "required": ["folder"],
        "additionalProperties": False,
        "properties": {
            "folder": {"type": "string", "description": "The folder, counted from the folder of the spec."},
            "format": {
                "enum": ["csv", "jsonl", "parquet"],
                "default": "csv",
                "description": "`csv` with a header row, `jsonl` with one JSON object a line (both UTF-8), "
                "or `parquet`.",
            },
            "delimiter": {
                "enum": [",", ";", "\t", "|"],
                "default": ",",
                "description": "What stands between the values of a CSV row.",
            },
            "create": {
                "type": "boolean",
                "description": "Make a file that does not exist when its first record is written.",
            },
            "streams": streams_schema(
                files={
                    "type": "string",
                    "description": "Several files as one stream, such as `orders-*.csv`; read only.",
                },
                id={"type": "string", "description": "The field that identifies a record."},
                form=FORM_SCHEMA,
            ),
        },
    }

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The declared streams; the folder may have more files, and they more fields."""
        whole = settings.get("format") == "jsonl"
        streams = {
            name: dataclasses.replace(
                declare_stream(name, said, can=CAN_READ if "files" in said else CAN_WRITE),
                sends_null=True,
                fillable=whole,
            )
            for name, said in declared(settings).items()
        }
        typed = settings.get("format") == "parquet"
        return Catalog(connector=self.name, streams=streams, open=True, tells_types=typed)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> FilesConnector:
        """Look at the folder. Raises UserError if it does not exist."""
        from engine.connectors.files.connector import FilesConnector

        del surroundings
        return FilesConnector(settings)


FILES = FilesType()
