"""Rules of capacity: the catalogue's, a pack's over them, and what is refused in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

from circle15.catalog.capacity import capacity_rules, overridden
from circle15.catalog.phrases.capacity import shortage_sentences
from circle15.catalog.typed_toml import checked
from circle15.errors import SettingError
from circle15.model.capacity import Capacity
from circle15.sources.city_config import CityConfig

HAN = re.compile(r"[\u4e00-\u9fff]")


def of_pack(**capacity):
    written = {"name": "试城", "crs": "EPSG:4549", "communities": {"file": "c.gpkg"}, "capacity": capacity}
    return checked(CityConfig, written, file="city.toml").capacity_rules


def test_every_figure_of_the_catalogue_says_where_it_is_from():
    for rule in capacity_rules().values():
        assert {"rate", "unit", "days", "first"} <= set(rule.sources)


def test_a_pack_changes_what_it_names_and_keeps_the_rest():
    rule = of_pack(meal_point={"rate": 0.2, "source": "survey 2026"})["meal_point"]
    assert (rule.rate, rule.sittings, rule.unit) == (0.2, 2, "seats")
    assert (rule.sources["rate"], rule.sources["sittings"]) == ("survey 2026", "assumption")
    meals = of_pack(meal_point={"unit": "meals"})["meal_point"]  # sittings are of seats
    assert (meals.unit, meals.sittings) == ("meals", 1)
    clinic = of_pack(clinic={"rate": 0.01, "unit": "staff", "each": 20})["clinic"]
    assert clinic.served_by(np.array([3.0])).tolist() == [60]
    assert of_pack() == {}


def test_seats_meals_and_what_says_nothing_of_the_service():
    rule = of_pack(meal_point={"days": 5})["meal_point"]  # 60 seats x 2 sittings x 5/7 = 85.7; 60 meals x 5/7 = 42.9
    numbers = np.array([60.0, 60, 60, np.nan, 0])
    found = rule.served_by(numbers, ["", "meals", "beds", "", "seats"]).tolist()
    assert found == pytest.approx([85, 42, np.nan, np.nan, 0], nan_ok=True)


@pytest.mark.parametrize(
    ("service", "figures", "english"),
    [
        ("meal_point", {"rate": 1.2}, "rate = 1.2 is not usable"),
        ("meal_point", {"rate": -0.1}, "rate = -0.1 is not usable"),
        ("meal_point", {"sittings": 0}, "sittings = 0 is not usable"),
        ("meal_point", {"days": 8}, "days = 8 is not usable"),
        ("meal_point", {"unit": "chairs"}, "unit = 'chairs' is unknown"),
        ("meal_point", {"unit": "meals", "sittings": 2}, "sittings does not go with unit = 'meals'"),
        ("meal_point", {"each": 5}, "each does not go with unit = 'seats'"),
        ("meal_point", {"people": "elders"}, "'elders' is no people column"),
        ("meal_pont", {"rate": 0.1}, "no service 'meal_pont'; did you mean 'meal_point'"),
        ("clinic", {"rate": 0.1}, "has no defaults for this service; give unit"),
    ],
)
def test_bad_figures_are_refused_in_both_languages(service, figures, english):
    with pytest.raises(SettingError, match=english) as caught:
        of_pack(**{service: figures})
    assert HAN.search(caught.value.zh)
    assert not HAN.search(str(caught.value))


def test_an_override_is_a_plain_mapping():
    assert overridden({})["meal_point"] == capacity_rules()["meal_point"]


def test_a_shortage_is_a_sentence():
    row = {
        "service": "meal_point", "communities": ("a", "b"), "facilities": ("f",), "people": 6175, "seats": 4164,
        "short": 2011,
    }  # fmt: skip
    frame = pd.DataFrame([row], index=pd.Index([1], name="shortage_id"))
    found = Capacity(shortages=frame)
    english = (
        "Meal point: 2 communities have 6,175 people a day who reach seats for 4,164 (1 facility), whatever the "
        "allocation: 2,011 go without."
    )
    chinese = (
        "助餐点：2个社区每天有6,175人次需求，步行可达的1处设施只能接待4,164人次，无论怎样分配都有2,011人次轮不上。"
    )
    assert shortage_sentences(found, "en").tolist() == [english]
    assert shortage_sentences(found, "zh").tolist() == [chinese]
