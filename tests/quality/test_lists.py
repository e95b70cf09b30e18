"""Is a list of facilities plausible for the people there are?"""

from __future__ import annotations

import pytest

from circle15.quality.findings import few_findings
from circle15.study.loading import check_city, load_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import community

CLINICS = ("f2", "卫生站", "clinic", "120.6219", "31.3101")
MEALS = [(f"m{k}", f"食堂{k}", "meal_point", f"120.62{k:02d}", "31.3101") for k in range(3)]


@pytest.mark.parametrize(
    ("people", "few"),
    [
        (60_000, []),  # 120,000 for the one clinic: ten times the largest five-minute circle is still taken
        (60_001, ["Community clinic"]),
        (180_001, ["Meal point", "Community clinic"]),  # more than 120,000 for each of the three meal points too
    ],
)
def test_few_facilities_for_many_people_are_told(make_pack, people: int, few: list[str]) -> None:
    places = [community("west", 120.6199, 120.621, people), community("east", 120.621, 120.6221, people)]
    root = make_pack(communities=places, sites=[CLINICS, *MEALS])
    city = load_city("tryton", data=root)
    found = few_findings(city.facilities, city.communities)
    assert [finding.message_en.split(":")[0] for finding in found] == few
    assert [finding.severity for finding in found] == ["warning"] * len(few)
    if few == ["Community clinic"]:
        told = finding_of(check_city("tryton", data=root).findings, "few-facilities")
        assert "“社区卫生服务站”只有1处设施，每处对应120,002人" in told.message_zh
        assert "Community clinic: 1 facility, one for 120,002 people" in told.message_en
