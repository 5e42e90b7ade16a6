#!/usr/bin/env python3
"""Measure galera-rca against ripgrep with the same signatures, and against wc -l.

  scripts/bench.py LOG [LOG ...]     e.g. a generated 1 GB log and an event-dense real one
  scripts/bench.py --runs 9 LOG      medians of 9 paired runs (default 5)

Prints, for each log: medians of wall time, ratios in the same run, peak memory, the gain of a second thread beside
that of a second process on the same machine, and the growth from 500 to 1,000 rules. `rg -c` leaves a line at its
first match, so logs full of harmless messages are also counted with the signatures of faults alone. Start-up is the CPU time of analysing an empty-handed small log.
Needs rg on the PATH. Ratios carry over to other machines, seconds don't.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIRST_FAMILIES = ("tls", "provider", "config", "connectivity")
TOOL = ROOT / "target" / "release" / "galera-rca"


def timed(command):
    """Wall seconds, CPU seconds and peak MiB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def paired(commands, runs):
    """Medians of each command, all of them run in turn."""
    seen = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seen[name].append(timed(command))
    return {name: tuple(statistics.median(column) for column in zip(*rows)) for name, rows in seen.items()}


def padding(folder, rules):
    """Rule files that match nothing: what the table costs without hits of its own."""
    for number in range(rules):
        (folder / f"padding-{number:04}.toml").write_text(
            f"id = 'padding-{number:04}'\ntitle = 'padding'\narea = 'padding'\nseverity = 'info'\nrole = 'context'\n"
            f"[[match]]\nregex = '''padding number {number:04} (?<value>\\d+) never printed'''\n"
        )


def without_later_families(folder):
    """Overrides that leave the first rule families only."""
    listed = subprocess.run([TOOL, "rules", "list"], capture_output=True, check=True, text=True).stdout
    known = [line.split()[0] for line in listed.splitlines()]
    first = set()
    for area in FIRST_FAMILIES:
        listed = subprocess.run([TOOL, "rules", "list", "--area", area], capture_output=True, check=True, text=True).stdout
        first |= {line.split()[0] for line in listed.splitlines()}
    disabled = (f"[rule.{rule}]\nenabled = false\n" for rule in known if rule not in first)
    (folder / "overrides.toml").write_text("".join(disabled))


def twice(command, runs):
    """Median seconds of two processes at once: what a second processor gives here."""
    seen = []
    for _ in range(runs):
        start = time.perf_counter()
        both = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
        for process in both:
            process.wait()
        seen.append(time.perf_counter() - start)
    return statistics.median(seen)


def measure(log, signatures, faults, runs):
    tool = [str(TOOL), "--format", "json", "--threads"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        small, large, first = folder / "small", folder / "large", folder / "first"
        first.mkdir()
        without_later_families(first)
        for place, rules in ((small, 70), (large, 570)):
            place.mkdir()
            padding(place, rules)
        medians = paired(
            {
                "one thread": [*tool, "1", log],
                "two threads": [*tool, "2", log],
                "first families": [*tool, "1", "--rules", str(first), log],
                "500 rules": [*tool, "1", "--rules", str(small), log],
                "1000 rules": [*tool, "1", "--rules", str(large), log],
                "rg": ["rg", "-c", "-f", signatures, log],
                "rg, bytes": ["rg", "-c", "--no-unicode", "-f", signatures, log],
                "rg, faults": ["rg", "-c", "--no-unicode", "-f", faults, log],
                "wc -l": ["wc", "-l", log],
            },
            runs,
        )
        both = twice([*tool, "1", log], runs)
    size = os.path.getsize(log)
    print(f"\n{log}: {size / 1e6:.0f} MB, medians of {runs} paired runs")
    for what, (wall, cpu, peak) in medians.items():
        print(f"  {what:14} {wall:8.3f} s  {size / wall / 1e9:6.2f} GB/s  CPU {cpu:7.3f} s  peak {peak:6.1f} MiB")
    wall = {what: row[0] for what, row in medians.items()}
    print(f"  to rg        {wall['500 rules'] / wall['rg']:.2f} of its time (500 rules, one thread)")
    print(f"  to rg bytes  {wall['500 rules'] / wall['rg, bytes']:.2f} of its time (with --no-unicode)")
    print(f"  to rg faults {wall['500 rules'] / wall['rg, faults']:.2f} of its time (the same, and it looks for no harmless signature)")
    print(f"  to wc -l     {wall['one thread'] / wall['wc -l']:.1f} times its time")
    print(f"  two threads  {wall['one thread'] / wall['two threads']:.2f} times as fast as one; two processes at once: {2 * wall['one thread'] / both:.2f}")
    print(f"  whole table  {wall['one thread'] / wall['first families']:.2f} times the time of the first families' rules")
    print(f"  1000 rules   {100 * (wall['1000 rules'] / wall['500 rules'] - 1):+.0f} % against 500")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("logs", nargs="+")
    options = arguments.parse_args()
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as name:
        signatures, faults = pathlib.Path(name, "all"), pathlib.Path(name, "faults")
        for place, more in ((signatures, []), (faults, ["--without-benign"])):
            exported = subprocess.run([TOOL, "rules", "export", *more], capture_output=True, check=True)
            place.write_bytes(exported.stdout)
        small = str(ROOT / "samples" / "tls-untrusted-ca" / "node3.log")
        start = [timed([str(TOOL), "--format", "json", small]) for _ in range(20)]
        print(f"start-up with a small log: {1000 * statistics.median(row[1] for row in start):.1f} ms of CPU")
        for log in options.logs:
            measure(log, str(signatures), str(faults), options.runs)


if __name__ == "__main__":
    main()
