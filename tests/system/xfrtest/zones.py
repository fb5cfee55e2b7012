# SPDX-License-Identifier: MPL-2.0
# The text of zones, for real primaries' files and for the scripted primary.
"""Zone files of a given serial and size."""


def zone_text(
    serial,
    refresh=3600,
    retry=1800,
    expire=604800,
    minimum=300,
    records=(),
    ns="ns.example.net.",
):
    """A zone file with $ORIGIN left to the reader; records are master-file lines."""
    lines = [
        "$TTL 300",
        f"@ IN SOA {ns} hostmaster.example.net. "
        f"{serial} {refresh} {retry} {expire} {minimum}",
        f"@ IN NS {ns}",
    ]
    lines.extend(records)
    return "\n".join(lines) + "\n"


def filler(count, width=200):
    """Records that make a zone large: count TXT records of width bytes."""
    return [f'filler{n} IN TXT "{"x" * width}"' for n in range(count)]
