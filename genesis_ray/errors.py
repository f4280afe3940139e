"""Every exception this package raises on purpose.

GenesisError
├── ConfigurationError   settings are wrong or contradict each other
├── NotFoundError        an id this tenant does not have
├── SourceError          a video or photo cannot be opened or decoded
├── ModelError           weights are missing, or fail their digest
├── FaceError            a photo has no face where one is needed, or several
├── FailedAgainError     what was set aside and is tried once more fails as before
├── LedgerError          a decision about identities contradicts what was decided before
└── StoreError           a table, log or run folder cannot be read or written
    ├── LostKeyError     a key that protects what is stored is not there
    ├── FullDiskError    there is no room on a disk
    └── UnopenedError    a sealed file is damaged, or another secret seals it

A message says what was expected, what came, and what to do about it.
"""


class GenesisError(Exception):
    """Base class: catch this to catch everything raised on purpose."""


class ConfigurationError(GenesisError):
    """Settings are wrong or contradict each other."""


class NotFoundError(GenesisError):
    """No such record for this tenant."""


class SourceError(GenesisError):
    """A video or photo cannot be opened or decoded."""


class ModelError(GenesisError):
    """Model weights are missing, or fail their digest."""


class FaceError(GenesisError):
    """A photo has no face where one is needed, or several."""


class FailedAgainError(GenesisError):
    """What was set aside and is tried once more fails as before."""


class LedgerError(GenesisError):
    """A decision about identities contradicts what was decided before."""


class StoreError(GenesisError):
    """A table, log or run folder cannot be read or written."""


class LostKeyError(StoreError):
    """A key that protects what is stored is not there, or another one is in its place."""


class FullDiskError(StoreError):
    """A disk is full, or nobody may write more to it; nothing is left of the attempt.

    Attributes:
        folder: What is on the disk and was to be written to.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(folder)  # what is raised in another process is made again of this
        self.folder = folder

    def __str__(self) -> str:
        """Say what is to be done by who starts again."""
        return f"{self._what}; free some space and start again: what was written until then is kept"

    @property
    def while_waiting(self) -> str:
        """What is to be done where somebody waits for room."""
        return f"{self._what}; free some space: all goes on by itself then"

    @property
    def _what(self) -> str:
        return f"the disk that holds {self.folder} is full"


class UnopenedError(StoreError):
    """A sealed file is damaged, or sealed with another passphrase or key."""
