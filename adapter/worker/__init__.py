"""Who asks, on a timetable: Procrastinate's worker over the use cases (D2)."""
