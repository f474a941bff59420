"""``pomost demo``: an invented cardiology clinic plays the whole story on the simulator."""
