"""Kinds of communities, described and not judged: what tells them apart, and which are alike."""

from circle15.typology.clusters import Partition, partition
from circle15.typology.features import features
from circle15.typology.kinds import typology

__all__ = ["Partition", "features", "partition", "typology"]
