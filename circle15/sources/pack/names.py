"""Which city packs there are, and which of them a name means; quick, since it reads nothing but each ``city.toml``."""

from __future__ import annotations

import itertools
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from circle15.errors import CityError, PackError
from circle15.refusals import hint, refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["CITY_NAME", "check_name", "data_roots", "list_cities", "pack_key", "read_city_toml"]

CITY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TWICE = re.compile(r"Cannot (overwrite|declare|mutate)")
"""How the parser says that a key or a table stands twice."""


def data_roots(data: str | Path | None = None) -> tuple[Path, ...]:
    """Folders that hold city packs: ``data``, then ``$CIRCLE15_DATA``, ``./data``, and the checkout's own.

    Raises
    ------
    CityError
        If ``data`` is given and is no folder. Of the others those that are there are taken.
    """
    if data is not None and not Path(data).is_dir():
        raise refusal("data_no_folder", error=CityError, folder=str(data))
    named = [data] if data is not None else []
    named += [part for part in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep) if part]
    named += ["data", Path(__file__).parents[3] / "data"]
    roots = dict.fromkeys(Path(part).resolve() for part in named if Path(part).is_dir())
    return tuple(roots)


def list_cities(data: str | Path | None = None) -> dict[str, Path]:
    """City packs that can be found, by name, with the folder of their ``city.toml``.

    Parameters
    ----------
    data
        A folder with city packs, looked in before ``$CIRCLE15_DATA`` and ``./data``.

    Raises
    ------
    CityError
        If ``data`` is given and is no folder.
    """
    packs: dict[str, Path] = {}
    for root in data_roots(data):
        for folder in _packs_in(root, given=data is not None and root == Path(data).resolve()):
            packs.setdefault(folder.name, folder)
    return dict(sorted(packs.items()))


def _packs_in(root: Path, *, given: bool) -> list[Path]:
    """Folders of packs in a data root; none in a root that cannot be read, unless it is the one that was given.

    Raises
    ------
    CityError
        If the given one cannot be read.
    """
    try:
        return [
            folder
            for folder in sorted(root.iterdir())
            if CITY_NAME.fullmatch(folder.name) and (folder / "city.toml").is_file()
        ]
    except OSError as error:
        if not given:
            return []
        raise refusal("data_closed", error=CityError, folder=str(root), why=error.strerror) from error


def check_name(city: str) -> None:
    """Accept only names of folders that no shell and no path can misunderstand.

    Raises
    ------
    CityError
        If the name is none.
    """
    if not CITY_NAME.fullmatch(city):
        raise refusal("folder_name", error=CityError, city=city[:80])


def pack_key(city: str, data: str | Path | None = None) -> str:
    """Folder name of the pack that a name means.

    Parameters
    ----------
    city
        Name of its folder, such as ``"suzhou"``, or else the name that it bears: ``name`` or ``name_en`` of its
        ``city.toml``, such as ``"苏州"``, in large or small letters. The text is compared with what is there, and
        used for nothing else.
    data
        A folder with city packs, looked in before ``$CIRCLE15_DATA`` and ``./data``.

    Raises
    ------
    CityError
        If there is no such pack, or several bear that name.
    """
    packs = list_cities(data)
    return city if city in packs else _called(city, packs, data)


def _called(city: str, packs: Mapping[str, Path], data: str | Path | None) -> str:
    """Folder name of the only pack that bears a name."""
    titles = {key: _titles(folder / "city.toml") for key, folder in packs.items()}
    bearers = [key for key, names in titles.items() if city.casefold() in map(str.casefold, names)]
    if len(bearers) > 1:
        folders = [f"{key} ({packs[key]})" for key in bearers]
        raise refusal(
            "city_twice", error=CityError, city=city, count=len(folders), first=bearers[0],
            folders=("、".join(folders), ", ".join(folders)),
        )  # fmt: skip
    if bearers:
        return bearers[0]
    raise refusal(
        "city_unknown" if CITY_NAME.fullmatch(city) else "city_name",
        error=CityError,
        city=city[:80],
        hint=did_you_mean(city[:80].strip().casefold(), [*packs, *itertools.chain(*titles.values())]),
        known=("、".join(" ".join((key, *titles[key][:1])) for key in packs) or "没有", ", ".join(packs) or "none"),
        roots=", ".join(str(root) for root in data_roots(data)) or hint("no_roots"),
    )


def _titles(path: Path) -> tuple[str, ...]:
    """The names that a pack bears; none where its ``city.toml`` cannot be read, which must not hide the others."""
    try:
        written = read_city_toml(path)
    except PackError:
        return ()
    return tuple(written[key] for key in ("name", "name_en") if isinstance(written.get(key), str) and written[key])


def read_city_toml(path: Path) -> dict[str, Any]:
    """What a ``city.toml`` says, not yet checked.

    Raises
    ------
    PackError
        If it cannot be opened or is no TOML file.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except RecursionError as error:
        raise refusal("pack_toml", file=path, why=hint("toml_deep")) from error
    except ValueError as error:
        code = "pack_toml_twice" if _TWICE.match(str(error)) else "pack_toml"
        raise refusal(code, file=path, why=error) from error
    except OSError as error:
        raise refusal("pack_closed", file=path, why=error.strerror) from error
