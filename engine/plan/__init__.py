"""Plan: the compiled spec. Offline, deterministic, printable; the same spec and choices give the same bytes."""

from __future__ import annotations

from engine.plan.association import AssociationPlan, AttachedPlan, AttachPlan
from engine.plan.enrol import EnrolPlan, OfferPlan, PlacePlan
from engine.plan.field import FieldPlan, KeyPlan, Write
from engine.plan.model import NotBuilt, Plan, SystemPlan
from engine.plan.module import Limit, Limits, ModulePlan
from engine.plan.quota import AmountPlan, QuotaPlan
from engine.plan.requirement import RequirementPlan
from engine.plan.rule import GuardPlan, MailPlan, MailServer, PairCheckPlan, Question, TriggerPlan, YieldPlan
from engine.plan.search import SearchPlan
from engine.plan.side import Reference, ReferrerPlan, SidePlan, SlowField, Trouble, WalkPlan
from engine.plan.words import Arrow, Duplicates, Policy, digest, sources

__all__ = [
    "AmountPlan",
    "Arrow",
    "AssociationPlan",
    "AttachPlan",
    "AttachedPlan",
    "Duplicates",
    "EnrolPlan",
    "FieldPlan",
    "GuardPlan",
    "KeyPlan",
    "Limit",
    "Limits",
    "MailPlan",
    "MailServer",
    "ModulePlan",
    "NotBuilt",
    "OfferPlan",
    "PairCheckPlan",
    "PlacePlan",
    "Plan",
    "Policy",
    "Question",
    "QuotaPlan",
    "Reference",
    "ReferrerPlan",
    "RequirementPlan",
    "SearchPlan",
    "SidePlan",
    "SlowField",
    "SystemPlan",
    "TriggerPlan",
    "Trouble",
    "WalkPlan",
    "Write",
    "YieldPlan",
    "digest",
    "sources",
]
