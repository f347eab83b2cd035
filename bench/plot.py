# SPDX-License-Identifier: MIT
"""A bar chart as SVG of what bench/run measured: for each task and corpus, everyone's time as a multiple of ours."""
import math
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP = 860, 230, 16, 12
COLOURS = {"onggi": "#8c4a2f", "simdjson": "#4a7a8c", "RapidJSON": "#6b8c4a", "jansson": "#8c7a4a", "json-c": "#7a4a8c",
           "cJSON": "#4a8c7a", "CPython": "#777777", "yyjson": "#b03a5b"}


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


def _panel(x, y, width, height, title, series):
    """Lines in a square of its own, both axes logarithmic: who -> [(size, seconds)]."""
    points = [point for line in series.values() for point in line]
    left, right = (math.log2(pick(size for size, _ in points)) for pick in (min, max))
    low = math.floor(math.log10(min(seconds for _, seconds in points)))
    high = math.ceil(math.log10(max(seconds for _, seconds in points)))

    def place(size, seconds):
        return (x + 44 + (width - 60) * (math.log2(size) - left) / (right - left),
                y + height - 24 - (height - 56) * (math.log10(seconds) - low) / (high - low))

    parts = [f'<text x="{x + 44}" y="{y + 18}" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        _, at = place(2 ** left, 10.0 ** power)
        name = {-9: "1 ns", -8: "10 ns", -7: "100 ns", -6: "1 µs", -5: "10 µs", -4: "100 µs", -3: "1 ms"}.get(power, f"1e{power} s")
        parts.append(f'<line x1="{x + 44}" x2="{x + width - 16}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dddddd"/>'
                     f'<text x="{x + 40}" y="{at + 4:.1f}" text-anchor="end" font-size="10">{name}</text>')
    for size in sorted({size for size, _ in points})[::3]:
        at, _ = place(size, 10.0 ** low)
        parts.append(f'<text x="{at:.1f}" y="{y + height - 8}" text-anchor="middle" font-size="10">{size} B</text>')
    for i, (who, line) in enumerate(series.items()):
        colour = COLOURS.get(who, "#999999")
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in (place(*point) for point in line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{x + 60 + 76 * i}" y="{y + 34}" fill="{colour}">{escape(who)}</text>')
    return "".join(parts)


def lines(title, panels):
    """One square a task, two in a row: title -> who -> [(size, seconds)]. The whole picture as text."""
    width, height = WIDTH // 2, 260
    rows = (len(panels) + 1) // 2
    parts = [_panel(width * (i % 2), 32 + height * (i // 2), width, height, name, series)
             for i, (name, series) in enumerate(panels.items())]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {40 + height * rows}" font-family="sans-serif" '
            f'font-size="12"><rect width="100%" height="100%" fill="#ffffff"/>'
            f'<text x="8" y="22" font-size="16">{escape(title)}</text>' + "".join(parts) + "</svg>\n")
