/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "control_fixture.h"

#include <stdio.h>

mock_manager_t *mock;
mobility_settings_t *settings;
mobility_control_t *control;

/*
 * Described in header
 */
char *control_uri(void)
{
	static char uri[64];

	/* threads may use the one there is */
	if (!strstr(uri, mobility_suite_dir()))
	{
		snprintf(uri, sizeof(uri), "unix://%s/socket", mobility_suite_dir());
	}
	return uri;
}

/*
 * Described in header
 */
const char *control_path(void)
{
	return control_uri() + strlen("unix://");
}

/*
 * Described in header
 */
void control_setup(const char *interfaces)
{
	char *conf;

	lib->processor->set_threads(lib->processor, 8);
	mock = mock_manager_create();
	ck_assert(asprintf(&conf, "charon {\nplugins {\nmobility-manager {\n"
					   "interfaces {\n%s}\n}\n}\n}\n", interfaces) > 0);
	ck_assert(lib->settings->load_string(lib->settings, conf, FALSE));
	free(conf);
	settings = mobility_settings_create();
	control = mobility_control_create(&mock->manager, settings, control_uri());
	ck_assert(control);
}

/*
 * Described in header
 */
void control_teardown(void)
{
	DESTROY_IF(control);
	ck_assert_uint_eq(mock->get_observers(mock), 0);
	settings->destroy(settings);
	mock->manager.destroy(&mock->manager);
	lib->processor->cancel(lib->processor);
	mobility_suite_teardown();
}
