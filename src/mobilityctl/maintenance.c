/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"
#include "settings/values.h"

/**
 * Rate an answer, and write it as JSON if that is wanted, in which case there is
 * nothing more to write.
 */
static exit_code_t rate(mobilityctl_t *this, json_object *answer,
						int64_t count)
{
	exit_code_t code = count ? EXIT_OK : EXIT_NOTHING;

	if (!ctl_num(answer, "success"))
	{
		code = ctl_fail(EXIT_ERROR, "%s", ctl_str(answer, "errmsg"));
	}
	if (this->json)
	{
		ctl_print_json(json_object_get(answer), FALSE);
	}
	return code;
}

/*
 * Described in header.
 */
exit_code_t terminate_run(mobilityctl_t *this, char *argv[])
{
	ctl_filter_t *filter = &this->filter;
	json_object *answer;
	exit_code_t code;
	uint32_t seconds;
	int64_t count;
	char time[32];

	if (!this->dormant || !mobility_parse_time(this->dormant, &seconds))
	{
		return ctl_fail(EXIT_USAGE, "terminate needs --dormant with a time "
						"such as 600 or 10m");
	}
	code = ctl_daemon_ask(this->uri, &answer, "mobility-terminate", "dormant",
						  this->dormant, "connection", filter->connection,
						  "peer", filter->peer, NULL);
	if (code != EXIT_OK)
	{
		return code;
	}
	count = ctl_num(answer, "sessions");
	code = rate(this, answer, count);
	json_object_put(answer);
	ctl_duration(seconds, time, sizeof(time));
	if (code == EXIT_OK && !this->json)
	{
		printf("%lld session%s of clients that are dormant for %s or longer "
			   "%s ended now, one after the other\n", (long long)count,
			   count == 1 ? "" : "s", time, count == 1 ? "is" : "are");
	}
	else if (code == EXIT_NOTHING)
	{
		ctl_fail(code, "no client is dormant for %s or longer", time);
	}
	return code;
}

/*
 * Described in header.
 */
exit_code_t redirect_run(mobilityctl_t *this, char *argv[])
{
	ctl_filter_t *filter = &this->filter;
	int64_t redirected, unable;
	json_object *answer;
	exit_code_t code;

	code = ctl_daemon_ask(this->uri, &answer, "mobility-redirect", "gateway",
						  argv[0], "connection", filter->connection, "peer",
						  filter->peer, "state", filter->state, NULL);
	if (code != EXIT_OK)
	{
		return code;
	}
	redirected = ctl_num(answer, "redirected");
	unable = ctl_num(answer, "unable");
	code = rate(this, answer, redirected + unable);
	json_object_put(answer);
	if (code == EXIT_OK && !this->json)
	{
		printf("%lld client%s redirected to %s\n", (long long)redirected,
			   redirected == 1 ? "" : "s", argv[0]);
	}
	if (code == EXIT_OK && unable)
	{
		code = ctl_fail(EXIT_ERROR, "%lld client%s can't be redirected, as "
						"RFC 5685 is not supported there", (long long)unable,
						unable == 1 ? "" : "s");
	}
	else if (code == EXIT_NOTHING)
	{
		ctl_fail(code, "there is no such client; mobilityctl status --role "
				 "anchor lists all");
	}
	return code;
}
