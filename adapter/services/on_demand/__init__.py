"""What the register is asked for: the waiting list, a patient's own status, an entry's history, letters, an export."""
