"""The version, in a module of its own: whoever needs it does not import the whole package."""

__all__ = ["__version__"]

__version__ = "0.1.0"
