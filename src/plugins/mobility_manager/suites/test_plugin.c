/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <daemon.h>

/* The plugin does not name the libraries it gets its symbols from, as charon
 * has loaded them already. So the linker does not tell what is missing. */
START_TEST(test_symbols)
{
	char *plugin, **version;
	void *handle;

	plugin = getenv("MOBILITY_PLUGIN");
	ck_assert_msg(plugin != NULL, "MOBILITY_PLUGIN is to be set to the plugin");
	/* refer to libcharon, so that it gets loaded */
	ck_assert(charon == NULL);

	handle = dlopen(plugin, RTLD_NOW);
	ck_assert_msg(handle != NULL, "%s", dlerror());
	ck_assert(dlsym(handle, "mobility_manager_plugin_create") != NULL);
	version = dlsym(handle, "mobility_manager_plugin_version");
	ck_assert(version != NULL);
	ck_assert_str_eq(*version, VERSION);
	dlclose(handle);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("plugin");

	tc = tcase_create("symbols");
	tcase_add_test(tc, test_symbols);
	suite_add_tcase(s, tc);

	return s;
}
