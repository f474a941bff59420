"""The register in the way of every write: what a version of an appointment says, judged, kept and told (law.md)."""
