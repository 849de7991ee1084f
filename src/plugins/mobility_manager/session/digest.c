/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/digest.h"

#include <fnmatch.h>

/** how long the names of a peer may get altogether, whatever it says it is */
#define MAX_NAMES 768

/**
 * Write what a peer is known by, who it says that it is last, as that may be too
 * long.
 */
static void write_names(const mobility_status_t *status, char *buf, size_t size)
{
	enumerator_t *enumerator;
	size_t len;
	host_t *vip;

	len = snprintf(buf, size, "%H", status->remote);
	if (status->vips)
	{
		enumerator = status->vips->create_enumerator(status->vips);
		while (len < size && enumerator->enumerate(enumerator, &vip))
		{
			len += snprintf(buf + len, size - len, "\n%H", vip);
		}
		enumerator->destroy(enumerator);
	}
	if (status->peer && len < size)
	{
		snprintf(buf + len, size - len, "\n%Y", status->peer);
	}
}

/*
 * Described in header.
 */
void mobility_digest_set(mobility_digest_t *digest,
						 const mobility_status_t *status)
{
	char buf[MAX_NAMES] = "";

	if (status->remote)
	{
		write_names(status, buf, sizeof(buf));
	}
	digest->state = status->state;
	digest->mobile = status->mobile;
	digest->since = status->since;
	free(digest->names);
	digest->names = *buf ? strdup(buf) : NULL;
}

/**
 * Check if one of the names of a peer fits a pattern.
 */
static bool is_called(const char *names, const char *pattern)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	char *name;

	enumerator = enumerator_create_token(names ?: "", "\n", "");
	while (!found && enumerator->enumerate(enumerator, &name))
	{
		found = fnmatch(pattern, name, 0) == 0;
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
bool mobility_filter_matches(const mobility_filter_t *filter,
							 const char *connection,
							 const mobility_digest_t *digest)
{
	if (!filter)
	{
		return TRUE;
	}
	return (!filter->connection || streq(filter->connection, connection)) &&
		   (!filter->states || filter->states & (1 << digest->state)) &&
		   (filter->mobile == filter->anchor ||
			filter->mobile == digest->mobile) &&
		   (!filter->since || digest->since <= filter->since) &&
		   (!filter->peer || is_called(digest->names, filter->peer));
}

/*
 * Described in header.
 */
bool mobility_filter_matches_status(const mobility_filter_t *filter,
									const mobility_status_t *status)
{
	mobility_digest_t digest = {};
	bool matches;

	mobility_digest_set(&digest, status);
	matches = mobility_filter_matches(filter, status->connection, &digest);
	free(digest.names);
	return matches;
}
