"""Parses metrics on standard input with PyPI's prometheus-client, and says what is wrong with bolt's."""

import sys

from prometheus_client.parser import text_string_to_metric_families

families = {family.name: family for family in text_string_to_metric_families(sys.stdin.read())}

for name, kind in {
    "bolt_streams_open": "gauge",
    "bolt_streams_ended": "counter",
    "bolt_stream_duration_seconds": "histogram",
}.items():
    family = families.get(name)
    if family is None or family.type != kind or not family.documentation or not family.samples:
        print(f"{name} is {family}")

for family in families.values():
    buckets = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            buckets.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
    for labels, series in buckets.items():
        counts = [count for _, count in sorted(series)]
        if counts != sorted(counts) or max(series)[0] != float("inf"):
            print(f"{family.name} {labels} does not add up: {series}")
