"""Core types: frozen dataclasses around plain frames and arrays, checked once, when made."""

from circle15.model.actions import Actions, Needs
from circle15.model.capacity import Capacity
from circle15.model.moment import Moment
from circle15.model.norms import Ledger, NormBook, Rule
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.places import PEOPLE, Communities, CommunitySeeds, DemandPoints, Facilities, StudyArea
from circle15.model.plans import Certificate, Plan, SitingLimits, SitingRules
from circle15.model.population import PopulationGrid
from circle15.model.provenance import FileRecord, Finding, Origin
from circle15.model.results import (
    Analysis,
    Check,
    City,
    Coverage,
    Gaps,
    Isochrones,
    NearestTimes,
    ReachTable,
    Settings,
    Subdistricts,
)
from circle15.model.runs import Comparison, SavedRun, Schemes
from circle15.model.scenario import SavedScenario, Scenario
from circle15.model.service import Service
from circle15.model.streets import EdgeFlag, NodeFlag, Streets
from circle15.model.survey import Survey
from circle15.model.uncertainty import Assumptions, Uncertainty
from circle15.model.verdicts import Attribution, Equity, Note, Robustness, Routes, Stability, Typology
from circle15.model.walk_network import WalkNetwork, WalkProfile

__all__ = [
    "PEOPLE",
    "Actions",
    "Analysis",
    "Assumptions",
    "Attribution",
    "Capacity",
    "Certificate",
    "Check",
    "City",
    "Communities",
    "CommunitySeeds",
    "Comparison",
    "Coverage",
    "DemandPoints",
    "EdgeFlag",
    "Equity",
    "Facilities",
    "FileRecord",
    "Finding",
    "Gaps",
    "Isochrones",
    "Ledger",
    "Moment",
    "NearestTimes",
    "Needs",
    "NodeFlag",
    "NormBook",
    "Note",
    "Origin",
    "PlacedDemand",
    "PlacedFacilities",
    "Plan",
    "PopulationGrid",
    "Positions",
    "ReachTable",
    "Robustness",
    "Routes",
    "Rule",
    "SavedRun",
    "SavedScenario",
    "Scenario",
    "Schemes",
    "Service",
    "Settings",
    "SitingLimits",
    "SitingRules",
    "Stability",
    "Streets",
    "StudyArea",
    "Subdistricts",
    "Survey",
    "Typology",
    "Uncertainty",
    "WalkNetwork",
    "WalkProfile",
]
