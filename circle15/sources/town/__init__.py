"""The synthetic water town that stands in where no streets were supplied."""
