# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Debian packages: built in a clean root of a release, twice, and looked at by
that release's lintian."""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import paths, roots, steps

CONTROL = paths.REPOSITORY / "debian" / "control"
STEPS = "testing/package-steps"
# what dpkg has in every build environment, what the headers are configured
# with, and what looks at the packages
TOOLS = ("autoconf", "automake", "build-essential", "ca-certificates",
         "fakeroot", "gpgv", "libtool", "lintian", "pkgconf", "xz-utils")


# what package-test has in its root beside the packages
TESTED = ("charon-systemd", "iproute2", "strongswan-swanctl")
# what comes after a release, for upgrades of the whole system
NEXT = {"bookworm": "trixie", "trixie": "sid"}


def build_depends(text):
    """The packages that a control file names as needed for a build."""
    field = re.search(r"^Build-Depends:((?:.|\n[ \t])*)", text, re.M).group(1)
    names = (re.sub(r"[\s(<\[].*", "", item.strip(), flags=re.S)
             for item in field.split(","))
    return ["debhelper" if name == "debhelper-compat" else name
            for name in names if name]


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob("*.deb"))}


class Package:
    """What is built for a release, in a layer that is removed again."""

    def __init__(self, release, layer):
        self._release = release
        self._layer = layer
        self._logs = paths.generated() / "log"
        self.results = results(release)
        self._root = roots.root(release, (*TOOLS, *build_depends(
            CONTROL.read_text(encoding="utf-8"))))

    def _cache(self):
        """Where headers of strongSwan are kept that the release's compiler has
        configured."""
        return paths.cache() if self._release == roots.system() \
            else paths.cache() / "releases" / self._release

    def _step(self, title, step, *arguments, network=False):
        cache = self._cache()
        cache.mkdir(parents=True, exist_ok=True)
        steps.run(
            f"{self._release}: {title}", roots.command(
                self._root, self._layer,
                ["bash", "/source/" + STEPS, step, *arguments],
                {paths.REPOSITORY: "/source",
                 cache: "/cache/mobility-manager"}, network),
            paths.REPOSITORY, self._logs / f"package-{self._release}-{step}.txt")

    def _made(self, name):
        return self._layer / "upper" / "package" / name

    def build(self, tests):
        self._step("making the source package", "sources", network=True)
        self._step("building the packages", "build", "first",
                   "" if tests else "nocheck")
        self._step("building them again", "again", "second")
        first, second = (hashes(self._made(name))
                         for name in ("first", "second"))
        if not first or first != second:
            raise steps.Failed(
                "two builds of the same sources are not the same:\n"
                + "\n".join(sorted(set(first.items()) ^ set(second.items()))))
        shutil.rmtree(self.results, ignore_errors=True)
        shutil.copytree(self._made("first"), self.results)
        for path in self._made("source").iterdir():
            if path.is_file():
                shutil.copy(path, self.results)
        self._step("looking for faults", "lint")


def results(release):
    return paths.REPOSITORY / "build" / "package" / release


def test(release):
    """Installs, upgrades, removes and purges packages that were built; to the
    next release as well, if those for that were built."""
    root = roots.root(release, TESTED)
    binds = {paths.REPOSITORY: "/source", results(release): "/debs"}
    following = NEXT.get(release)
    with tempfile.TemporaryDirectory(prefix="package.",
                                     dir=paths.cache()) as layer:
        layer = pathlib.Path(layer)
        if following and results(following).exists():
            binds[results(following)] = "/next"
            binds[layer / "sources"] = "/sources"
            subprocess.run([paths.TESTING / "sources", "--binary", following,
                            layer / "sources"], check=True)
        return subprocess.run(
            roots.command(root, layer, ["bash", "/source/testing/package-test",
                                        following or ""], binds),
            check=False).returncode


def main():
    parser = argparse.ArgumentParser(
        prog="testing/package", description="Builds the Debian packages for a "
        "release in a clean root file system, without network, twice, and "
        "compares the two; has them checked by that release's lintian; and "
        "leaves them in build/package/RELEASE. What it needs is fetched from "
        "the mirrors of this system's apt configuration. Has to be run by "
        "root.")
    parser.add_argument("release", nargs="?", default=roots.system(),
                        help="its code name (default: %(default)s)")
    parser.add_argument("--no-tests", action="store_true",
                        help="don't run the unit tests in the root")
    parser.add_argument("--test", action="store_true",
                        help="don't build, but test what was built: "
                        "installation, upgrades of strongSwan, removal")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise paths.Missing("only root can make a root file system")
    paths.cache().mkdir(parents=True, exist_ok=True)
    if options.test:
        return test(options.release)
    with tempfile.TemporaryDirectory(prefix="package.",
                                     dir=paths.cache()) as layer:
        package = Package(options.release, pathlib.Path(layer))
        package.build(not options.no_tests)
    for path in sorted(package.results.glob("*.deb")):
        steps.say(str(path.relative_to(paths.REPOSITORY)))
    return 0
