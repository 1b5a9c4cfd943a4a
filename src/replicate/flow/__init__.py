"""How errors flow back through time, and why they vanish: Hochreiter 1991, and what followed."""
