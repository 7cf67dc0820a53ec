"""What bench/run has measured, drawn by gnuplot as SVG and as PNG.

    bars          each row beside its floor, or each runtime beside the others
    ask_latency   how long an ask takes, up to the slowest in ten thousand
    scaling       how much faster than on one loop the parallel programs run on more

Each drawing is a script that this module writes, its data inside, and gnuplot reads.
"""

import math
import os
import shutil
import subprocess
import tempfile

import peers

FONT = "DejaVu Sans"
COLORS = ("#1b9e57", "#e69f00", "#cc79a7", "#4ea5dc", "#d55e00", "#6a51a3", "#8c6d31", "#1f4e9c",
          "#c2185b", "#00838f", "#7cb342", "#5d4037", "#f06292", "#455a64", "#b8a000", "#3fb8a0")
FLOOR_COLOR = "#b4b4b4"
INK, FAINT = "#222222", "#dddddd"
PNG_SCALE = 1.5  # PNGs are so much larger than SVGs, so that they stay sharp

LETTER = 8  # pixels that a letter of the font takes at size 11, as a rule
BAR, GAP = 15, 9  # pixels: a bar's height, and between two rows
HEAD, ABOVE, BELOW = 92, 34, 58  # pixels: above all panels, above a panel, below it


class Failed(Exception):
    """Nothing can be drawn."""


def prepare(folder, need):
    """See to it that there is gnuplot, and a folder that can be written."""
    if shutil.which("gnuplot") is None and not need(["gnuplot-nox", "fonts-dejavu-core"]):
        raise Failed("--plot needs gnuplot, which cannot be installed")
    if shutil.which("gnuplot") is None:
        raise Failed("--plot needs gnuplot, and there is none in PATH")
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Failed(f"--plot cannot write to {folder}: {error.strerror}") from error


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def terminal(kind, width, height):
    if kind == "svg":
        return (f"set terminal svg size {width},{height} noenhanced font '{FONT},11' "
                "background '#ffffff'")
    return (f"set terminal pngcairo size {width * PNG_SCALE:.0f},{height * PNG_SCALE:.0f} "
            f"noenhanced font '{FONT},11' fontscale {PNG_SCALE} linewidth {PNG_SCALE} "
            f"pointscale {PNG_SCALE} background '#ffffff'")


def name_other_fonts(path):
    """Have an SVG look the same, or nearly so, where our font is missing, and bold where it is."""
    others = f'font-family="{FONT}, Verdana, sans-serif"'
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text.replace(f'font-family="{FONT}:Bold"', others + ' font-weight="bold"')
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(f'font-family="{FONT}"', others))


def draw(folder, name, size, script):
    """Write name.svg and name.png; returns their paths."""
    paths = []
    for kind in ("svg", "png"):
        path = os.path.join(folder, f"{name}.{kind}")
        text = "\n".join([terminal(kind, *size), f"set output {quoted(path)}"] + script) + "\n"
        done = subprocess.run(["gnuplot", "-"], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"gnuplot could not draw {path}: {done.stdout.strip()}")
        if kind == "svg":
            name_other_fonts(path)
        paths.append(path)
    return paths


def subtitle(header):
    kernel = "Linux " + header["kernel"].split("-")[0]
    return f"{header['machine']}, {header['cores']} cores, {kernel}, {header['date'][:10]}"


def labels_at_top(size, title, header):
    """The title and what machine this was, from the left edge."""
    height = size[1]
    return [f"set label {place} {quoted(text)} at screen {20 / size[0]:.4f},{1 - y / height:.4f} "
            f"left font '{font}' textcolor rgb '{color}'"
            for place, text, y, font, color in (
                (1, title, 24, FONT + ":Bold,14", INK),
                (2, subtitle(header), 46, FONT + ",10", "#666666"))]


def axes(title_x, title_y):
    return [f"set border 3 linecolor rgb '{INK}' linewidth 0.8",
            "set tics nomirror scale 0.6",
            f"set grid linetype 1 linecolor rgb '{FAINT}' linewidth 0.6",
            f"set xlabel {quoted(title_x)}", f"set ylabel {quoted(title_y)}"]


# --- Bars ------------------------------------------------------------------------------------


class Panel:
    """Rows that share an axis. A row is its label, and for each series a value, None, or text."""

    def __init__(self, title, unit, rows):
        self.title = title
        self.unit = unit
        self.rows = rows

    def height(self, series):
        return ABOVE + BELOW + len(self.rows) * (series * BAR + GAP)

    def values(self):
        return [value for _, values in self.rows for value in values
                if value is not None and not isinstance(value, str) and value > 0]


def bounds(values):
    """From a power of ten, so far down that the least is seen, to where figures find room."""
    return 10 ** math.floor(math.log10(min(values) / 1.5)), max(values) * 3


def legend(size, series):
    """Squares and names, below the title."""
    lines, x = [], 20
    y = 1 - 70 / size[1]
    for place, (name, color) in enumerate(series, 10):
        lines.append(f"set object {place} rectangle from screen {x / size[0]:.4f},"
                     f"{y - 6 / size[1]:.4f} to screen {(x + 12) / size[0]:.4f},"
                     f"{y + 6 / size[1]:.4f} fillcolor rgb '{color}' fillstyle solid noborder")
        lines.append(f"set label {place} {quoted(name)} at screen {(x + 18) / size[0]:.4f},{y:.4f} "
                     f"left textcolor rgb '{INK}'")
        x += 18 + LETTER * len(name) + 28
    return lines


def bar_data(panel, number, series, low):
    """One series of a panel: where each bar begins and ends, and what is written at its end."""
    thick = BAR / (series * BAR + GAP)
    lines = []
    for place, (_, values) in enumerate(panel.rows):
        value = values[number]
        if value is None:
            continue
        bars = [other for other in range(series) if values[other] is not None]
        middle = place + (bars.index(number) - (len(bars) - 1) / 2) * thick
        end = low if isinstance(value, str) else max(value, low)
        text = value if isinstance(value, str) else peers.figure(value)
        lines.append(f"{low} {end} {middle - thick * 0.44} {middle + thick * 0.44} "
                     f"{middle} \"{text}\"")
    return lines


def powers_of_ten(low, high):
    tens = range(round(math.log10(low)), math.floor(math.log10(high)) + 1)
    return ", ".join(f"{quoted(peers.figure(10.0 ** ten))} {10.0 ** ten}" for ten in tens)


def panel_script(panel, series, margins, limits):
    low, high = limits
    lines = [f"set lmargin at screen {margins[0]:.4f}", f"set rmargin at screen {margins[1]:.4f}",
             f"set tmargin at screen {margins[2]:.4f}", f"set bmargin at screen {margins[3]:.4f}",
             f"set xrange [{low * 0.999}:{high}]", f"set yrange [{len(panel.rows) - 0.5}:-0.5]",
             f"set label 3 {quoted(panel.title)} at graph 0, graph 1 left offset 0,1 "
             f"font '{FONT}:Bold,11' textcolor rgb '{INK}'",
             f"set xlabel {quoted(panel.unit)}", f"set xtics ({powers_of_ten(low, high)})",
             "set ytics (" + ", ".join(f"{quoted(label)} {place}" for place, (label, _)
                                       in enumerate(panel.rows)) + ") scale 0"]
    plots = []
    for number, (_, color) in enumerate(series):
        data = bar_data(panel, number, len(series), low)
        if not data:
            continue
        lines += [f"$bars{number} << END"] + data + ["END"]
        plots += [f"$bars{number} using 2:5:1:2:3:4 with boxxyerror fillstyle solid noborder "
                  f"linecolor rgb '{color}'",
                  f"$bars{number} using 2:5:6 with labels left offset 0.4,0 "
                  f"font '{FONT},8.5' textcolor rgb '#444444'"]
    return lines + ["plot " + ", ".join(plots), "unset label", "unset object"]


def draw_bars(folder, title, header, series, panels):
    """`series` are (name, color). Panels of one unit share their scale; empty ones are left out."""
    panels = [panel for panel in panels if panel.values()]
    if not panels:
        return []
    longest = max(len(label) for panel in panels for label, _ in panel.rows)
    size = (1100, HEAD + sum(panel.height(len(series)) for panel in panels))
    left, right = (30 + LETTER * longest) / size[0], 1 - 40 / size[0]
    script = ["set multiplot"] + labels_at_top(size, title, header) + legend(size, series)
    script += axes("", "") + ["set border 1", "set grid xtics noytics", "set logscale x",
                              "set key off"]
    top = HEAD
    for panel in panels:
        alike = [value for other in panels if other.unit == panel.unit for value in other.values()]
        bottom = top + panel.height(len(series))
        margins = (left, right, 1 - (top + ABOVE) / size[1], 1 - (bottom - BELOW) / size[1])
        script += panel_script(panel, series, margins, bounds(alike))
        top = bottom
    return draw(folder, "bars", size, script + ["unset multiplot"])


def compared(row, names):
    """A row of the peers' bars."""
    values = [row["values"][name]["value"] if name in row["values"]
              else "failed" if name in row["failed"] else None for name in names]
    return row["key"], values


def draw_peers(folder, header, rows, names):
    series = list(zip(names, COLORS))
    kinds = (("Micro programs of Savina", peers.MICRO),
             ("Concurrency programs of Savina", peers.CONCURRENCY),
             ("Beside Savina", peers.BESIDE))
    panels = [Panel(title, "ns an operation, less is better",
                    [compared(row, names) for row in rows
                     if row["name"] in programs and row["unit"] == "ns"])
              for title, programs in kinds]
    panels.append(Panel("Memory", "bytes each, less is better",
                        [compared(row, names) for row in rows if row["unit"] == "bytes"]))
    return draw_bars(folder, "Greenroom beside its peers", header, series, panels)


def draw_rows(folder, header, rows):
    series = [("Greenroom", COLORS[0]), ("the machine's floor", FLOOR_COLOR)]
    kinds = (("What the machine does", "floors", "ns"), ("What the runtime does", "runtime", "ns"),
             ("Programs of Savina", "savina", "ns"), ("Memory", "runtime", "bytes"))
    panels = []
    for title, kind, unit in kinds:
        chosen = [row for row in rows if row["folder"] == kind and row.get("unit") == unit
                  and row["name"] != "ask_latency"]
        values = [[row["value"], row.get("floor", {}).get("value")] for row in chosen]
        if kind == "floors":
            values = [[None, floor] for floor, _ in values]
        unit = "ns an operation" if unit == "ns" else unit
        panels.append(Panel(title, unit, list(zip((row["key"] for row in chosen), values))))
    return draw_bars(folder, "What things cost on Greenroom", header, series, panels)


# --- The latency of an ask -------------------------------------------------------------------

CURVES = {"two loops": ("an actor of another loop", COLORS[1]),
          "one loop": ("an actor of this loop", COLORS[0]),
          "nothing": ("nobody: the clock alone", FLOOR_COLOR)}


def percentiles(rows):
    """{whom: [(percentile, ns)]}"""
    found = {}
    for row in rows:
        if row["name"] == "ask_latency" and "value" in row:
            whom, percentile = row["variant"].split(", p")
            found.setdefault(whom, []).append((percentile, row["value"]))
    return found


def one_in(percentile):
    """So many asks, of which one is slower: 10 of 90 %."""
    return 1 / (1 - float(percentile) / 100)


def draw_latency(folder, header, rows):
    found = percentiles(rows)
    if not found:
        return []
    size = (1000, 620)
    script = labels_at_top(size, "How long an ask takes, one after the other", header)
    script += axes("percentile", "") + [
        "set label 3 'ns, from the question to the answer' at graph 0, graph 1 left offset -4,0.8"]
    names = [percentile for percentile, _ in next(iter(found.values()))]
    ends = [one_in(name) for name in names]
    low, high = bounds([max(value, 1) for curve in found.values() for _, value in curve])
    script += ["set logscale xy", f"set xrange [{ends[0] / 1.25}:{ends[-1] * 1.5}]",
               f"set yrange [{low * 0.999}:{high}]", f"set ytics ({powers_of_ten(low, high)})",
               "set xtics (" + ", ".join(f"'{name}%%' {one_in(name)}" for name in names) + ")",
               "set tmargin at screen 0.85", "set bmargin at screen 0.12",
               "set lmargin at screen 0.12", "set rmargin at screen 0.97",
               "set key top left Left reverse samplen 2 spacing 1.3"]
    plots = []
    for place, (whom, (title, color)) in enumerate(CURVES.items()):
        if whom not in found:
            continue
        side = -0.9 if whom == "nothing" else 0.9  # of the curve, where its figures stand
        script += [f"$curve{place} << END"] + [
            f"{one_in(name)} {value} \"{peers.figure(value)}\"" for name, value in found[whom]
        ] + ["END"]
        plots += [f"$curve{place} using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.8 "
                  f"linecolor rgb '{color}' title {quoted('ask ' + title)}",
                  f"$curve{place} using 1:2:3 with labels offset 0,{side} font '{FONT},9' "
                  f"textcolor rgb '{INK}' notitle"]
    return draw(folder, "ask_latency", size, script + ["plot " + ", ".join(plots)])


# --- More loops ------------------------------------------------------------------------------


def apart(wanted, least, most):
    """Places near the wanted ones, which ascend, but `least` apart and none above `most`."""
    places = []
    for place in wanted:
        places.append(max(place, places[-1] + least) if places else place)
    for number in reversed(range(len(places))):
        above = places[number + 1] - least if number + 1 < len(places) else most
        places[number] = min(places[number], above)
    return places


def scaling_axes(size, right, most, high):
    script = axes("loops", "rate, relative to one loop")
    if most <= 16:
        script.append("set xtics 1")
    return script + [
        f"set xrange [1:{most}]", f"set yrange [0:{high}]",
        f"set tmargin at screen {1 - 70 / size[1]:.4f}",
        f"set bmargin at screen {65 / size[1]:.4f}", f"set lmargin at screen {80 / size[0]:.4f}",
        f"set rmargin at screen {right:.4f}", "set key top left Left reverse samplen 2"]


def scaling_curve(number, row, right, place):
    """The data of a row, and its name beside its end, at `place`."""
    color, (last, end) = COLORS[number % len(COLORS)], max(row["speedup"].items())
    return [f"$line{number} << END"] + [
        f"{loops} {speedup}" for loops, speedup in sorted(row["speedup"].items())] + [
        "END",
        f"set label {100 + number} {quoted(f'{end:.2f}  ' + row['key'])} at screen "
        f"{right + 0.04:.4f}, first {place} left textcolor rgb '{color}'",
        f"set arrow {100 + number} from first {last},{end} to screen {right + 0.034:.4f}, "
        f"first {place} nohead linewidth 0.6 linecolor rgb '{color}'"]


def draw_scaling(folder, header, scaling):
    """`scaling` are rows with a key and a speed-up for each number of loops."""
    most = max((loops for row in scaling for loops in row["speedup"]), default=1)
    if most < 2:
        return []
    rows = sorted(scaling, key=lambda row: max(row["speedup"].items())[1])
    ends = [max(row["speedup"].items())[1] for row in rows]
    size = (1100, max(620, 170 + 22 * len(rows)))
    right = 0.96 - LETTER * max(len(row["key"]) + 8 for row in rows) / size[0]
    high = max([most] + ends) * 1.06
    places = apart(ends, high * 20 / (size[1] - 135), high)

    script = labels_at_top(size, "How much faster the parallel programs run on more loops", header)
    script += scaling_axes(size, right, most, high)
    plots = ["x with lines dashtype 2 linecolor rgb '#888888' title 'as many times as loops'"]
    for number, (row, place) in enumerate(zip(rows, places)):
        script += scaling_curve(number, row, right, place)
        plots.append(f"$line{number} with linespoints linewidth 1.6 pointtype 7 pointsize 0.7 "
                     f"linecolor rgb '{COLORS[number % len(COLORS)]}' notitle")
    return draw(folder, "scaling", size, script + ["plot " + ", ".join(plots)])
