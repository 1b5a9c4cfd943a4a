"""The recurrences, readable, in torch; autograd is their oracle."""
