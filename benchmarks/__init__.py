"""Side-by-side measurements, each with its own limits."""
