"""Every refusal that people can meet: its words in TOML, Chinese and English, and the one door they go through."""

from circle15.refusals.door import advice, hint, in_both, refusal, refusal_words, warn_of
from circle15.refusals.filling import filled

__all__ = ["advice", "filled", "hint", "in_both", "refusal", "refusal_words", "warn_of"]
