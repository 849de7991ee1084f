/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/**
 * Find out whether a connection has a session.  That the daemon did not do what
 * it was told does not say so.
 */
static bool has_session(ctl_daemon_t *daemon, const char *connection)
{
	json_object *answer;
	bool found = TRUE;

	answer = daemon->call(daemon, "mobility-status", "connection", connection,
						  NULL);
	if (answer)
	{
		found = json_object_object_length(answer) > 0;
		json_object_put(answer);
	}
	return found;
}

/*
 * Described in header.
 */
exit_code_t switch_run(mobilityctl_t *this, char *argv[])
{
	exit_code_t code = EXIT_OK;
	ctl_daemon_t *daemon;
	json_object *answer;

	daemon = ctl_daemon_connect(this->uri);
	if (!daemon)
	{
		return EXIT_UNREACHABLE;
	}
	answer = daemon->call(daemon, "mobility-switch", "connection", argv[0],
						  "uplink", argv[1], NULL);
	if (!answer)
	{
		code = daemon->failure;
		daemon->destroy(daemon);
		return code;
	}
	if (!ctl_num(answer, "success"))
	{
		code = has_session(daemon, argv[0]) ? EXIT_ERROR : EXIT_NOTHING;
		ctl_fail(code, "%s was not moved to %s: %s", argv[0], argv[1],
				 ctl_str(answer, "errmsg"));
	}
	else if (!this->json)
	{
		printf("%s is on its way to %s, mobilityctl watch follows it\n",
			   argv[0], argv[1]);
	}
	if (this->json)
	{
		ctl_print_json(json_object_get(answer), FALSE);
	}
	json_object_put(answer);
	daemon->destroy(daemon);
	return code;
}
