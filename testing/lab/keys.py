# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Keys and certificates of the hosts, made afresh and kept in the build."""

import fcntl
import shutil
import subprocess

from . import paths

IDENTITIES = {
    "alice": "alice@strongswan.org", "bob": "bob@strongswan.org",
    "carol": "carol@strongswan.org", "dave": "dave@strongswan.org",
    "moon": "moon.strongswan.org", "sun": "sun.strongswan.org",
    "venus": "venus.strongswan.org",
}


def _pki(*arguments, stdin=None):
    return subprocess.run(["pki", *arguments], input=stdin, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def _make(folder):
    ca_key = _pki("--gen", "--type", "rsa", "--size", "2048", "--outform",
                  "pem")
    (folder / "strongswanKey.pem").write_bytes(ca_key)
    ca_cert = _pki("--self", "--ca", "--type", "rsa", "--lifetime", "3650",
                   "--dn", "C=CH, O=strongSwan Project, CN=strongSwan Root CA",
                   "--outform", "pem", stdin=ca_key)
    (folder / "strongswanCert.pem").write_bytes(ca_cert)
    for host, identity in IDENTITIES.items():
        etc = folder / host / "swanctl"
        for kind in ("x509", "x509ca", "rsa"):
            (etc / kind).mkdir(parents=True)
        key = _pki("--gen", "--type", "rsa", "--size", "2048", "--outform",
                   "pem")
        key_file = etc / "rsa" / f"{host}Key.pem"
        key_file.touch(0o600)
        key_file.write_bytes(key)
        cert = _pki("--issue", "--type", "priv", "--in", str(key_file),
                    "--cakey", str(folder / "strongswanKey.pem"),
                    "--cacert", str(folder / "strongswanCert.pem"),
                    "--dn", f"C=CH, O=strongSwan Project, CN={identity}",
                    "--san", identity, "--lifetime", "3000",
                    "--outform", "pem")
        (etc / "x509" / f"{host}Cert.pem").write_bytes(cert)
        shutil.copy(folder / "strongswanCert.pem", etc / "x509ca")


def folder():
    """The keys, made if they are not there; one maker at a time."""
    keys = paths.generated() / "keys"
    keys.parent.mkdir(parents=True, exist_ok=True)
    with open(keys.parent / "keys.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not keys.exists():
            fresh = keys.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            _make(fresh)
            fresh.rename(keys)
    return keys
