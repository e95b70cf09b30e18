"""Vector layers: looked into before any driver opens them."""
