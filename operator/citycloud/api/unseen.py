"""Characters that print nothing of their own: what people write may hold them, and a terminal would obey them."""

from typing import Final

UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode: control, format, surrogate, private, unassigned, separators of lines."""
