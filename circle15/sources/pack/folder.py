"""Find a city pack: a folder with a ``city.toml``, under ``--data``, ``$CIRCLE15_DATA`` or ``./data``."""

from __future__ import annotations

import itertools
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circle15.catalog import hint, refusal
from circle15.catalog.spelling import closest, did_you_mean
from circle15.catalog.typed_toml import checked
from circle15.errors import CityError, PackError
from circle15.sources.city_config import CityConfig

__all__ = ["CITY_NAME", "FETCHED", "Pack", "check_name", "data_roots", "find_pack", "list_cities"]

CITY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TWICE = re.compile(r"Cannot (overwrite|declare|mutate)")
"""How the parser says that a key or a table stands twice."""
FETCHED = "fetched.osm.gz"
"""What ``circle15 fetch`` writes into the pack; used where no listed street file is found."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A city pack that was found: its name, its ``city.toml``, where that lies, and where its files may lie."""

    key: str
    config: CityConfig
    home: Path
    folders: tuple[Path, ...]

    def find(self, name: str, *, anywhere: bool = False) -> Path | None:
        """The first folder's file of that name, or None.

        Looked for beside ``city.toml`` and in the data roots named before that one. Roots behind it are
        searched only for what belongs to the place and not to somebody's study (``anywhere``: streets):
        one planner's pack must not be filled up with another's facilities.

        Raises
        ------
        PackError
            If the name leaves the pack, is a URL, or can be no file's name.
        """
        if "://" in name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise refusal("pack_outside", city=self.key, name=name[:200])
        own = self.folders if anywhere else self.folders[: self.folders.index(self.home) + 1]
        for folder in own:
            try:
                path = (folder / name).resolve()
                if path.is_file() and path.is_relative_to(folder.resolve()):
                    return path
            except OSError as error:
                raise refusal("pack_no_name", city=self.key, name=name[:80], why=error.strerror) from error
        return None

    def need(self, name: str) -> Path:
        """As :meth:`find`, but a missing file is an error."""
        path = self.find(name)
        if path is None:
            if any((folder / name).is_dir() for folder in self.folders):
                raise refusal("pack_folder", city=self.key, name=name)
            folders = [str(folder) for folder in self.folders]
            there = sorted(path.name for path in self.home.iterdir() if path.is_file() and path.name != "city.toml")
            alike = closest(name, there)
            meant = hint("pack_meant", name=alike) if alike else hint("pack_copy")
            places = (" 或 ".join(folders), " or ".join(folders))
            raise refusal("pack_missing", city=self.key, name=name, folders=places, hint=meant)
        return path


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
    found = dict.fromkeys(Path(part).resolve() for part in named if Path(part).is_dir())
    return tuple(found)


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


def find_pack(city: str, data: str | Path | None = None) -> Pack:
    """Find a city's pack and read its ``city.toml``.

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
    PackError
        If ``city.toml`` cannot be read or has an unknown key.
    """
    packs = list_cities(data)
    key = city if city in packs else _called(city, packs, data)
    path = packs[key] / "city.toml"
    config = checked(CityConfig, _written(path), file=path)
    folders = tuple(root / key for root in data_roots(data) if (root / key).is_dir())
    return Pack(key=key, config=config, home=packs[key], folders=folders)


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
        written = _written(path)
    except PackError:
        return ()
    return tuple(written[key] for key in ("name", "name_en") if isinstance(written.get(key), str) and written[key])


def _written(path: Path) -> dict[str, Any]:
    """What a ``city.toml`` says."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except RecursionError as error:
        raise refusal("pack_toml", file=path, why=hint("toml_deep")) from error
    except ValueError as error:
        code = "pack_toml_twice" if _TWICE.match(str(error)) else "pack_toml"
        raise refusal(code, file=path, why=error) from error
    except OSError as error:
        raise refusal("pack_closed", file=path, why=error.strerror) from error
