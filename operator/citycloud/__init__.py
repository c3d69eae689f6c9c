"""citycloud: the private cloud of a city."""

__version__ = "0.1.0"
