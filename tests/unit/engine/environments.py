"""Environments as a list or a watch delivers them."""

from typing import Any


def body(
    name: str = "ho-so-test", *, version: int = 1, status: dict[str, Any] | None = None, size: Any = "s", **metadata: Any
) -> dict[str, Any]:
    """Write an environment; a size that is no text makes one that cannot be read."""
    frame = {"namespace": "org-so-y-te", "name": name, "uid": f"uid-{name}", "generation": 1, "resourceVersion": str(version)}
    content: dict[str, Any] = {
        "metadata": {**frame, **metadata},
        "spec": {"system": "ho-so-hanh-nghe", "stage": "test", "size": size, "zones": ["app"]},
    }
    return content | ({"status": status} if status is not None else {})
