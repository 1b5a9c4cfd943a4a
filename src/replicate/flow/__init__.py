"""How errors flow back through time, and why they vanish."""
