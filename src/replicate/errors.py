"""The errors that a user can mend; the command line prints them as one line."""


class ReplicateError(Exception):
    """Something the user can mend; the message says what to do."""


class SettingError(ReplicateError, ValueError):
    """A setting that no trial can have; the message names field, value and what is allowed."""


class MissingTrials(ReplicateError):
    """Recorded trials that a page needs are not there; the message names the command."""
