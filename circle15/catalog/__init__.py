"""Facts, not code: services, walking rules, headers of tables and the words the project says to people.

Every function reads its TOML file once and returns read-only values.
"""

from circle15.catalog.adequacy_limits import Adequacy, adequacy
from circle15.catalog.coded import state_key, states, supply_route_key, supply_routes, tier_key, tiers
from circle15.catalog.datum_words import datum_key, in_mainland
from circle15.catalog.doubt import uncertainty
from circle15.catalog.headers import (
    PersonalColumns,
    column_synonyms,
    column_title,
    fold_header,
    head_words,
    map_categories,
    numeric_columns,
    personal_columns,
    without_numbers_of_persons,
)
from circle15.catalog.life_cycle import IN_USE, Life, life_keys, life_of, life_states, other_lives
from circle15.catalog.place_names import SamePlaceRule, name_rules, same_place_names, same_place_rule
from circle15.catalog.precise import Decimals, Precision, precision
from circle15.catalog.service import services
from circle15.catalog.service_faults import names_service
from circle15.catalog.walk import WayClass, profile, profiles, walking, way_classes
from circle15.catalog.words import finding, reason, text
from circle15.catalog.words_of_hours import opening_words
from circle15.model.service import Service
from circle15.refusals import advice, hint, refusal

__all__ = [
    "IN_USE",
    "Adequacy",
    "Decimals",
    "Life",
    "PersonalColumns",
    "Precision",
    "SamePlaceRule",
    "Service",
    "WayClass",
    "adequacy",
    "advice",
    "column_synonyms",
    "column_title",
    "datum_key",
    "finding",
    "fold_header",
    "head_words",
    "hint",
    "in_mainland",
    "life_keys",
    "life_of",
    "life_states",
    "map_categories",
    "name_rules",
    "names_service",
    "numeric_columns",
    "opening_words",
    "other_lives",
    "personal_columns",
    "precision",
    "profile",
    "profiles",
    "reason",
    "refusal",
    "same_place_names",
    "same_place_rule",
    "services",
    "state_key",
    "states",
    "supply_route_key",
    "supply_routes",
    "text",
    "tier_key",
    "tiers",
    "uncertainty",
    "walking",
    "way_classes",
    "without_numbers_of_persons",
]
