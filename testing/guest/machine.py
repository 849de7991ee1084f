# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What the guest makes of the machine's file system, which is its root and
read-only."""

import glob
import os
import shutil
import sys

import system
from lab import network

GUEST = os.environ["LAB_GUEST"]
# the one folder of the machine that can be written to
SHARED = os.environ["LAB_SHARED"]
PLUGINS = "/usr/lib/ipsec/plugins"
# where hosts find the package of the laboratory, and keep it compiled
PYTHON = "/mnt/python"
# What of the machine's /etc programs in the hosts need.
ETC = ("passwd", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
       "protocols", "services", "localtime", "bash.bashrc", "profile",
       "alternatives", "python3", "gdb", "iproute2",
       "ethertypes", "terminfo", "inputrc",
       # of the one that runs this
       f"python{sys.version_info[0]}.{sys.version_info[1]}")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def private_folders():
    """Puts a tmpfs on the folders that programs write to.  What of the machine
    the laboratory needs and they hide is shown again at its place, as sources
    and builds may well be under /tmp."""
    for folder in ("/run", "/tmp", "/var/lib"):
        system.mount("tmpfs", folder, "tmpfs", options="mode=1777")
    for needed in [GUEST, *os.environ["LAB_SHOW"].split(":"), SHARED]:
        if needed.startswith(("/run/", "/tmp/", "/mnt/", "/var/lib/")):
            os.makedirs(needed, exist_ok=True)
            system.bind("/mnt/results" if needed == SHARED
                        else "/mnt/machine" + needed, needed)


def make_etc(folder):
    os.makedirs(folder)
    for name in ETC:
        if os.path.lexists("/mnt/machine/etc/" + name):
            os.symlink("/mnt/machine/etc/" + name, f"{folder}/{name}")
    write(folder + "/hosts", network.etc_hosts())
    write(folder + "/nsswitch.conf", "passwd: files\ngroup: files\n"
          "hosts: files\nprotocols: files\nservices: files\n")
    write(folder + "/resolv.conf", "")
    write(folder + "/mtab", "")
    shutil.copytree(GUEST + "/etc", folder, dirs_exist_ok=True)


def prepare_tools():
    """The kernel has no nft_chain_nat, so iptables is the legacy one; since
    Linux 7.2 it does not have that either."""
    legacy = glob.glob("/mnt/modules/lib/modules/*/kernel/net/ipv4/netfilter/"
                       "ip_tables.ko*")
    for name in ("iptables", "ip6tables", "iptables-restore",
                 "ip6tables-restore", "iptables-save", "ip6tables-save"):
        os.symlink("/usr/sbin/xtables-legacy-multi" if legacy
                   else GUEST + "/iptables-tc", "/mnt/bin/" + name)


def prepare_plugins():
    """Shows charon its plugins, without ours that may be installed."""
    os.makedirs("/mnt/plugins.real")
    system.bind(PLUGINS, "/mnt/plugins.real")
    system.mount("plugins", PLUGINS, "tmpfs")
    for name in os.listdir("/mnt/plugins.real"):
        if not name.startswith("libstrongswan-mobility-manager"):
            os.symlink("/mnt/plugins.real/" + name,
                       os.path.join(PLUGINS, name))


def add_plugin(plugin):
    """A copy: a build meanwhile must not change what a daemon runs."""
    shutil.copy(plugin, PLUGINS)


def mount_hostfs(folder, target):
    """A folder of the machine."""
    try:
        system.mount("none", target, "hostfs", options="hostfs=" + folder)
    except OSError:
        # a kernel older than 6.10 takes all of it for the folder's name
        system.mount("none", target, "hostfs", options=folder)


def prepare():
    os.makedirs("/mnt/machine")
    os.makedirs("/mnt/results")
    system.bind("/", "/mnt/machine")
    if "hostfs" in read("/proc/filesystems"):
        mount_hostfs(SHARED, "/mnt/results")
    else:
        system.mount("results", "/mnt/results", "9p",
                     options="trans=virtio,version=9p2000.L,msize=512000")
    private_folders()
    system.bind("/mnt/results", SHARED)
    shutil.copytree(os.path.dirname(GUEST) + "/lab", PYTHON + "/lab",
                    ignore=shutil.ignore_patterns("tests", "bench",
                                                  "__pycache__"))
    prepare_tools()
    prepare_plugins()
