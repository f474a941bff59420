"""Who asks, on a timetable."""
