# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A guest under QEMU: the distribution's own kernel, for what User Mode Linux
lacks.  The processor is emulated, so it is several times slower."""

import shutil
import subprocess

from . import guest, paths

# An instruction takes 2^SHIFT ns of the guest's time, however busy this machine
# is; else the guest does nothing but timer interrupts on a busy one.
SHIFT = 1
# what it takes to mount this machine's file system
BOOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p")


def _kernel():
    """Where testing/setup-bench unpacked the package."""
    folder = paths.cache() / "bench" / "kernel"
    if not (folder / "versions").exists():
        raise paths.Missing("there is no kernel for QEMU; testing/setup-bench "
                            "gets one")
    return folder


def _emulator():
    program = shutil.which("qemu-system-x86_64")
    if not program:
        raise paths.Missing("QEMU is not installed; testing/setup qemu "
                            "installs it")
    return program


def release():
    return next((_kernel() / "lib" / "modules").iterdir()).name


def _initramfs(scratch):
    """A busybox, the modules, and guest/initramfs-init."""
    kernel = _kernel()
    busybox = kernel / "bin" / "busybox"
    folder = scratch / "initramfs"
    for name in ("dev", "proc", "root", "modules"):
        (folder / name).mkdir(parents=True)
    shutil.copy(busybox, folder / "busybox")
    shutil.copy(paths.GUEST / "initramfs-init", folder / "init")
    modprobe = shutil.which("modprobe", path="/sbin:/usr/sbin:/bin:/usr/bin")
    wanted = []
    for name in BOOT_MODULES:
        text = subprocess.run(
            [modprobe, "-d", str(kernel), "-S", release(), "--show-depends",
             name], check=True, stdout=subprocess.PIPE, text=True).stdout
        wanted += [line.split()[1] for line in text.splitlines()
                   if line.startswith("insmod")]
    for index, module in enumerate(dict.fromkeys(wanted)):
        shutil.copy(module, folder / "modules" / f"{index:02}.ko")
    files = subprocess.run(["find", ".", "-print"], cwd=folder, check=True,
                           stdout=subprocess.PIPE).stdout
    image = scratch / "initramfs.cpio"
    with open(image, "wb") as file:
        subprocess.run([busybox, "cpio", "-o", "-H", "newc"], cwd=folder,
                       input=files, stdout=file, check=True,
                       stderr=subprocess.DEVNULL)
    return image


def _share(path, tag, *more):
    # without the remapping, /proc and /sys of this machine look the same
    return ["-virtfs", ",".join([
        f"local,path={path}", f"mount_tag={tag}", "security_model=none",
        "multidevs=remap", *more])]


class Lab(guest.Lab):
    MEMORY = "1G"
    BOOT_TIME = 300
    SLOWNESS = 10

    def _command(self, line):
        kernel = _kernel()
        words = ["console=ttyS1", "quiet", "panic=-1", "mitigations=off",
                 "tsc=reliable", "cryptomgr.notests=1",
                 f"LAB_MODULES=/mnt/machine{kernel / 'lib' / 'modules'}"]
        words += [f"{name}={value}"
                  for name, value in self._variables().items()]
        arguments = [
            _emulator(), "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-accel", "tcg", "-cpu", "max",
            "-icount", f"shift={SHIFT}", "-rtc", "clock=vm",
            "-m", self.MEMORY,
            "-kernel", str(kernel / "boot" / f"vmlinuz-{release()}"),
            "-initrd", str(_initramfs(self._scratch)),
            "-chardev", f"socket,id=line,fd={line.fileno()}",
            "-serial", "chardev:line",
            "-chardev", f"file,id=console,path={self._console()}",
            "-serial", "chardev:console",
            *_share("/", "root", "readonly=on"),
            *_share(paths.generated(), "results"),
        ]
        options = {"pass_fds": [line.fileno()]}
        if self._terminal is not None:
            words.append("LAB_TERMINAL=/dev/ttyS2")
            arguments += ["-chardev", "stdio,id=terminal,signal=off",
                          "-serial", "chardev:terminal"]
            options |= {"stdin": self._terminal, "stdout": self._terminal}
        return arguments + ["-append", " ".join(words)], options
