"""FHIR R4 in and out: shape, our profile, problems by FHIRPath. Pure."""
