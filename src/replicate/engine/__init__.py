"""The recurrences in C, a trial a lane, and the random draws of every trial."""
