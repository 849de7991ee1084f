/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

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
	daemon->destroy(daemon);
	if (!answer)
	{
		return EXIT_ERROR;
	}
	if (!ctl_num(answer, "success"))
	{
		code = ctl_fail(EXIT_ERROR, "%s was not moved to %s: %s", argv[0],
						argv[1], ctl_str(answer, "errmsg"));
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
	return code;
}
