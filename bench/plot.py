# SPDX-License-Identifier: MIT
"""A bar chart as SVG of what bench/run measured: for each task and corpus, everyone's time as a multiple of ours."""
import math
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP = 860, 230, 16, 12
COLOURS = {"onggi": "#8c4a2f", "simdjson": "#4a7a8c", "RapidJSON": "#6b8c4a", "jansson": "#8c7a4a", "json-c": "#7a4a8c",
           "cJSON": "#4a8c7a", "CPython": "#777777"}


def _bar(y, who, ratio, most):
    length = (WIDTH - LABEL - 90) * math.log(max(ratio, 0.5) / 0.5) / math.log(most / 0.5)
    text = "1 (this is ours)" if who == "onggi" else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
    return (f'<text x="{LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(who)}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{COLOURS.get(who, "#999999")}"/>'
            f'<text x="{LABEL + length + 6:.1f}" y="{y + 12}">{text}</text>')


def _groups(results, sets):
    for data in results:
        if data["set"] not in sets:
            continue
        tasks = dict.fromkeys(row["task"] for row in data["rows"])
        for task in tasks:
            rows = [row for row in data["rows"] if row["task"] == task and "median" in row]
            ours = next((row["median"] for row in rows if row["who"] == "onggi"), None)
            if ours and len(rows) > 1:
                yield f"{task}, {data['set']}", [(row["who"], row["median"] / ours) for row in rows]


def chart(results, sets):
    """The whole picture as text."""
    groups = list(_groups(results, sets))
    most = max((ratio for _, rows in groups for _, ratio in rows), default=2)
    parts, y = [], 48
    for title, rows in groups:
        parts.append(f'<text x="8" y="{y + 11}" font-weight="bold">{escape(title)}</text>')
        y += BAR + 4
        for who, ratio in rows:
            parts.append(_bar(y, who, ratio, most))
            y += BAR
        y += GAP
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" font-family="sans-serif" '
            f'font-size="12"><rect width="100%" height="100%" fill="#ffffff"/>'
            f'<text x="8" y="22" font-size="16">Time for the same work as a multiple of onggi\'s (shorter is faster; '
            f'logarithmic)</text>')
    return head + "".join(parts) + "</svg>\n"
