"""What patients are told of their place in the register: planned, written, sent and answered (N-01 to N-08, D-05)."""
