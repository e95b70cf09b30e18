"""Where the next facilities go: plans with proof, one file for each objective."""
