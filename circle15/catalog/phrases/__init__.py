"""Results in words, Chinese and English: statistics return numbers and codes, and every output has these sentences."""

from circle15.catalog.phrases.actions import (
    action_notes,
    action_places,
    action_sentences,
    action_titles,
    headline,
    lacking_most,
)
from circle15.catalog.phrases.attribution import remedy_sentences
from circle15.catalog.phrases.capacity import capacity_assumptions, floating_sentences, shortage_sentences
from circle15.catalog.phrases.changes import change_sentences
from circle15.catalog.phrases.equity import equity_reasons, named_groups
from circle15.catalog.phrases.field_checks import check_communities, check_questions
from circle15.catalog.phrases.gaps import community_sentences, gap_sentences
from circle15.catalog.phrases.parts import (
    moment_text,
    names_in,
    people_text,
    people_words,
    percent_text,
    rough_people_text,
    service_noun,
)
from circle15.catalog.phrases.robustness import assumption_notes
from circle15.catalog.phrases.siting import frontier_sentences, plan_sentences
from circle15.catalog.phrases.typology import said_type, type_names, type_notes

__all__ = [
    "action_notes",
    "action_places",
    "action_sentences",
    "action_titles",
    "assumption_notes",
    "capacity_assumptions",
    "change_sentences",
    "check_communities",
    "check_questions",
    "community_sentences",
    "equity_reasons",
    "floating_sentences",
    "frontier_sentences",
    "gap_sentences",
    "headline",
    "lacking_most",
    "moment_text",
    "named_groups",
    "names_in",
    "people_text",
    "people_words",
    "percent_text",
    "plan_sentences",
    "remedy_sentences",
    "rough_people_text",
    "said_type",
    "service_noun",
    "shortage_sentences",
    "type_names",
    "type_notes",
]
