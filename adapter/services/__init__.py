"""What we do about it: one use case per module, ports as arguments, no edge imported."""
