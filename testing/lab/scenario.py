# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Scenarios in strongSwan's format: found, copied for one run, parsed.

Ours have only what is their own, the rest is that of tests/base: files which
they do not have, the lines of test.conf that they do not change, and
configuration, whose main files include what the scenario adds or changes.
"""

import dataclasses
import pathlib
import re
import shutil
import subprocess

from . import keys, network, paths

FILES = ("description.txt", "test.conf", "pretest.dat", "evaltest.dat",
         "posttest.dat")
# What a test.conf sets; the ones at the end are ours.
VARIABLES = ("VIRTHOSTS", "TCPDUMPHOSTS", "IPSECHOSTS", "TIMELIMIT",
             "PLUGINHOSTS", "CAPTUREHOSTS", "NOCLEANCHECK", "NOPLAINCHECK")
PLUGIN_NAME = "mobility-manager"


@dataclasses.dataclass
class Line:
    """host::command[::pattern::hit] of a .dat file."""
    file: str
    number: int
    host: str
    command: str
    pattern: str = ""
    hit: str = ""

    @property
    def where(self):
        return f"{self.file}:{self.number}"


class Scenario:
    def __init__(self, name, path, ours):
        self.name = name
        self.path = pathlib.Path(path)
        self.ours = ours
        self.conf = {}
        self._copy = None

    def summary(self):
        text = (self.path / "description.txt").read_text(encoding="utf-8")
        text = re.sub(r"<[^>]*>", "", text)
        return re.split(r"(?<=[.!?])\s", " ".join(text.split()))[0]

    def time_limit(self):
        """In seconds; 0 if the usual one will do."""
        conf = self.path / "test.conf"
        text = conf.read_text(encoding="utf-8") if conf.exists() else ""
        found = re.search(r"^TIMELIMIT=(\d+)", text, re.MULTILINE)
        return int(found[1]) if found else 0

    def runs_suites(self):
        """Whether it needs the plugin's unit tests, those of tools/suite."""
        text = (self.path / "evaltest.dat").read_text(encoding="utf-8")
        return "::suite " in text

    def export(self, folder):
        """Writes it as strongSwan's environment wants it: with all files."""
        self._complete(folder)
        self.conf = _read_conf(folder)
        self._load_plugin(folder)

    def _complete(self, folder):
        if self.ours:
            shutil.copytree(paths.BASE, folder)
        shutil.copytree(self.path, folder, dirs_exist_ok=True)
        for name in FILES:
            if not (folder / name).exists():
                raise paths.Missing(f"{self.path}: {name} is missing")
        if self.ours and (self.path / "test.conf").exists():
            (folder / "test.conf").write_text(
                "\n".join((path / "test.conf").read_text(encoding="utf-8")
                          for path in (paths.BASE, self.path)),
                encoding="utf-8")

    def _load_plugin(self, folder):
        """Into those that a scenario of ours names, and all of strongSwan's."""
        hosts = self.words("PLUGINHOSTS") if self.ours else ["*"]
        for host in hosts:
            for file in folder.glob(f"hosts/{host}/etc/strongswan.conf"):
                file.write_text(_with_plugin(file.read_text(encoding="utf-8")),
                                encoding="utf-8")

    def prepare(self, results, with_plugin):
        """Copies it to the results, as this run needs it."""
        self._copy = results / "scenario"
        self._complete(self._copy)
        self.conf = _read_conf(self._copy)
        if with_plugin:
            self._load_plugin(self._copy)
        values = network.placeholders()
        pattern = re.compile("|".join(
            sorted(map(re.escape, values), key=len, reverse=True)))
        for file in self._copy.rglob("*"):
            if file.is_file():
                text = file.read_text(encoding="utf-8")
                text = pattern.sub(lambda match: values[match.group()], text)
                file.write_text(text, encoding="utf-8")
        # the hosts' own, not what is at the top, the authority's
        made = keys.folder()
        for host in keys.IDENTITIES:
            shutil.copytree(made / host, results / "etc" / host)

    def words(self, variable):
        return self.conf.get(variable, "").split()

    def hosts(self):
        names = self.words("VIRTHOSTS") + self.words("IPSECHOSTS")
        return [name for name in network.HOSTS if name in names]

    def lines(self, name):
        text = (self._copy / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            fields = [field.strip() for field in line.split("::")]
            if line.startswith("#") or len(fields) < 2 or not fields[1]:
                continue
            if len(fields) > 4:
                raise paths.Missing(f"{self.path}/{name}:{number}: too many "
                                    "'::'; write IPv6 addresses with ':\\:'")
            yield Line(f"{self.name}/{name}", number, *fields[:4])


def _read_conf(folder):
    script = "".join(f"unset {name};" for name in VARIABLES) + \
        'source "$1";' + \
        "".join(f'echo "{name}=${name}";' for name in VARIABLES)
    out = subprocess.run(
        ["bash", "-c", script, "bash", str(folder / "test.conf")],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split("=", 1) for line in out.splitlines())


def _with_plugin(text):
    """Adds ours to the plugins that charon (not swanctl) is told to load."""
    def add(match):
        if PLUGIN_NAME in match.group(1).split():
            return match.group(0)
        return f"{match.group(0)} {PLUGIN_NAME}"
    return re.sub(r"^[ \t]*load[ \t]*=(.*\bkernel-netlink\b.*)$", add, text,
                  flags=re.MULTILINE)


def ours():
    return sorted(path.parent.name
                  for path in paths.TESTS.glob("*/evaltest.dat"))


def find(name, strongswan_tests=None):
    """By name, with or without the category, or by the folder's path."""
    short = name.removeprefix("mobility/").rstrip("/")
    if short in ours():
        return Scenario("mobility/" + short, paths.TESTS / short, True)
    if (pathlib.Path(name) / "evaltest.dat").exists():
        path = pathlib.Path(name).resolve()
        return Scenario(f"{path.parent.name}/{path.name}", path, False)
    theirs = name if name.startswith("ikev2/") else "ikev2/" + name
    path = paths.strongswan_tests(strongswan_tests) / theirs
    if (path / "evaltest.dat").exists():
        return Scenario(theirs, path, False)
    raise paths.Missing(f"there is no scenario '{name}'; see testing/run "
                        "--list")
