"""Most people within reach of p sites: value, proven bound, CPU and memory, beside other solvers.

    python benchmarks/siting.py                    # 8,000 x 344, 50,000 x 2,000 and 200,000 x 5,000, all contenders
    python benchmarks/siting.py --quick            # a small city and one number of sites
    python benchmarks/siting.py --limit-s 300      # more time for the contenders

Cities are clustered and made by a seed. Each contender runs in a process of its own, on one thread, from the same file
of pairs; CPU seconds count from the arrays to the answer, peak memory is the whole process's. What it chose is counted
anew here, and no bound may lie below what another one covers: else WRONG, and the script leaves with 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from markdown import print_table
from stages import peak_mb

sys.path.insert(0, str(Path(__file__).parents[1]))

from circle15.model.plans import CoverProblem, SitingLimits
from circle15.planning.siting.most_people import most_people
from circle15.planning.siting.reduction import remaining
from circle15.planning.siting.search import chosen_first
from circle15.planning.siting.solver import model_of

CHILD = "--in-this-process"

SIZES = ((8_000, 344, 30), (50_000, 2_000, 50), (200_000, 5_000, 100))
"""Rows, candidates, and candidates that a row reaches on average."""

NUMBERS = (10, 20, 40)

MOST_PAIRS = MappingProxyType({"HiGHS": 3_000_000, "CP-SAT": 3_000_000, "spopt, HiGHS": 300_000})
"""Contenders that build a model of Python objects or a dense matrix stay away from more."""

GRACE_S = 120
"""After its limit a contender may take so long to stop; then it is ended."""

Answer = tuple[list[int], float | None]
"""Chosen candidates and a bound, None where it tells none."""


def circle15_plan(problem: CoverProblem, number: int, limit_s: float) -> Answer:  # noqa: ARG001  # it counts, no clock
    """The engine under test."""
    plan = most_people(problem, number=number)
    return plan.chosen.tolist(), plan.certificate.bound


def greedy(problem: CoverProblem, number: int, limit_s: float) -> Answer:  # noqa: ARG001
    """What adding the best one again and again says."""
    rest = remaining(problem, number=number, budget=None)
    return rest.ids[chosen_first(rest)].tolist(), None


def plain_highs(problem: CoverProblem, number: int, limit_s: float) -> Answer:
    """The textbook model as it stands, by scipy's ``milp``."""
    from scipy.optimize import milp

    rest = remaining(problem, number=number, budget=None)
    answer = milp(**model_of(rest), options={"time_limit": limit_s})
    part = np.zeros(0) if answer.x is None else answer.x[: len(rest.ids)]
    bound = None if answer.mip_dual_bound is None else -float(answer.mip_dual_bound)
    return rest.ids[np.flatnonzero(part > 0.5)].tolist(), bound


def cp_sat(problem: CoverProblem, number: int, limit_s: float) -> Answer:
    """OR-Tools, one worker."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    site = [model.new_bool_var("") for _ in range(len(problem.cost))]
    row = [model.new_bool_var("") for _ in range(len(problem.weight))]
    for number_of, one in enumerate(row):
        reached = problem.candidate[problem.start[number_of] : problem.start[number_of + 1]].tolist()
        model.add_bool_or([site[at] for at in reached] + [one.negated()])
    model.add(sum(site) <= number)
    model.maximize(cp_model.LinearExpr.weighted_sum(row, problem.weight.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = limit_s
    status = solver.solve(model)
    known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return [at for at, one in enumerate(site) if known and solver.value(one)], solver.best_objective_bound


def spopt_mclp(problem: CoverProblem, number: int, limit_s: float) -> Answer:
    """PySAL's model over a dense matrix of costs; it tells no bound."""
    import pulp
    from spopt.locate import MCLP

    cost = np.full((len(problem.weight), len(problem.cost)), 2.0)
    cost[problem.row, problem.candidate] = 0.0
    solver = pulp.HiGHS(msg=False, timeLimit=limit_s, threads=1)
    solved = MCLP.from_cost_matrix(cost, problem.weight, service_radius=1.0, p_facilities=number).solve(solver)
    return [at for at, one in enumerate(solved.fac_vars) if one.value() > 0.5], None


CONTENDERS: Mapping[str, Callable[[CoverProblem, int, float], Answer]] = MappingProxyType(
    {
        "circle15": circle15_plan,
        "greedy": greedy,
        "HiGHS": plain_highs,
        "CP-SAT": cp_sat,
        "spopt, HiGHS": spopt_mclp,
    }
)

NEEDS = MappingProxyType({"CP-SAT": "ortools", "spopt, HiGHS": "spopt"})


def child(name: str, file: Path, number: int, limit_s: float) -> None:
    """One answer in this process, as JSON on the last line."""
    columns = np.load(file)
    few = CoverProblem.of_pairs(np.ones(3, dtype=np.int64), np.arange(3), np.arange(3) % 2, candidates=2)
    most_people(few, number=1, limits=SitingLimits(nonzeros=0))  # compiled code is read from its cache
    problem = CoverProblem.of_pairs(
        columns["weight"], columns["row"], columns["site"], candidates=int(columns["sites"])
    )
    began = time.process_time()
    chosen, bound = CONTENDERS[name](problem, number, limit_s)
    told = {"chosen": chosen, "bound": bound, "cpu_s": time.process_time() - began, "peak_mb": peak_mb()}
    print(json.dumps(told))


def ask(name: str, file: Path, number: int, limit_s: float) -> dict[str, Any] | str:
    """The answer of a contender, or why there is none."""
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        return "not installed"
    command = [sys.executable, __file__, CHILD, name, str(file), str(number), str(limit_s)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=limit_s + GRACE_S)
    except subprocess.TimeoutExpired:
        return f"no answer {limit_s + GRACE_S:.0f} s after a limit of {limit_s:.0f} s"
    except subprocess.CalledProcessError as fault:
        return f"failed: {(fault.stderr.strip() or str(fault)).splitlines()[-1]}"
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def verdict(told: Mapping[str, Any], covered: int, number: int, best: int) -> str:
    """What an answer gets wrong; empty when nothing."""
    if len(set(told["chosen"])) != len(told["chosen"]) or len(told["chosen"]) > number:
        return "WRONG: more sites than asked for"
    if told["bound"] is not None and told["bound"] < max(best, covered) - 1e-6 * best:
        return f"WRONG: a bound of {told['bound']:,.0f} below {best:,}"
    return ""


def compare(
    problem: CoverProblem, number: int, *, limit_s: float, asked: Callable[..., dict[str, Any] | str] = ask
) -> tuple[list[list[str]], bool]:
    """Rows of the table, and whether nobody is wrong."""
    with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
        file = Path(folder) / "pairs.npz"
        np.savez(file, weight=problem.weight, row=problem.row, site=problem.candidate, sites=len(problem.cost))
        answers = {
            name: asked(name, file, number, limit_s)
            if len(problem.candidate) <= MOST_PAIRS.get(name, len(problem.candidate))
            else "left out: too many pairs"
            for name in CONTENDERS
        }
    covered = {
        name: int(problem.weight[problem.covered(np.array(told["chosen"], dtype=np.int64))].sum())
        for name, told in answers.items()
        if not isinstance(told, str)
    }
    best, rows, right = max(covered.values()), [], True
    for name, told in answers.items():
        if isinstance(told, str):
            rows.append([str(number), name, "–", "–", "–", "–", "–", told])
            continue
        wrong = verdict(told, covered[name], number, best)
        right &= not wrong
        bound, value = told["bound"], covered[name]
        gap = "–" if bound is None or not value else f"{max(bound - value, 0) / value:.2%}"
        rows.append(
            [
                str(number), name, f"{value:,}", "–" if bound is None else f"{bound:,.0f}", gap,
                f"{told['cpu_s']:.1f}", f"{told['peak_mb']:,.0f}", wrong or ("best" if value == best else ""),
            ]
        )  # fmt: skip
    return rows, right


def main() -> None:
    from tests.towns.cover_problems import clustered_city

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a small city, one number of sites")
    parser.add_argument("--limit-s", type=float, default=60.0, help="seconds for each contender (default 60)")
    parser.add_argument("--sizes", type=int, nargs="*", default=[0, 1, 2], help="which of the three cities")
    chosen = parser.parse_args()
    sizes = ((1_500, 100, 12),) if chosen.quick else tuple(SIZES[which] for which in chosen.sizes)
    right = True
    for rows, sites, near in sizes:
        problem = clustered_city(rows, sites, near=near)
        table = []
        for number in (NUMBERS[0],) if chosen.quick else NUMBERS:
            lines, agreed = compare(problem, number, limit_s=chosen.limit_s)
            table += lines
            right &= agreed
        title = (
            f"{rows:,} rows x {sites:,} candidates, {len(problem.candidate):,} pairs, {problem.weight.sum():,} people"
        )
        head = ["sites", "contender", "people covered", "at most", "gap", "CPU s", "peak MB", ""]
        print_table(title, head, table)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        child(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    else:
        main()
