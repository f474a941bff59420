"""CeR and P1 over SOAP: contracts, binding, signatures, transport."""
