/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/prospect.h"

ENUM(mobility_stay_names, MOBILITY_STAY_UNKNOWN, MOBILITY_STAY_OUTAGE,
	"unknown",
	"best",
	"similar",
	"chosen",
	"disabled",
	"test",
	"settle",
	"outage",
);
