"""Reads the coverage of the last test run: everything in actions, permissions and workflow, nine tenths of the rest."""

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

import coverage

RULES = {"actions", "permissions", "workflow"}
RULES_GOAL = 100.0
REST_GOAL = 90.0


def is_rule(path):
    """Whether a file holds rules: `hub/permissions.py` or `policies/actions/publish.py`."""
    path = Path(path)
    return path.stem in RULES or any(part in RULES for part in path.parts[:-1])


def share(summaries):
    """Covered lines and branches in a hundred."""
    covered = sum(each["covered_lines"] + each["covered_branches"] for each in summaries)
    total = sum(each["num_statements"] + each["num_branches"] for each in summaries)
    return 100.0 * covered / total if total else 100.0


def verdict(files):
    """(lines to print, whether the goals are met) for the `files` of coverage's JSON."""
    rules = {path: data for path, data in files.items() if is_rule(path)}
    rest = [data["summary"] for path, data in files.items() if not is_rule(path)]
    lines, met = [], True
    for path, data in sorted(rules.items()):
        if share([data["summary"]]) < RULES_GOAL:
            met = False
            missing = [*data["missing_lines"], *(f"{a}->{b}" for a, b in data["missing_branches"])]
            lines.append(f"{path}: {share([data['summary']]):.1f} %, missing {', '.join(map(str, missing))}")
    rest_share = share(rest)
    lines.append(f"rules: {share([data['summary'] for data in rules.values()]):.1f} % (goal {RULES_GOAL:.0f})")
    lines.append(f"the rest: {rest_share:.1f} % (goal {REST_GOAL:.0f})")
    return lines, met and rest_share >= REST_GOAL


def main():
    data = coverage.Coverage()
    with contextlib.redirect_stdout(io.StringIO()):
        if list(Path().glob(".coverage.*")):
            data.combine(keep=False)
        else:
            data.load()
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "coverage.json"
            data.json_report(outfile=str(target))
            files = json.loads(target.read_text())["files"]
    lines, met = verdict(files)
    print("\n".join(lines))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
