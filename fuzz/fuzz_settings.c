/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What users write into strongswan.conf below charon.plugins.mobility-manager.
 * However wrong, it ends in a policy that can be used.
 */

#define _GNU_SOURCE
#include <library.h>
#include <utils/debug.h>

#include "settings/settings.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "charon");
	dbg_default_set_level(-1);
	return 0;
}

/**
 * Values that must not come out, whatever was put in
 */
static void check(mobility_settings_t *settings, char *name)
{
	mobility_config_t config;
	mobility_uplink_policy_t uplink;

	settings->get(settings, name, &config);
	if (!config.retry_interval)
	{
		abort();
	}
	settings->get_uplink(settings, name, "wlan0", FALSE, &uplink);
	if (strlen(uplink.section) >= sizeof(uplink.section))
	{
		abort();
	}
	settings->get_uplink(settings, name, "", FALSE, &uplink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_gateway_config_t gateway;
	mobility_settings_t *settings;
	char *text;

	/* another file than the one below cannot be included */
	if (memmem(data, len, "include", strlen("include")) ||
		asprintf(&text, "charon {\n plugins {\n mobility-manager {\n%.*s\n}\n}\n}\n",
				 (int)len, data) < 0)
	{
		return 0;
	}
	if (lib->settings->load_string(lib->settings, text, FALSE))
	{
		settings = mobility_settings_create();
		check(settings, NULL);
		check(settings, "home");
		check(settings, "%s.a b");
		settings->get_gateway(settings, "home", &gateway);
		settings->get_socket(settings);
		settings->get_pin_table(settings);
		if (settings->get_pin_priority(settings) >= 220)
		{
			abort();
		}
		free(settings->get_script(settings));
		settings->reload(settings);
		check(settings, "home");
		settings->destroy(settings);
	}
	free(text);
	return 0;
}
