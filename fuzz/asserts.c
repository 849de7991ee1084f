/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What mocks of the unit tests need of libcheck: these are no tests of its.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Described in check.h
 */
void _mark_point(const char *file, int line)
{
}

/*
 * Described in check.h
 */
void _ck_assert_failed(const char *file, int line, const char *expr,
					   const char *msg, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}
