# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""field.py CONNECTION FIELD: one field of a session, from the JSON that
mobilityctl status --json prints (on standard input)."""

import json
import sys


def sessions(data):
    if isinstance(data, dict):
        data = data.get("sessions", [data])
    return data


def main():
    try:
        data = json.load(sys.stdin)
    except ValueError:
        return 1
    for session in sessions(data):
        if session.get("connection") == sys.argv[1]:
            value = session
            for key in sys.argv[2].split("."):
                value = value.get(key, "") if isinstance(value, dict) else ""
            print(value)
            return 0
    print("no-session")
    return 1


sys.exit(main())
