"""The named errors of the bot.

HindsightError            anything the bot raises on purpose; its text says what to do next
├── ConfigurationError    a setting, key, weight file or permission keeps the bot from starting
│   └── InUse             another process of the bot works on the database
├── StoreError            the database cannot be opened, is in use or does not fit
├── Unreachable           Discord does not answer or fails; what is asked of it waits for another start
├── Taken                 a port or a folder is used by something else
├── WriterFailed          the optional writer is slow, wrong or down; the embedded digest stands
├── ReadingPaused         the models failed; messages wait and are read again later
├── UserError             shown to the person who asked, as it stands
│   ├── NotAllowed        the person may not do that
│   └── NotFound          the message, channel or flag is not there (any more)
└── RowError              one row of an import or a filter is malformed; names the line and the field
"""


class HindsightError(Exception):
    """Say what went wrong and what to do next."""


class ConfigurationError(HindsightError):
    """Keep the bot from starting until a setting, key, weight file or permission is mended."""


class InUse(ConfigurationError):
    """Refuse to work on a database on which another process of the bot does."""


class StoreError(HindsightError):
    """Refuse a database that cannot be opened, is in use or does not fit."""


class Unreachable(HindsightError):
    """Give up for now: Discord does not answer, or fails."""


class Taken(HindsightError):
    """Refuse a port or a folder that something else uses."""


class ReadingPaused(HindsightError):
    """Leave messages unread for now: the models failed."""


class WriterFailed(HindsightError):
    """Leave a digest in members' own words: the writer is slow, wrong or down."""


class UserError(HindsightError):
    """Tell the person who asked, in their words."""


class NotAllowed(UserError):
    """Refuse what the person has no permission for."""


class NotFound(UserError):
    """Say that a message, channel or flag is not there (any more)."""


class RowError(HindsightError):
    """Name the line and the field of a malformed row."""
