"""One palette: classes fall apart for every eye, and no output has a colour of its own."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest

from circle15.catalog import services
from circle15.catalog.facts import read_facts
from circle15.catalog.palette import colours, css_colours, steps
from circle15.render.map.page_file import palette_module
from tests.towns.package_trees import PACKAGE

LITERAL = re.compile(r"#([0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b(?![\w-])")
GREY = 36
"""The three parts of a tint that means nothing differ by less than this, of 255."""


def parts(tone: str) -> tuple[int, ...]:
    return tuple(int(tone[at : at + 2], 16) for at in (1, 3, 5))


def whole(literal: str) -> str:
    """A literal as six figures, without its opacity."""
    figures = literal.lower()
    return "#" + (figures[:6] if len(figures) > 4 else "".join(2 * one for one in figures[:3]))


def written() -> dict[str, set[str]]:
    """Colours that stand in the package -> files, without what is not of its making."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix not in {".py", ".js", ".css", ".typ", ".json", ".html"} or "vendor" in path.parts:
            continue
        if path.name == "palette.js" or (path.suffix == ".py" and path.parent.name == "catalog"):
            continue
        for literal in LITERAL.findall(path.read_text(encoding="utf-8")):
            found.setdefault(whole(literal), set()).add(path.name)
    return found


def test_no_output_has_a_colour_of_its_own():
    told = written()
    assert told
    neutral = set(read_facts("palette.toml")["neutral"]["tints"])
    assert not {tone: files for tone, files in told.items() if tone not in neutral}
    assert neutral <= told.keys(), "tints that nobody uses any more"


def test_what_may_be_written_anywhere_is_grey():
    for tone in read_facts("palette.toml")["neutral"]["tints"]:
        assert max(parts(tone)) - min(parts(tone)) < GREY, tone


def test_the_page_s_module_is_the_palette():
    told = (PACKAGE / "render/map/page/palette.js").read_text(encoding="utf-8")
    assert told == palette_module(), "write it anew: palette_module() of circle15.render.map.page_file"


def test_every_colour_of_a_style_sheet_is_one_of_the_palette():
    known = set(re.findall(r"(--[\w-]+):", css_colours()))
    for path in [*(PACKAGE / "render/map/page").glob("*.css"), PACKAGE / "render/check/check.css"]:
        sheet = path.read_text(encoding="utf-8")
        groups = "verdict|robust|cause|line|severity|notice|trouble|rows|bar|ground|house"
        used = set(re.findall(rf"var\((--(?:{groups})-[\w-]+)\)", sheet))
        assert used <= known, path.name


def linear(part: int) -> float:
    """Linear light of an sRGB part, 0 to 1."""
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def seen(tone: str) -> tuple[float, float]:
    """Yellow and blue as seen without the long-wave cone (Vienot, Brettel and Mollon 1999), in cube roots."""
    r, g, b = map(linear, parts(tone))
    return (0.11238 * r + 0.88762 * g) ** (1 / 3), max(0.0, b + 0.00401 * (r - g)) ** (1 / 3)


@pytest.mark.parametrize("group", ["verdict", "robust", "cause"])
def test_classes_fall_apart_for_every_eye(group):
    tones = colours(group)
    for one, other in combinations(tones, 2):
        apart = [a - b for a, b in zip(seen(tones[one]), seen(tones[other]), strict=True)]
        assert sum(part**2 for part in apart) ** 0.5 > 0.04, (one, other)
        assert not {tones[one], tones[other]} & set(steps("ramp"))


def lightness(tone: str) -> float:
    """CIE L* of a colour, 0 black to 100 white."""
    r, g, b = map(linear, parts(tone))
    return 116 * (0.2126 * r + 0.7152 * g + 0.0722 * b) ** (1 / 3) - 16


def test_the_ramp_darkens_step_by_step():
    assert all(lightness(one) - lightness(other) > 7 for one, other in pairwise(steps("ramp")))


def test_undetermined_is_grey_and_kinds_are_no_steps_of_the_ramp():
    for group in ("verdict", "robust"):
        tone = colours(group)["undetermined"]
        assert max(parts(tone)) - min(parts(tone)) < 16, group
    assert not set(steps("kind")) & set(steps("ramp"))


def test_services_have_colours_of_their_own():
    tones = [service.tone.lower() for service in services().values()]
    assert len(set(tones)) == len(tones)
    assert not set(tones) & set(steps("ramp"))


def test_changes_darken_to_both_sides_and_part_blue_from_yellow():
    tones = steps("change")
    better, worse = tones[3::-1], tones[3:]
    for side in (better, worse):
        assert all(lightness(one) - lightness(other) > 7 for one, other in pairwise(side))
    for one, other in zip(better[1:], worse[1:], strict=True):
        assert seen(one)[1] - seen(one)[0] > seen(other)[1] - seen(other)[0] + 0.1
    assert not set(tones) & set(steps("ramp"))
