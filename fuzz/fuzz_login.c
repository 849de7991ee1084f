/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sequences of what a network does and anybody answers while an IKE_SA logs in,
 * two bytes each. The promises of a login hold after each of them, and:
 *
 *  - an error ends it only if no path is left;
 *  - stock gets to see only what came over the path that the request was built
 *    for, and never so many detours that it gives up;
 *  - who answers, however often, does not cause more requests than a few for
 *    each path; and no path is asked more often than once a second.
 */

#include "fuzz.h"

#include "mobile/login_paths.h"

/** number of addresses at each end */
#define LOCALS 6
#define REMOTES 3

static host_t *locals[LOCALS], *remotes[REMOTES];

static mobility_login_paths_t paths;

/** current time, and when a path was asked last */
static uint64_t now, asked;

/** requests that answers alone have caused */
static u_int caused;

/**
 * Have other paths: each bit says if there is one
 */
static void change(uint8_t which, uint8_t how)
{
	mobility_login_try_t tries[LOCALS * REMOTES] = {};
	u_int i, count = 0;

	for (i = 0; i < LOCALS * REMOTES; i++)
	{
		if (which & (1 << (i % 8)))
		{
			tries[count].id.ifindex = 2 + (i + how) % LOCALS;
			tries[count].id.local = mobility_ip_from_host(
												locals[(i + how) % LOCALS]);
			tries[count].id.remote = mobility_ip_from_host(
												remotes[i / LOCALS]);
			tries[count++].last_resort = how & 0x80 && i % 2;
		}
	}
	mobility_login_paths_set(&paths, tries,
							 min(count, MOBILITY_LOGIN_TRIES));
	caused = 0;
}

/**
 * Somebody answers
 */
static void answer(uint8_t what, uint8_t where)
{
	mobility_init_answer_t kind = what % 3;
	mobility_login_paths_t old = paths;
	host_t *local = locals[where % LOCALS];
	mobility_ip_t ip = mobility_ip_from_host(local);
	u_int i;

	if (!mobility_login_paths_answered(&paths, local,
									   remotes[where / LOCALS % REMOTES],
									   kind, now))
	{
		check(old.in_flight && old.count);
		return;
	}
	if (!old.in_flight || !old.count)
	{
		return;
	}
	if (kind == MOBILITY_INIT_ERROR)
	{
		for (i = 0; i < paths.count; i++)
		{
			check(paths.tries[i].refused > now);
		}
	}
	else
	{
		check(mobility_ip_equals(&ip, &old.local));
		check(paths.detours <= MOBILITY_LOGIN_DETOURS);
	}
}

/**
 * Do what is to be done
 */
static void act()
{
	mobility_path_id_t id;
	host_t *local, *remote;
	u_int steps = 0;

	while (TRUE)
	{
		check(steps++ < 2);
		switch (mobility_login_paths_next(&paths, now, &id))
		{
			case MOBILITY_LOGIN_ASK:
				check(now >= asked + MOBILITY_LOGIN_INTERVAL);
				asked = now;
				break;
			case MOBILITY_LOGIN_WON:
			case MOBILITY_LOGIN_ANEW:
				check(++caused <= MOBILITY_LOGIN_TRIES *
								  (MOBILITY_LOGIN_WINS + 1));
				local = mobility_ip_to_host(&id.local);
				remote = mobility_ip_to_host(&id.remote);
				mobility_login_paths_sent(&paths, local, remote, now);
				local->destroy(local);
				remote->destroy(remote);
				asked = now;
				break;
			case MOBILITY_LOGIN_WAIT:
				check(!mobility_login_paths_deadline(&paths, now) ||
					  mobility_login_paths_deadline(&paths, now) > now);
				return;
		}
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char addr[32];
	int i;

	check(library_init(NULL, "fuzz"));
	for (i = 0; i < LOCALS; i++)
	{
		snprintf(addr, sizeof(addr), "10.%d.0.2", i);
		locals[i] = host_create_from_string(addr, 0);
	}
	for (i = 0; i < REMOTES; i++)
	{
		snprintf(addr, sizeof(addr), "192.0.2.%d", i);
		remotes[i] = host_create_from_string(addr, 0);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t input = chunk_create((u_char*)data, len);
	uint8_t what, where;

	paths = (mobility_login_paths_t){};
	now = 1000000;
	asked = caused = 0;
	while (input.len)
	{
		what = fuzz_byte(&input);
		where = fuzz_byte(&input);
		switch (what >> 6)
		{
			case 0:
				now += where * (what & 0x20 ? 300 : 10);
				/* those that were refused may be asked again */
				caused = 0;
				break;
			case 1:
				if (what & 0x20)
				{
					change(where, what);
				}
				else
				{	/* stock begins, or begins again */
					mobility_login_paths_sent(&paths, locals[where % LOCALS],
										remotes[where / LOCALS % REMOTES], now);
					caused = 0;
				}
				break;
			default:
				answer(what, where);
				break;
		}
		check(!mobility_login_paths_check(&paths));
		act();
		check(!mobility_login_paths_check(&paths));
	}
	return 0;
}
