"""Find a city pack: a folder with a ``city.toml``, under ``--data``, ``$CIRCLE15_DATA`` or ``./data``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from circle15.catalog.typed_toml import checked
from circle15.refusals import hint, refusal
from circle15.refusals.spelling import closest
from circle15.sources.city_config import CityConfig
from circle15.sources.pack.names import data_roots, list_cities, pack_key, read_city_toml

__all__ = ["FETCHED", "Pack", "find_pack"]

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
        folders = self.folders if anywhere else self.folders[: self.folders.index(self.home) + 1]
        for folder in folders:
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
            names = sorted(path.name for path in self.home.iterdir() if path.is_file() and path.name != "city.toml")
            alike = closest(name, names)
            meant = hint("pack_meant", name=alike) if alike else hint("pack_copy")
            places = (" 或 ".join(folders), " or ".join(folders))
            raise refusal("pack_missing", city=self.key, name=name, folders=places, hint=meant)
        return path


def find_pack(city: str, data: str | Path | None = None) -> Pack:
    """Find a city's pack and read its ``city.toml``.

    Parameters
    ----------
    city, data
        As for :func:`circle15.sources.pack.names.pack_key`.

    Raises
    ------
    CityError
        If there is no such pack, or several bear that name.
    PackError
        If ``city.toml`` cannot be read or has an unknown key.
    """
    key = pack_key(city, data)
    home = list_cities(data)[key]
    path = home / "city.toml"
    config = checked(CityConfig, read_city_toml(path), file=path)
    folders = tuple(root / key for root in data_roots(data) if (root / key).is_dir())
    return Pack(key=key, config=config, home=home, folders=folders)
