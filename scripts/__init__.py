"""What developers and curious people run."""
