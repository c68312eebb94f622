"""What goes wrong, with the messages of the program."""


class Error(Exception):
    """Base of everything that Kirchhoff raises itself."""


class InputError(Error, ValueError):
    """The input is wrong: a policy, a key, a file. The message says what was found and what is allowed."""


class RunError(Error, RuntimeError):
    """The run failed although its input was fine."""


class Stopped(RunError):
    """Somebody asked the work to stop."""


# As users import and see them.
for _error in (Error, InputError, RunError, Stopped):
    _error.__module__ = "kirchhoff"
