"""Against which clause: the ledger of verdicts, what rules can measure, and what measures look at."""
