"""Everything that can go wrong and that a person can act on.

    EmbedscopeError
    ├── ModelError
    │   ├── UnknownModelError       no such name in the catalogue
    │   ├── ModelUnavailableError   known, but not here: not downloaded, too large, or in need of a key
    │   └── DamagedModelError       a file differs from the published one
    ├── DeviceError                 the machine has no such device, or the model cannot use it
    ├── InputError                  the texts, file or settings given cannot be used
    │   └── TooLargeError           a file does not fit into memory
    ├── JobError                    a child process failed or died
    ├── AccessError                 the person who has logged in may not do this
    └── LimitError                  the visitor, or all visitors together, would have or use too much

Each message is one sentence or two: what was wrong, what would be right, what to do.
"""


class EmbedscopeError(Exception):
    """Root of the errors whose message is meant for the person at the screen."""


class ModelError(EmbedscopeError):
    """Something about a model."""


class UnknownModelError(ModelError):
    """The name is not in the catalogue."""


class ModelUnavailableError(ModelError):
    """The model is known but cannot be used on this machine as it stands."""


class DamagedModelError(ModelError):
    """A model's file is not the published one."""


class DeviceError(EmbedscopeError):
    """The device, engine or precision asked for cannot be had."""


class InputError(EmbedscopeError):
    """The texts, file or settings given cannot be used."""


class TooLargeError(InputError):
    """A file does not fit into memory."""


class JobError(EmbedscopeError):
    """Work in a child process failed or the child died."""


class AccessError(EmbedscopeError):
    """Somebody who has logged in may not do this."""


class LimitError(EmbedscopeError):
    """A visitor, or all of them together, would have more at once or use more than the host allows."""
