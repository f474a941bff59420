"""Who asks, from a shell."""
