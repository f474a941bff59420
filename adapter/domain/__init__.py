"""What is true: value objects and pure functions. No I/O, no FHIR, no national names."""
