# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Root file systems of releases of Debian, with packages installed in them.
They are made by mmdebstrap, from the mirrors of this system's apt
configuration (testing/sources), and kept: nobody writes to one.  What runs in
a root and writes has a layer of its own above it."""

import hashlib
import os
import pathlib
import shutil
import subprocess

from . import paths, steps

# What a command finds around it: the layer above the root, what is bound into
# that, and what every program needs.  All of it goes with the namespace.
_ENTER = r"""
set -eu
layer=$1 root=$2 binds=$3
shift 3
mkdir -p "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay overlay "$layer/root" \
	-o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work"
cd "$layer/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
cp -L /etc/resolv.conf etc/ 2>/dev/null || true
printf '%s\n' "$binds" | while IFS=: read -r from to; do
	[ -n "$from" ] || continue
	mkdir -p "./$to"
	mount --bind "$from" "./$to"
done
exec chroot . "$@"
"""
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                "/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive"}


def system():
    """The release of this system."""
    release = subprocess.run(
        [". /etc/os-release; echo ${VERSION_CODENAME:-sid}"], shell=True,
        check=True, stdout=subprocess.PIPE, text=True)
    return release.stdout.strip()


def root(release, packages=()):
    """The folder of a root of a release with packages, and what these depend
    on but don't only recommend.  The first time takes half a minute or more.
    """
    packages = sorted(set(packages))
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    folder = paths.cache() / "roots" / f"{release}-{name}"
    with paths.claim(folder):
        if not folder.exists():
            _make(release, packages, folder)
    return folder


def _make(release, packages, folder):
    if os.geteuid() != 0:
        raise paths.Missing("a root file system can only be made by root")
    if not shutil.which("mmdebstrap"):
        raise paths.Missing("mmdebstrap is not installed: testing/setup "
                            "package installs it")
    sources = folder.with_name(folder.name + ".sources")
    new = folder.with_name(folder.name + ".new")
    for old in (sources, new):
        shutil.rmtree(old, ignore_errors=True)
    subprocess.run([paths.TESTING / "sources", "--binary", release, sources],
                   check=True)
    # lists that are past their date will do, for mirrors that are frozen; what
    # it mounts goes with it, however it ends
    steps.run(f"Making a root file system of {release}",
              ["unshare", "--mount", "mmdebstrap", "--mode=root",
               "--variant=apt",
               "--aptopt=Acquire::Check-Valid-Until \"false\"",
               "--aptopt=APT::Install-Recommends \"false\"",
               "--aptopt=Acquire::Languages \"none\"",
               "--dpkgopt=force-unsafe-io",
               "--skip=cleanup/apt/lists",
               f"--include={','.join(packages)}", release, new,
               *(path for path in sorted(sources.iterdir())
                 if path.stat().st_size)],
              paths.REPOSITORY, folder.with_name(folder.name + ".log"))
    lists = new / "etc/apt/sources.list.d"
    shutil.rmtree(lists)
    shutil.copytree(sources, lists)
    (new / "etc/apt/sources.list").write_text("")
    # nothing that is installed later is started
    policy = new / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    new.rename(folder)


def command(folder, layer, command, binds=None, network=True):
    """A command line that runs a command in a root, below which nothing is
    changed: what it writes is in the folder layer, which may be used for
    several, one after the other.  binds are folders to be seen elsewhere."""
    text = "\n".join(f"{source}:{target}"
                     for source, target in (binds or {}).items())
    # unshare itself takes no signal but the last one
    return ["timeout", "--foreground", "-k", "1", "1d",
            "unshare", "--mount", "--pid", "--fork", "--kill-child",
            *([] if network else ["--net"]), "env", "-i",
            *(f"{name}={value}" for name, value in _ENVIRONMENT.items()),
            "sh", "-c", _ENTER, "sh", str(layer), str(folder), text,
            *(str(word) for word in command)]


def remove(layer):
    """What a command has written in its layer."""
    shutil.rmtree(pathlib.Path(layer), ignore_errors=True)
