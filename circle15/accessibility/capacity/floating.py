"""Floating catchments: supply shared among those who reach it, as an index; each form a reduction of a reach table.

With weights W of pairs, people w and supply S: R_j = S_j / sum_i(w_i W_ij), A_i = sum_j(R_j W_ij). Supply is conserved,
sum(w A) = sum(S) over facilities that somebody reaches, so an index says how much there is for each person and never
whether everyone can be served: see :mod:`circle15.accessibility.capacity.allocation` for that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.accessibility.decay import gaussian_weight, zone_weight
from circle15.catalog.floating import Decay, floating_forms
from circle15.errors import InputError, SettingError
from circle15.model.capacity import FloatingAccess
from circle15.model.placed import determined
from circle15.model.results import ReachTable
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["decay_weights", "floating_access", "squared_step", "three_step", "two_step"]


def decay_weights(decay: Decay, reach: ReachTable, *, circle_min: float) -> NDArray[np.float64]:
    """``float64[k]``: the weight of each pair; zones are shares of the circle, so that 15 minutes have 5, 10 and 15."""
    minutes = reach.cost_ms / 60_000.0
    if decay.kind == "gaussian":
        return gaussian_weight(minutes, circle_min)
    return zone_weight(minutes, borders_min=[share * circle_min for share in decay.borders], weights=decay.weights)


def floating_access(
    reach: ReachTable,
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
    *,
    form: str,
    circle_min: float,
    wide: ReachTable | None = None,
) -> FloatingAccess:
    """One index of ``floating.toml`` for every demand point.

    Parameters
    ----------
    reach
        Walking times within the circle.
    people
        ``float64[p]`` who compete, of the points of the table.
    supply
        ``float64[f]`` of its facilities: 0 where one does not offer the service, NaN where its capacity is not known.
    form
        A key of ``floating.toml``: ``2sfca``, ``e2sfca``, ``e2sfca_steep``, ``e2sfca_gaussian``, ``m2sfca``, ``3sfca``
        or ``3sfca_pysal``.
    circle_min
        Minutes to which decays are scaled.
    wide
        For ``3sfca_pysal``: walking times beyond the circle too, over which people choose. A decay that ends at the
        circle makes it the strict form.

    Raises
    ------
    SettingError
        If there is no such form.
    InputError
        If people and supply are not those of the table, or below zero.
    """
    forms = floating_forms()
    if form not in forms:
        hint = did_you_mean(form, forms)
        raise refusal("floating_form", error=SettingError, form=form, hint=hint, known=", ".join(forms))
    asked = forms[form]
    weight = decay_weights(asked.decay, reach, circle_min=circle_min)
    if asked.steps == "two":
        return two_step(reach, people, supply, weight)
    if asked.steps == "squared":
        return squared_step(reach, people, supply, weight)
    if asked.steps == "three" or wide is None:
        return three_step(reach, people, supply, weight)
    beyond = decay_weights(asked.decay, wide, circle_min=circle_min)
    choice = np.bincount(wide.point, weights=beyond, minlength=len(wide.point_ids)).astype(float)
    return three_step(reach, people, supply, weight, choice=choice)


def two_step(
    reach: ReachTable, people: NDArray[np.float64], supply: NDArray[np.float64], weight: NDArray[np.float64]
) -> FloatingAccess:
    """2SFCA with ``weight`` 1, E2SFCA with any other: ``A_i = sum_j W_ij S_j / sum_k(w_k W_kj)``.

    Parameters
    ----------
    reach, people, supply
        As for :func:`floating_access`.
    weight
        ``float64[k]`` of the pairs.

    References
    ----------
    Luo and Wang (2003), Environment and Planning B 30(6), 865-884; Luo and Qi (2009), Health & Place 15(4), 1100-1107.
    """
    return _shared(reach, people, supply, weight, weight)


def squared_step(
    reach: ReachTable, people: NDArray[np.float64], supply: NDArray[np.float64], weight: NDArray[np.float64]
) -> FloatingAccess:
    """M2SFCA: ``A_i = sum_j W_ij^2 S_j / sum_k(w_k W_kj)``; supply that is far from all is lost, not shared out.

    References
    ----------
    Delamater, P. L. (2013), Health & Place 24, 30-43; the formula is given from memory and to be verified.
    """
    return _shared(reach, people, supply, weight, weight**2)


def three_step(
    reach: ReachTable,
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    choice: NDArray[np.float64] | None = None,
) -> FloatingAccess:
    """3SFCA: people choose among facilities first, ``G_ij = W_ij / sum_k(W_ik)``, and weights become ``G W``.

    ``choice`` ``float64[p]`` are the sums over k. By default those of the table, as in the paper. PySAL ``access`` sums
    over all pairs, also beyond the catchment: give its sums to get its numbers.

    References
    ----------
    Wan, N., Zou, B. and Sternberg, T. (2012), International Journal of Geographical Information Science 26(6),
    1073-1089.
    """
    _check(reach, people, supply, weight)
    sums = np.bincount(reach.point, weights=weight, minlength=len(reach.point_ids)) if choice is None else choice
    of_pair = sums[reach.point]
    chosen = np.divide(weight, of_pair, out=np.zeros(len(weight)), where=of_pair > 0) * weight
    return _shared(reach, people, supply, chosen, chosen)


def _check(
    reach: ReachTable, people: NDArray[np.float64], supply: NDArray[np.float64], weight: NDArray[np.float64]
) -> None:
    sizes, given = (len(reach.point_ids), len(reach.facility_ids), len(reach)), (len(people), len(supply), len(weight))
    if sizes != given:
        raise refusal(
            "floating_columns", error=InputError, points=sizes[0], facilities=sizes[1], pairs=sizes[2], given=given
        )
    if not (people >= 0).all() or not (weight >= 0).all() or (supply < 0).any():
        raise refusal("floating_negative", error=InputError)


def _shared(
    reach: ReachTable,
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
    asks: NDArray[np.float64],
    gets: NDArray[np.float64],
) -> FloatingAccess:
    """Supply of facilities over those who ask, weighted by ``asks``; what points get of it, weighted by ``gets``."""
    _check(reach, people, supply, asks)
    points, facilities = len(reach.point_ids), len(reach.facility_ids)
    unknown = np.isnan(supply)
    asked = np.bincount(reach.facility, weights=people[reach.point] * asks, minlength=facilities)
    ratio = np.divide(supply, asked, out=np.full(facilities, np.nan), where=(asked > 0) & ~unknown)
    shares = np.nan_to_num(ratio)[reach.facility] * gets
    access = np.bincount(reach.point, weights=shares, minlength=points)
    doubtful = np.bincount(reach.point[(gets > 0) & unknown[reach.facility]], minlength=points) > 0
    served = np.bincount(reach.point[(gets > 0) & (supply != 0)[reach.facility]], minlength=points) > 0
    known = determined(reach.point_status, served) & ~doubtful
    return FloatingAccess(
        access=np.where(known, access, np.nan),
        ratio=ratio,
        unused=float(supply[(asked <= 0) & ~unknown].sum()),
        unknown=int(unknown.sum()),
    )
