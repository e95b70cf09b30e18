"""How surely: random draws, robust verdicts, stable ranks, and what to look at in the field."""
