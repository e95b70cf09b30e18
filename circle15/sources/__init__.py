"""The only place that reads: street files, tables, city packs, downloads, and what stands in for them."""
