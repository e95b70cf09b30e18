"""Shapefiles: all parts there, and the encoding of their texts found out, not hoped for.

Without a ``.cpg`` GDAL takes every byte for a Western letter, and a name that the ten bytes of a field
have cut inside a character makes it fail. So the parts are handed to it in memory without a word on
encoding; what comes back holds the bytes one for one, and they are decoded here.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.catalog import hint, refusal
from circle15.sources.layers.files import LayerLimits, broken_layer
from circle15.sources.tables.encodings import text_encoding

__all__ = ["FIELD_BYTES", "RAW_BYTES", "Shapefile", "decoded", "open_shapefile"]

FIELD_BYTES = 10
"""What the name of a field may have; longer ones were cut when the file was made."""
RAW_BYTES = "ISO-8859-1"
"""Gives each byte a letter of its own; under this very name GDAL hands the bytes on one for one."""
_LANGUAGE_BYTE = 29
_HEADER_BYTES = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class Shapefile:
    """A shapefile's parts as one zip in memory, the encoding of its texts, and who says so."""

    content: bytes
    encoding: str
    origin: str
    has_crs: bool


def open_shapefile(path: Path, limits: LayerLimits, *, encoding: str = "") -> Shapefile:
    """Read the parts of a shapefile.

    Parameters
    ----------
    path
        The ``.shp``.
    limits
        For all parts together.
    encoding
        Overrules the ``.cpg`` and what the bytes look like.

    Raises
    ------
    PackError
        If ``.shx`` or ``.dbf`` is missing, the parts are too large, or the encoding is not known.
    """
    home = path.parent.resolve()
    beside = {
        sibling.suffix.lower(): sibling
        for sibling in sorted(path.parent.iterdir())
        # A part that is a link leads where the pack has no business.
        if sibling.stem == path.stem and sibling.is_file() and sibling.resolve().parent == home
    }
    for suffix in (".shx", ".dbf"):
        if suffix not in beside:
            raise refusal("shp_part", file=path.name, part=f"{path.stem}{suffix}")
    parts = {suffix: beside[suffix] for suffix in (".shp", ".shx", ".dbf", ".prj") if suffix in beside}
    try:
        limits.check(path.name, "file_bytes", sum(part.stat().st_size for part in parts.values()))
        content: dict[str, bytes] = {suffix: part.read_bytes() for suffix, part in parts.items()}
        claimed = beside[".cpg"].read_bytes() if ".cpg" in beside else b""
    except OSError as error:
        raise refusal("layer_missing", file=path.name, why=error.strerror) from error
    table = content[".dbf"]
    _check_whole(path, content)
    chosen, origin = _encoding(path, encoding, claimed, table)
    content[".dbf"] = table[:_LANGUAGE_BYTE] + b"\0" + table[_LANGUAGE_BYTE + 1 :]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for suffix, part in content.items():
            archive.writestr(f"layer{suffix}", part)
    return Shapefile(content=packed.getvalue(), encoding=chosen, origin=origin, has_crs=".prj" in parts)


def _check_whole(path: Path, content: Mapping[str, bytes]) -> None:
    """Refuse parts that are shorter than their own headers say: their rows would be missing in silence."""
    table, shapes = content[".dbf"], content[".shp"]
    header = len(table) >= _HEADER_BYTES
    records, begin, width = (int.from_bytes(table[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if not header or len(table) < begin + records * width:
        raise broken_layer(path.name, hint("shp_cut", part=f"{path.stem}.dbf"))
    for suffix, part in ((".shp", shapes), (".shx", content[".shx"])):
        words = int.from_bytes(part[24:28], "big")
        if len(part) < 100 or len(part) < 2 * words:
            raise broken_layer(path.name, hint("shp_cut", part=f"{path.stem}{suffix}"))


def _encoding(path: Path, given: str, claimed: bytes, table: bytes) -> tuple[str, str]:
    """The encoding and where it comes from: city.toml, the ``.cpg``, else the bytes of the table."""
    if given:
        name = text_encoding(given)
        if not name:
            raise refusal("layer_encoding_key", file=path.name, encoding=given[:40])
        return name, "city.toml"
    name = text_encoding(claimed[:40].decode("ascii", "replace"))
    if name and name != "ascii":
        return name, ".cpg"
    records = table[int.from_bytes(table[8:10], "little") :]
    try:
        records.decode("ascii")
    except UnicodeDecodeError:
        text = records.decode("utf-8", errors="replace")
        # Pairs of GBK bytes often look like two-byte UTF-8, seldom like the three bytes of a Chinese character;
        # a few broken places are cells that were cut inside a character.
        whole = len(re.findall(r"[\u3000-\u9fff\uff00-\uffef]", text))
        return ("utf-8" if whole >= text.count("\ufffd") else "gb18030"), "bytes"
    return "utf-8", ""


def decoded(frame: pd.DataFrame, path: Path, layer: Shapefile) -> tuple[pd.DataFrame, int]:
    """Texts and headers of a shapefile's frame in their encoding, and how many cells end inside a character.

    Raises
    ------
    PackError
        If the bytes do not fit the encoding; names row and column.
    """
    columns: dict[str, pd.Series] = {}
    cut = 0
    for column in frame.columns:
        (header,), _ = _read_all([str(column)], path, layer, column="")
        cells = frame[column]
        if cells.dtype == object or isinstance(cells.dtype, pd.StringDtype):
            texts, more = _read_all(cells.tolist(), path, layer, column=str(header))
            cells, cut = pd.Series(texts, index=cells.index, dtype=object), cut + more
        while header in columns:
            header += "_"
        columns[str(header)] = cells
    return pd.DataFrame(columns, index=frame.index), cut


def _read_all(cells: Sequence[Any], path: Path, layer: Shapefile, *, column: str) -> tuple[list[Any], int]:
    """Cells in their encoding; how many end inside a character, which is left out."""
    reads = codecs.getincrementaldecoder(layer.encoding)
    cut = 0
    made = []
    for row, cell in enumerate(cells, start=1):
        if not isinstance(cell, str) or cell.isascii():
            made.append(cell)
            continue
        decoder = reads()
        try:
            made.append(decoder.decode(cell.encode(RAW_BYTES)))
        except UnicodeDecodeError as error:
            raise refusal(
                "shp_encoding", file=path.name, encoding=layer.encoding.upper(), row=row, column=repr(column),
                origin=hint("shp_encoding_guessed") if layer.origin == "bytes" else layer.origin,
            ) from error  # fmt: skip
        cut += bool(decoder.getstate()[0])
    return made, cut
