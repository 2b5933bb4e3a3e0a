"""Gives pypsrp's recorded exchanges, and the key that they were recorded under, as JSON.

Argument: the folder of a checkout of pypsrp. Output: {"recordings": {name: [exchange...]}, "key": {n, e, d, p, q, ...}}.
"""

import json
import pathlib
import re
import sys

import yaml

tests = pathlib.Path(sys.argv[1]) / "tests" / "tests_pypsrp"
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
recordings = {}
for path in sorted((tests / "responses").glob("test_*.yml")):
    with open(path, "rb") as file:
        recordings[path.stem[len("test_") :]] = yaml.load(file, Loader=loader)["messages"]

source = (tests / "test_powershell.py").read_text(encoding="utf-8")
key = dict(re.findall(r"^    (n|e|d|p|q|dmp1|dmq1|iqmp) = (\d+)$", source, re.M))
json.dump({"recordings": recordings, "key": key}, sys.stdout)
