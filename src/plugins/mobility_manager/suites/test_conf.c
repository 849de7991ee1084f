/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * The configuration file that gets installed, and with it the description of
 * the options, has to agree with what the plugin reads.
 */

#define _GNU_SOURCE
#include "mobility_suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "settings/settings.h"

/**
 * Whether the comment in a line is an option that has a default or a section,
 * and not a sentence
 */
static bool is_option(const char *comment)
{
	size_t len;

	if (streq(comment, "}"))
	{
		return TRUE;
	}
	len = strspn(comment, "abcdefghijklmnopqrstuvwxyz_<>");
	if (!len || comment[len] != ' ')
	{
		return FALSE;
	}
	return streq(comment + len, " {") ||
		   (strpfx(comment + len, " = ") && comment[len + strlen(" = ")]);
}

/**
 * Read the file as part of a strongswan.conf
 *
 * @param all		put all options and sections in effect that are in comments
 */
static char *read_conf(bool all)
{
	char line[256], *comment, *conf = NULL, *file;
	bool interfaces = FALSE;
	size_t size = 0;
	FILE *in, *out;

	file = getenv("MOBILITY_CONF");
	ck_assert_msg(file != NULL, "MOBILITY_CONF is to be set to the file");
	in = fopen(file, "r");
	ck_assert_msg(in != NULL, "opening '%s' failed", file);
	out = open_memstream(&conf, &size);
	fprintf(out, "charon {\n  plugins {\n");
	while (fgets(line, sizeof(line), in))
	{
		comment = line + strspn(line, " ");
		if (all && strpfx(comment, "# "))
		{
			comment += 2;
			comment[strcspn(comment, "\n")] = '\0';
			if (is_option(comment))
			{
				fprintf(out, "%s\n", comment);
				if (interfaces && streq(comment, "<name> {"))
				{	/* has no default, and there must be one */
					fprintf(out, "match = *\n");
				}
			}
		}
		else
		{
			fprintf(out, "%s", line);
			if (strchr(line, '{'))
			{
				interfaces = strpfx(comment, "interfaces");
			}
		}
	}
	fprintf(out, "  }\n}\n");
	fclose(out);
	fclose(in);
	return conf;
}

START_TEST(test_conf)
{
	mobility_settings_t *settings, *defaults;
	mobility_gateway_config_t gateway, expected_gateway;
	mobility_config_t config, expected;
	char *conf;

	conf = read_conf(_i);
	mobility_suite_setup_conf("");
	mobility_suite_log_start();
	defaults = mobility_settings_create();
	defaults->get(defaults, "any", &expected);

	ck_assert_msg(lib->settings->load_string(lib->settings, conf, FALSE),
				  "%s", conf);
	ck_assert(lib->settings->get_bool(lib->settings,
							"charon.plugins.mobility-manager.load", FALSE));
	settings = mobility_settings_create();
	/* nothing in there is unknown or wrong */
	ck_assert_str_eq(mobility_suite_log(), "");

	/* and what it says are the defaults are the defaults */
	settings->get(settings, "any", &config);
	ck_assert_int_eq(config.mobility, expected.mobility);
	ck_assert_int_eq(config.network_outage_time, expected.network_outage_time);
	ck_assert_int_eq(config.retry_interval, expected.retry_interval);
	ck_assert_int_eq(config.make_before_break, expected.make_before_break);
	ck_assert_int_eq(config.settle_time, expected.settle_time);
	ck_assert_int_eq(config.penalty_time, expected.penalty_time);
	ck_assert_int_eq(config.pin_paths, expected.pin_paths);
	ck_assert_int_eq(config.guard, expected.guard);
	ck_assert_int_eq(config.reestablish, expected.reestablish);
	ck_assert_int_eq(config.reestablish_limit, expected.reestablish_limit);
	defaults->get_gateway(defaults, "any", &expected_gateway);
	settings->get_gateway(settings, "any", &gateway);
	ck_assert_int_eq(gateway.mobility, expected_gateway.mobility);
	ck_assert_int_eq(gateway.network_outage_time,
					 expected_gateway.network_outage_time);
	ck_assert_int_eq(gateway.crash_detection, expected_gateway.crash_detection);
	ck_assert_int_eq(gateway.max_dormant, expected_gateway.max_dormant);
	ck_assert_int_eq(gateway.reclaim, expected_gateway.reclaim);
	ck_assert_int_eq(gateway.return_routability,
					 expected_gateway.return_routability);
	ck_assert_int_eq(settings->get_pin_priority(settings),
					 defaults->get_pin_priority(defaults));
	ck_assert_int_eq(settings->get_pin_table(settings),
					 defaults->get_pin_table(defaults));

	settings->destroy(settings);
	defaults->destroy(defaults);
	free(conf);
	mobility_suite_teardown();
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("conf");

	tc = tcase_create("as installed, and with all options in effect");
	tcase_add_loop_test(tc, test_conf, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
