/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "checks.h"
#include "ctl_output.h"

/*
 * Described in header.
 */
ctl_check_t *ctl_check_all(mobilityctl_t *this, bool print)
{
	ctl_check_t *check;

	check = ctl_check_create(print);
	check->uri = this->uri;
	ctl_check_daemon(check);
	ctl_check_settings(check);
	ctl_check_find_uplinks(check);
	ctl_check_interfaces(check);
	ctl_check_virtual_ips(check);
	ctl_check_rp_filter(check);
	ctl_check_rules(check);
	ctl_check_vrf(check);
	ctl_check_xfrm_interfaces(check);
	ctl_check_networkd(check);
	ctl_check_networkmanager(check);
	ctl_check_apparmor(check);
	ctl_check_gateway(check);
	return check;
}

/*
 * Described in header.
 */
exit_code_t check_run(mobilityctl_t *this, char *argv[])
{
	ctl_check_t *check = ctl_check_all(this, !this->json);
	int count;

	count = json_object_array_length(ctl_sub(check->findings, "problems"));
	if (this->json)
	{
		ctl_print_json(json_object_get(check->findings), FALSE);
	}
	else
	{
		printf("%d problem%s found\n", count, count == 1 ? "" : "s");
	}
	check->destroy(check);
	return count ? EXIT_PROBLEM : EXIT_OK;
}
