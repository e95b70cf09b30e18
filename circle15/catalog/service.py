"""The services of the circle: ``services.toml``, and those that a pack adds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts
from circle15.catalog.service_faults import service_fault
from circle15.errors import SettingError
from circle15.model.service import Service
from circle15.refusals import refusal

__all__ = ["services"]


@cache
def services(pack_services: tuple[Service, ...] = ()) -> Mapping[str, Service]:
    """All services by key, in the order in which they are shown: the catalogue's, then those of a pack.

    Parameters
    ----------
    pack_services
        ``City.pack_services``; empty for the catalogue's alone.

    Raises
    ------
    SettingError
        If one of the pack's is not what a service may be, or cannot be told from another.
    """
    catalogue = _catalogue()
    fault = service_fault(pack_services, catalogue)
    if fault is not None:
        table = f"pack_services[{fault.place}]"
        raise refusal(fault.code, error=SettingError, file="City", table=(table, table), **fault.words)
    return MappingProxyType({service.key: service for service in (*catalogue, *pack_services)})


@cache
def _catalogue() -> tuple[Service, ...]:
    made = []
    for key, entry in read_facts("services.toml").items():
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
        }
        made.append(Service(key=key, **fields))
    return tuple(made)
