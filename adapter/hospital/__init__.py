"""The hospital side: an EHR with a FHIR face, or a folder of its exports."""
