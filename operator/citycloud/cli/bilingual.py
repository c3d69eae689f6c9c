"""One language of a text that the operator or a policy stored in both."""

from typing import Final

from citycloud.cli.options import Language

BETWEEN: Final = " / "


def in_language(text: str, language: Language) -> str:
    """Take one half of `Vietnamese / English`.

    What was put into a text stands in both halves, so the middle separator is the one between them; where there is no middle one, the
    whole text is kept.
    """
    parts = text.split(BETWEEN)
    if len(parts) % 2:
        return text
    half = len(parts) // 2
    return BETWEEN.join(parts[:half] if language is Language.VI else parts[half:])
