# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Tests of what verdicts rest on: python3 -m unittest discover -s testing/lab
-t testing"""
