"""What Assist understands of doors and people beyond Home Assistant's own sentences, and what it answers."""
