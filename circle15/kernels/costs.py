"""Walking costs are whole milliseconds; here stand the longest that a search can tell, and "there is no way"."""

from __future__ import annotations

__all__ = ["MAX_MS", "NEVER_MS"]

NEVER_MS = 0xFFFF_FFFF
"""There is no way: the one sentinel, in the searches' 32 bits as in the 64 bits of sums. Sums of it are larger still,
so "no way" is asked as ``cost >= NEVER_MS``."""
MAX_MS = 0xFFFF_FFF0
"""The longest walk that a search can tell: 49 days."""
