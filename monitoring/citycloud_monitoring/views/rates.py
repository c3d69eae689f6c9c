"""How fast, how often wrong and how slow: what is asked of counters and histograms, over the interval that suits the reader's screen."""

from typing import Final

from citycloud_monitoring.panels import RATE_INTERVAL, Query

_QUANTILES: Final = (("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"))


def rate(metric: str, *where: str, by: str = "") -> str:
    """Add up rates over all processes, by some labels."""
    matchers = f"{{{', '.join(where)}}}" if where else ""
    return f"sum {f'by ({by}) ' if by else ''}(rate({metric}{matchers}[{RATE_INTERVAL}]))"


def share(metric: str, *where: str) -> str:
    """Build the share of some: 0 where none of them was ever counted, and nothing where nothing happens."""
    return f"({rate(metric, *where)} or 0 * {rate(metric)}) / ({rate(metric)} > 0)"


def quantiles(metric: str, *where: str) -> tuple[Query, ...]:
    """Ask for the usual three of a histogram; nothing where nothing happens."""
    buckets = rate(f"{metric}_bucket", *where, by="le")
    return tuple(Query(expression=f"histogram_quantile({quantile}, {buckets}) >= 0", legend=name) for quantile, name in _QUANTILES)
