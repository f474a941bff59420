"""CeR and P1 to practise on. Judges the adapter and shares no code with it."""
