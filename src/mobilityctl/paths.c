/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/**
 * Say if a path is used, and why not.
 */
static char *get_verdict(json_object *path, char *buf, size_t len)
{
	const char *reason = ctl_str(path, "reason"), *class;
	int64_t penalty = ctl_num(path, "penalty");
	char duration[32];

	class = ctl_str(path, "class");
	if (*reason && penalty)
	{
		snprintf(buf, len, "%s for %s", reason,
				 ctl_duration(penalty, duration, sizeof(duration)));
	}
	else
	{
		if (!*reason)
		{
			reason = ctl_num(path, "current") ? "in use" : "yes";
		}
		if (streq(class, "") || streq(class, "normal"))
		{
			snprintf(buf, len, "%s", reason);
		}
		else
		{
			snprintf(buf, len, "%s (%s)", reason, class);
		}
		if (streq(ctl_str(path, "encapsulation"), "forced"))
		{
			snprintf(buf + strlen(buf), len - strlen(buf),
					 ", UDP encapsulation forced");
		}
		if (ctl_num(path, "mtu"))
		{
			snprintf(buf + strlen(buf), len - strlen(buf), ", MTU %lld",
					 (long long)ctl_num(path, "mtu"));
		}
	}
	return buf;
}

/**
 * Print the paths of a session.
 */
static void print_paths(json_object *session)
{
	json_object *paths, *path;
	ctl_table_t *table;
	char cost[16], kind[64], rtt[16], verdict[128];
	int i, count;

	printf("%s (session %lld)\n", ctl_str(session, "connection"),
		   (long long)ctl_num(session, "session"));
	paths = ctl_sub(session, "paths");
	count = json_object_array_length(paths);
	if (!count)
	{
		printf("  no path: no uplink has a usable address and a route to the "
			   "peer\n");
	}
	table = ctl_table_create(1U << 2 | 1U << 5 | 1U << 7, "", "UPLINK", "KIND",
							 "LOCAL", "REMOTE", "VIA", "COST", "RTT", "USABLE",
							 NULL);
	for (i = 0; i < count; i++)
	{
		path = json_object_array_get_idx(paths, i);
		snprintf(cost, sizeof(cost), "%lld",
				 (long long)ctl_num(path, "cost"));
		rtt[0] = '\0';
		if (ctl_num(path, "rtt-ms"))
		{
			snprintf(rtt, sizeof(rtt), "%lld ms",
					 (long long)ctl_num(path, "rtt-ms"));
		}
		table->add(table, ctl_num(path, "current") ? "*" : "",
				   ctl_str(path, "uplink"),
				   ctl_kind(path, kind, sizeof(kind)), ctl_str(path, "local"),
				   ctl_str(path, "remote"), ctl_str(path, "gateway"), cost, rtt,
				   get_verdict(path, verdict, sizeof(verdict)));
	}
	if (count)
	{
		table->print(table);
	}
	table->destroy(table);
}

/*
 * Described in header.
 */
exit_code_t ctl_show_sessions(mobilityctl_t *this, const char *command,
							  const char *connection, const char *between,
							  void (*print)(json_object *session))
{
	json_object *sessions, *session;
	exit_code_t code;
	int i, count;

	code = ctl_daemon_list(this->uri, &sessions, command, connection);
	if (code != EXIT_OK)
	{
		return code;
	}
	count = json_object_array_length(sessions);
	for (i = 0; i < count; i++)
	{
		session = json_object_array_get_idx(sessions, i);
		ctl_flatten(session, "paths");
		ctl_flatten(session, "obstacles");
		if (!this->json)
		{
			printf("%s", i ? between : "");
			print(session);
		}
	}
	if (this->json)
	{
		ctl_print_json(json_object_get(sessions), FALSE);
	}
	else if (!count)
	{
		ctl_no_session(connection);
	}
	json_object_put(sessions);
	return count ? EXIT_OK : EXIT_NOTHING;
}

/*
 * Described in header.
 */
exit_code_t paths_run(mobilityctl_t *this, char *argv[])
{
	return ctl_show_sessions(this, "mobility-paths", argv[0], "", print_paths);
}
