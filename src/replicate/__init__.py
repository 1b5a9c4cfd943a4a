"""LSTM, replicated: a paper makes claims, a chapter runs trials, code compares the two."""

__version__ = "0.1.0"
