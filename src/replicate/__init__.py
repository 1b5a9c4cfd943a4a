"""Long Short-Term Memory, replicated: a paper makes claims, a chapter runs trials, code compares."""

__version__ = "0.1.0"
