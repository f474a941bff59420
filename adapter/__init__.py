"""Pomost: keeps a hospital's FHIR calendar, CeR and P1 in agreement (see docs/architecture.md)."""

__version__ = "0.1.0"
