"""The profile as FHIR publishes profiles: StructureDefinition, ValueSet and CodeSystem, made of what is checked."""
