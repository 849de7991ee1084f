# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The ways to boot a guest, by the name that options have for them."""

from . import qemu, uml

LABS = {"uml": uml.Lab, "qemu": qemu.Lab}


def add_option(parser):
    parser.add_argument(
        "--kernel", choices=LABS, default="uml",
        help="uml: User Mode Linux, which boots in seconds; qemu: the "
        "distribution's kernel on an emulated machine, which testing/setup "
        "qemu and testing/setup-bench install (default: %(default)s)")
