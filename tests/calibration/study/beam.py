"""A stand-in for BEAM and MATSim: their command lines, files and habits, a logit model inside."""

from __future__ import annotations

import sys
from pathlib import Path

# Modes that are seen from the first iteration on; pooled rides come later.
STAND_IN = '''#!{python} -ISu
import json, math, os, pathlib, random, re, sys, time

BASE = {{"bike": 1.0, "car": 4.0, "walk": 1.5, "ride_hail": 0.2, "ride_hail_pooled": 0.4,
        "drive_transit": 0.5, "walk_transit": 1.2, "ride_hail_transit": 0.1, "pt": 6.0}}


def shares(constants, share_of_run, rng):
    """Counts of 2000 trips; people adapt to the constants over the iterations."""
    weights = {{m: BASE[m] * math.exp(c * share_of_run) for m, c in constants.items()}}
    counts = dict.fromkeys(weights, 0.0)
    for mode in rng.choices(list(weights), list(weights.values()), k=2000):
        counts[mode] += 1.0
    return {{m: n for m, n in counts.items() if n}}


def write(path, step, separator, rows, scale):
    """The whole table anew, its columns the modes seen so far."""
    modes = sorted({{mode for row in rows for mode in row}})
    with path.open("w") as file:
        file.write(separator.join([step, *modes]) + "\\n")
        for number, row in enumerate(rows):
            total = sum(row.values()) if scale else 1.0
            cells = [repr(row.get(mode, 0.0) / total) for mode in modes]
            file.write(separator.join([str(number), *cells]) + "\\n")


def simulate(path, step, separator, constants, last, seed, scale):
    rng, rows = random.Random(seed), []
    for iteration in range(last + 1):
        rows.append(shares(constants, min(1.0, (iteration + 1) / 6), rng))
        write(path, step, separator, rows, scale)
        print("iteration", iteration)
        time.sleep(float(os.environ.get("STAND_IN_PAUSE", "0")))


def beam(arguments):
    assert arguments[:2] == ["--no-daemon", "-p"] and arguments[3] == ":run", arguments
    conf = pathlib.Path(re.fullmatch(r"-PappArgs=\\['--config','(.*)'\\]", arguments[4])[1])
    text = conf.read_text()
    base = pathlib.Path(re.search(r'^include file\\("(.*)"\\)$', text, re.M)[1])
    text = base.read_text() + text
    value = lambda key: re.findall(key + r' = "?([^"\\n]*)"?$', text, re.M)[-1]
    constants = {{m: float(c) for m, c in re.findall(r"(\\w+)_intercept = (\\S+)", text)}}
    folder = pathlib.Path(value("beam.outputs.baseOutputDirectory"))
    folder /= value("beam.agentsim.simulationName") + "__" + "".join(random.sample("abcdefgh", 6))
    folder.mkdir()
    last, seed = int(value("beam.agentsim.lastIteration")), int(value("global.randomSeed"))
    assert value("beam.inputDirectory") == str(base.parent)
    simulate(folder / "realizedModeChoice.csv", "iterations", ",", constants, last, seed, False)


def matsim(arguments):
    assert arguments[0] == "-cp" and arguments[2] == "org.matsim.run.Controler", arguments
    assert pathlib.Path(arguments[3]).is_file()
    settings = dict(zip(arguments[4::2], arguments[5::2]))
    modes = [(re.search(r"mode=(\\w+)", key), value) for key, value in settings.items()]
    folder = pathlib.Path(settings["--config:controller.outputDirectory"])
    folder.mkdir()
    last = int(settings["--config:controller.lastIteration"])
    seed = int(settings["--config:global.randomSeed"])
    constants = {{"car": 0.0, **{{mode[1]: float(value) for mode, value in modes if mode}}}}
    simulate(folder / "modestats.csv", "iteration", ";", constants, last, seed, True)


(matsim if pathlib.Path(sys.argv[0]).name == "java" else beam)(sys.argv[1:])
'''


def install(folder: Path) -> Path:
    """Put ``gradlew``, ``java`` and base configurations into a folder."""
    folder.mkdir()
    for name in ("gradlew", "java"):
        (folder / name).write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
        (folder / name).chmod(0o755)
    base = 'beam.agentsim.simulationName = "beamville"\nbeam.inputDirectory = "elsewhere"\n'
    (folder / "beam.conf").write_text(base, encoding="utf-8")
    (folder / "config.xml").write_text("<config/>", encoding="utf-8")
    (folder / "matsim.jar").touch()
    return folder
