/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "checks.h"
#include "ctl_output.h"
#include "settings/values.h"

/** IKE_SAs that may be in one row of charon's table */
#define ROW 16

/** seconds that all may wait for a RADIUS server */
#define RADIUS_WAIT 5

/** percentage of a pool's addresses from which on it is nearly used up */
#define POOL_FULL 90

/** what charon adds to the time of rekeying, as part of it, unless over_time says
 * something else */
#define OVER_TIME 10

/**
 * Check if clients from anywhere log in over a connection, with IKEv2.
 */
static bool is_for_clients(json_object *conn)
{
	return ctl_contains(ctl_sub(conn, "remote_addrs"), "%any") &&
		   !streq(ctl_str(conn, "version"), "IKEv1");
}

/** Get a setting of charon's that is a number. */
#define get_double(this, key, def) \
	lib->settings->get_double(lib->settings, "%s." key, def, (this)->ns)

/**
 * Get the seconds until somebody gives up who sends again after a timeout, and
 * each time after a longer one.
 */
static double get_patience(double timeout, double base, double tries,
						   double limit)
{
	double patience = 0;
	int i;

	for (i = 0; i <= tries && i < 1000; i++)
	{
		patience += limit ? min(timeout, limit) : timeout;
		timeout *= base;
	}
	return patience;
}

/**
 * Check that a gateway notices that clients sleep, and when.
 */
static bool check_dpd(ctl_check_t *this, const char *name, json_object *conn,
					  uint32_t outage)
{
	double patience;
	char time[32];

	if (!ctl_num(conn, "dpd_delay"))
	{
		this->hint(this, "gateway-dpd", "set dpd_delay of the connection, 60s "
				   "for example", "%s: clients are never asked whether they "
				   "are still there, so the address of one that is gone for "
				   "good is kept until its IKE_SA's lifetime is over", name);
		return FALSE;
	}
	patience = get_patience(get_double(this, "retransmit_timeout", 4.0),
							get_double(this, "retransmit_base", 1.8),
							get_double(this, "retransmit_tries", 5),
							get_double(this, "retransmit_limit", 0));
	if (outage && patience > outage)
	{
		this->problem(this, "gateway-dpd", "remove charon.retransmit_tries and "
					  "charon.retransmit_limit from strongswan.conf, and "
					  "restart charon: the plugin waits in their place",
					  "%s: a client counts as dormant only %.0fs after the "
					  "gateway has asked, which is more than its outage time "
					  "of %s", name, patience,
					  mobility_print_time(outage, time, sizeof(time)));
		return FALSE;
	}
	return TRUE;
}

/**
 * Check that a client that sleeps through the time of rekeying is not lost.
 */
static bool check_lifetime(ctl_check_t *this, const char *name,
						   json_object *conn, uint32_t outage)
{
	int64_t rekey = ctl_num(conn, "rekey_time");
	int64_t reauth = ctl_num(conn, "reauth_time");
	char time[32], remedy[160];

	rekey = rekey && reauth ? min(rekey, reauth) : rekey ?: reauth;
	if (!rekey || (outage && rekey / OVER_TIME >= outage))
	{
		return TRUE;
	}
	mobility_print_time(outage, time, sizeof(time));
	snprintf(remedy, sizeof(remedy), "set rekey_time = 0 for the connection, "
			 "which leaves that to the clients, or over_time = %s if that is "
			 "not set", outage ? time : "24h");
	this->hint(this, "gateway-lifetime", remedy, "%s: a client that is asleep "
			   "when its IKE_SA is to be rekeyed, every %llds, has %llds from "
			   "then on, unless over_time is set", name, (long long)rekey,
			   (long long)rekey / OVER_TIME);
	return FALSE;
}

/**
 * Check that a client that logs in anew gets its address back.
 */
static bool check_unique(ctl_check_t *this, const char *name,
						 json_object *conn)
{
	if (!streq(ctl_str(conn, "unique"), "UNIQUE_NEVER"))
	{
		return TRUE;
	}
	this->hint(this, "gateway-unique", "set unique = replace for the "
			   "connection, or unique = no if several devices have the same "
			   "identity", "%s: unique = never keeps the session of a client "
			   "that logs in anew, which gets another address until the old "
			   "session has ended", name);
	return FALSE;
}

/**
 * Check the connections that clients log in over.  Returns FALSE if there are
 * none.
 */
static bool check_connections(ctl_check_t *this)
{
	bool found = FALSE, dpd = TRUE, lifetime = TRUE, unique = TRUE;
	mobility_gateway_config_t config;

	json_object_object_foreach(this->conns, name, conn)
	{
		this->settings->get_gateway(this->settings, name, &config);
		if (config.mobility && is_for_clients(conn))
		{
			found = TRUE;
			dpd &= check_dpd(this, name, conn, config.network_outage_time);
			lifetime &= check_lifetime(this, name, conn,
									   config.network_outage_time);
			unique &= check_unique(this, name, conn);
		}
	}
	if (found && dpd)
	{
		this->passed(this, "gateway-dpd", "sleeping clients are noticed in "
					 "time");
	}
	if (found && lifetime)
	{
		this->passed(this, "gateway-lifetime", "lifetimes give sleeping clients "
					 "enough time");
	}
	if (found && unique)
	{
		this->passed(this, "gateway-unique", "clients that log in again replace "
					 "their old session");
	}
	return found;
}

/**
 * Check that there are addresses left for clients.
 */
static void check_pools(ctl_check_t *this)
{
	int64_t size, online, offline;
	bool enough = TRUE;

	json_object_object_foreach(this->pools, name, pool)
	{
		size = ctl_num(pool, "size");
		online = ctl_num(pool, "online");
		offline = ctl_num(pool, "offline");
		if (size && online * 100 >= size * POOL_FULL)
		{
			enough = FALSE;
			this->problem(this, "gateway-pool", "make the pool larger in "
						  "swanctl.conf, then swanctl --load-pools; or set "
						  "gateway.network_outage_time to less", "%s: %lld of "
						  "%lld addresses are in use, by clients that sleep as "
						  "well", name, (long long)online, (long long)size);
		}
		else if (size && (online + offline) >= size)
		{
			enough = FALSE;
			this->hint(this, "gateway-pool", "make the pool larger in "
					   "swanctl.conf, then swanctl --load-pools", "%s: each of "
					   "%lld addresses was given to somebody already, so "
					   "clients that were away may get another one", name,
					   (long long)size);
		}
	}
	if (enough && json_object_object_length(this->pools))
	{
		this->passed(this, "gateway-pool", "there are free addresses for "
					 "clients");
	}
}

/**
 * Check if a RADIUS server is configured.
 */
static bool has_radius(ctl_check_t *this)
{
	enumerator_t *enumerator;
	char *name;
	bool found;

	enumerator = lib->settings->create_section_enumerator(lib->settings,
								"%s.plugins.eap-radius.servers", this->ns);
	found = enumerator->enumerate(enumerator, &name);
	enumerator->destroy(enumerator);
	return found || lib->settings->get_str(lib->settings,
								"%s.plugins.eap-radius.server", NULL, this->ns);
}

/**
 * Check how long all wait for a RADIUS server that does not answer.
 */
static void check_radius(ctl_check_t *this)
{
	double patience;

	if (!ctl_contains(ctl_sub(this->stats, "plugins"), "eap-radius") ||
		!has_radius(this))
	{
		return;
	}
	patience = get_patience(
			get_double(this, "plugins.eap-radius.retransmit_timeout", 2.0),
			get_double(this, "plugins.eap-radius.retransmit_base", 1.4),
			get_double(this, "plugins.eap-radius.retransmit_tries", 4), 0);
	if (patience > RADIUS_WAIT)
	{
		this->hint(this, "gateway-radius", "set retransmit_timeout = 1 and "
				   "retransmit_tries = 2 in charon.plugins.eap-radius, and "
				   "restart charon", "a RADIUS server that does not answer is "
				   "waited for %.0fs, at each login, and at the end of each "
				   "session with all other IKE messages waiting", patience);
	}
	else
	{
		this->passed(this, "gateway-radius", "a RADIUS server that does not "
					 "answer is waited for %.0fs only", patience);
	}
	if (lib->settings->get_bool(lib->settings,
				"%s.plugins.eap-radius.accounting", FALSE, this->ns) &&
		lib->settings->get_bool(lib->settings,
				"%s.plugins.eap-radius.accounting_close_on_timeout", TRUE,
				this->ns))
	{
		this->hint(this, "gateway-radius", "set accounting_close_on_timeout = "
				   "no in charon.plugins.eap-radius, and restart charon",
				   "if the RADIUS server does not answer, sessions whose "
				   "interim updates are due end, those of clients that sleep "
				   "included");
	}
}

/**
 * Check that addresses from DHCP are not taken away.
 */
static void check_dhcp(ctl_check_t *this)
{
	mobility_gateway_config_t config;
	bool configured;
	char time[32];

	this->settings->get_gateway(this->settings, NULL, &config);
	configured = lib->settings->get_str(lib->settings,
							"%s.plugins.dhcp.server", NULL, this->ns) ||
				 lib->settings->get_str(lib->settings,
							"%s.plugins.dhcp.interface", NULL, this->ns);
	if (ctl_contains(ctl_sub(this->stats, "plugins"), "dhcp") &&
		(configured || !json_object_object_length(this->pools)))
	{
		this->hint(this, "gateway-dhcp", "have the DHCP server give addresses "
				   "for longer than any session lasts, or use a pool of "
				   "swanctl.conf", "charon does not renew what it gets from "
				   "DHCP: leases that are shorter than a session with its "
				   "outage time (%s) are given to others meanwhile",
				   mobility_print_time(config.network_outage_time, time,
									   sizeof(time)));
	}
}

/**
 * Check that charon finds IKE_SAs fast.
 */
static void check_table(ctl_check_t *this)
{
	int64_t count = ctl_num(ctl_sub(this->stats, "ikesas"), "total");
	int size;

	json_object_object_foreach(this->pools, name, pool)
	{
		count = name ? max(count, ctl_num(pool, "online") +
								  ctl_num(pool, "offline")) : count;
	}
	size = lib->settings->get_int(lib->settings, "%s.ikesa_table_size", 1,
								  this->ns);
	if (count > (int64_t)max(size, 1) * ROW)
	{
		this->hint(this, "gateway-table", "set charon.ikesa_table_size to about "
				   "the number of clients, a power of two such as 1024, and "
				   "charon.ikesa_table_segments = 16, and restart charon",
				   "charon looks through up to %lld IKE_SAs for each message, "
				   "as ikesa_table_size is %d", (long long)count / max(size, 1),
				   size);
	}
	else
	{
		this->passed(this, "gateway-table", "charon finds the IKE_SA of a "
					 "message quickly");
	}
}

/*
 * Described in header.
 */
void ctl_check_gateway(ctl_check_t *this)
{
	if (check_connections(this))
	{
		check_pools(this);
		check_radius(this);
		check_dhcp(this);
		check_table(this);
		ctl_check_way_back(this);
	}
}
