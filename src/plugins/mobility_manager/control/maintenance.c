/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "control/maintenance.h"
#include "control/selection.h"
#include "settings/values.h"

#include <stdio.h>
#include <time.h>

/**
 * Read which clients are meant, all that are there are of the anchor end.
 */
static bool select_clients(mobility_selection_t *selection, chunk_t request,
						   char *error)
{
	if (!mobility_selection_init(selection, request, error))
	{
		if (!*error)
		{
			snprintf(error, 128, "an argument is not text");
		}
		return FALSE;
	}
	selection->filter.anchor = TRUE;
	selection->filter.mobile = FALSE;
	return TRUE;
}

/**
 * Answer with a number, or why there is none.
 */
static void answer(mobility_vici_message_t *response, const char *key,
				   u_int count, const char *error)
{
	response->add(response, "success", "%s", *error ? "no" : "yes");
	if (*error)
	{
		response->add(response, "errmsg", "%s", error);
	}
	else
	{
		response->add(response, key, "%u", count);
	}
}

/*
 * Described in header.
 */
void mobility_terminate_handle(mobility_commands_t *this, chunk_t request,
							   mobility_vici_message_t *response,
							   mobility_list_t *list)
{
	mobility_selection_t selection;
	char error[128], *dormant;
	u_int count = 0;
	uint32_t seconds;
	time_t now;

	dormant = mobility_vici_message_get(request, "dormant");
	if (select_clients(&selection, request, error))
	{
		if (dormant && mobility_parse_time(dormant, &seconds))
		{
			now = time(NULL);
			selection.filter.since = now > seconds ? now - seconds : 1;
			count = this->manager->terminate(this->manager, &selection.filter);
		}
		else
		{
			snprintf(error, sizeof(error), "dormant is missing, or no time "
					 "such as 600 or 10m");
		}
	}
	mobility_selection_clear(&selection);
	free(dormant);
	answer(response, "sessions", count, error);
}

/**
 * Read the name of a gateway as a client may get to know it.
 */
static identification_t *get_gateway(chunk_t request)
{
	identification_t *gateway = NULL;
	char *name;

	name = mobility_vici_message_get(request, "gateway");
	if (name)
	{
		gateway = identification_create_from_string(name);
		free(name);
		switch (gateway->get_type(gateway))
		{
			case ID_IPV4_ADDR:
			case ID_IPV6_ADDR:
			case ID_FQDN:
				break;
			default:
				gateway->destroy(gateway);
				gateway = NULL;
		}
	}
	return gateway;
}

/*
 * Described in header.
 */
void mobility_redirect_handle(mobility_commands_t *this, chunk_t request,
							  mobility_vici_message_t *response,
							  mobility_list_t *list)
{
	mobility_selection_t selection;
	identification_t *gateway;
	u_int count = 0, unable = 0;
	char error[128];

	gateway = get_gateway(request);
	if (select_clients(&selection, request, error))
	{
		if (gateway)
		{
			count = this->manager->redirect(this->manager, &selection.filter,
											gateway, &unable);
		}
		else
		{
			snprintf(error, sizeof(error), "gateway is missing, or neither an "
					 "address nor a domain name");
		}
	}
	mobility_selection_clear(&selection);
	DESTROY_IF(gateway);
	answer(response, "redirected", count, error);
	if (!*error)
	{
		response->add(response, "unable", "%u", unable);
	}
}
