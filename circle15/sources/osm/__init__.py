"""OpenStreetMap: streets, facilities, water and land from files, and their download."""
