/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/login_paths.h"

/**
 * Check if a path is between two addresses.
 */
static bool is_between(const mobility_login_try_t *try,
					   const mobility_ip_t *local, const mobility_ip_t *remote)
{
	return mobility_ip_equals(&try->id.local, local) &&
		   mobility_ip_equals(&try->id.remote, remote);
}

/**
 * Find the path between two addresses, NULL if there is none.
 */
static mobility_login_try_t *find(mobility_login_paths_t *paths,
								  const mobility_ip_t *local,
								  const mobility_ip_t *remote)
{
	u_int i;

	for (i = 0; i < paths->count; i++)
	{
		if (is_between(&paths->tries[i], local, remote))
		{
			return &paths->tries[i];
		}
	}
	return NULL;
}

/**
 * Find the path that the request in flight was built for.
 */
static mobility_login_try_t *find_first(mobility_login_paths_t *paths)
{
	return find(paths, &paths->local, &paths->remote);
}

/**
 * Find a path by its id.
 */
static mobility_login_try_t *find_id(mobility_login_paths_t *paths,
									 const mobility_path_id_t *id)
{
	u_int i;

	for (i = 0; i < paths->count; i++)
	{
		if (mobility_path_id_equals(&paths->tries[i].id, id))
		{
			return &paths->tries[i];
		}
	}
	return NULL;
}

/**
 * Find the path over which an answer came, NULL if it did not go over any that
 * was asked.  Who has several addresses may answer from another one than it was
 * asked at, stock bears that.
 */
static mobility_login_try_t *find_answered(mobility_login_paths_t *paths,
										   const mobility_ip_t *local,
										   const mobility_ip_t *remote)
{
	mobility_login_try_t *try = find(paths, local, remote);
	u_int i;

	for (i = 0; i < paths->count && !(try && try->asked); i++)
	{
		try = &paths->tries[i];
		if (!mobility_ip_equals(&try->id.local, local))
		{
			try = NULL;
		}
	}
	return try && try->asked ? try : NULL;
}

/**
 * Check if any path is left that has not answered by an error, or only those
 * that are not the last resort.
 */
static bool is_any_left(const mobility_login_paths_t *paths, bool last_resort,
						uint64_t now)
{
	u_int i;

	for (i = 0; i < paths->count; i++)
	{
		if (paths->tries[i].refused <= now &&
			(last_resort || !paths->tries[i].last_resort))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if a path may be asked.
 */
static bool may_ask(const mobility_login_paths_t *paths,
					const mobility_login_try_t *try, uint64_t now)
{
	return try->refused <= now &&
		   (!try->last_resort || !is_any_left(paths, FALSE, now) ||
			now >= paths->begun + MOBILITY_LOGIN_LAST_RESORT);
}

/**
 * Find the preferred path that may be asked, or that was not asked yet.
 */
static mobility_login_try_t *find_best(mobility_login_paths_t *paths,
									   bool asked, uint64_t now)
{
	mobility_login_try_t *try;
	u_int i;

	for (i = 0; i < paths->count; i++)
	{
		try = &paths->tries[i];
		if ((asked || !try->asked) && may_ask(paths, try, now))
		{
			return try;
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
void mobility_login_paths_set(mobility_login_paths_t *paths,
							  const mobility_login_try_t *tries, u_int count)
{
	mobility_login_paths_t old = *paths;
	mobility_login_try_t *try;
	u_int i;

	paths->count = min(count, MOBILITY_LOGIN_TRIES);
	for (i = 0; i < paths->count; i++)
	{
		try = find_id(&old, &tries[i].id);
		paths->tries[i] = try ? *try : (mobility_login_try_t){};
		paths->tries[i].id = tries[i].id;
		paths->tries[i].last_resort = tries[i].last_resort;
	}
	try = find_first(paths);
	if (try && !paths->looked)
	{	/* it was sent before anybody has looked which paths there are */
		try->asked = paths->in_flight;
	}
	paths->looked = TRUE;
	paths->gone |= paths->answered && !try;
	if (!find_id(paths, &paths->winner))
	{
		paths->winner = (mobility_path_id_t){};
	}
}

/*
 * Described in header.
 */
void mobility_login_paths_sent(mobility_login_paths_t *paths, host_t *local,
							   host_t *remote, uint64_t now)
{
	mobility_login_try_t *first;
	u_int i;

	paths->local = mobility_ip_from_host(local);
	paths->remote = mobility_ip_from_host(remote);
	paths->winner = (mobility_path_id_t){};
	paths->in_flight = TRUE;
	paths->answered = FALSE;
	paths->gone = FALSE;
	paths->begun = paths->begun ?: now;
	paths->next = now + MOBILITY_LOGIN_INTERVAL;
	first = find_first(paths);
	for (i = 0; i < paths->count; i++)
	{
		paths->tries[i].asked = &paths->tries[i] == first;
	}
}

/*
 * Described in header.
 */
mobility_login_step_t mobility_login_paths_next(mobility_login_paths_t *paths,
												uint64_t now,
												mobility_path_id_t *id)
{
	mobility_login_step_t step = MOBILITY_LOGIN_ANEW;
	mobility_login_try_t *first, *try;

	if (!paths->in_flight && !paths->answered)
	{
		return MOBILITY_LOGIN_WAIT;
	}
	first = find_first(paths);
	if (!paths->in_flight && first)
	{
		step = MOBILITY_LOGIN_ASK;
		try = paths->gone && now >= paths->next ? first : NULL;
		paths->gone &= !try;
	}
	else if (!paths->in_flight)
	{
		try = find_best(paths, TRUE, now);
	}
	else if (paths->winner.ifindex)
	{
		step = MOBILITY_LOGIN_WON;
		try = find_id(paths, &paths->winner);
		paths->winner = (mobility_path_id_t){};
	}
	else if (!first || first->refused > now)
	{	/* it can't be answered anymore, or would only be refused again */
		try = find_best(paths, TRUE, now);
	}
	else
	{
		step = MOBILITY_LOGIN_ASK;
		try = now < paths->next ? NULL : find_best(paths, FALSE, now);
	}
	if (!try)
	{
		return MOBILITY_LOGIN_WAIT;
	}
	if (step == MOBILITY_LOGIN_ASK)
	{
		try->asked = TRUE;
		paths->next = now + MOBILITY_LOGIN_INTERVAL;
	}
	*id = try->id;
	return step;
}

/*
 * Described in header.
 */
uint64_t mobility_login_paths_deadline(const mobility_login_paths_t *paths,
									   uint64_t now)
{
	mobility_login_paths_t copy = *paths;
	const mobility_login_try_t *try;
	uint64_t time, deadline = 0;
	mobility_path_id_t id;
	u_int i;

	if (mobility_login_paths_next(&copy, now, &id) != MOBILITY_LOGIN_WAIT)
	{
		return now;
	}
	if (paths->gone && find_first(&copy))
	{
		return paths->next;
	}
	for (i = 0; paths->in_flight && i < paths->count; i++)
	{
		try = &paths->tries[i];
		if (!try->asked)
		{
			time = max(paths->next, try->refused);
			if (try->last_resort && is_any_left(paths, FALSE, time))
			{
				time = max(time, paths->begun + MOBILITY_LOGIN_LAST_RESORT);
			}
			deadline = deadline ? min(deadline, time) : time;
		}
	}
	return deadline;
}

/*
 * Described in header.
 */
bool mobility_login_paths_answered(mobility_login_paths_t *paths,
								   host_t *local, host_t *remote,
								   mobility_init_answer_t answer,
								   uint64_t now)
{
	mobility_ip_t me = mobility_ip_from_host(local);
	mobility_ip_t other = mobility_ip_from_host(remote);
	mobility_login_try_t *try = find_answered(paths, &me, &other);

	if (!paths->in_flight || !paths->count)
	{	/* none of our paths, so it is stock's, whatever it is */
		return TRUE;
	}
	if (!try)
	{
		return FALSE;
	}
	if (answer == MOBILITY_INIT_ERROR)
	{
		try->refused = now + MOBILITY_LOGIN_REFUSED;
		try->asked = FALSE;
		return !is_any_left(paths, TRUE, now);
	}
	if (answer == MOBILITY_INIT_DETOUR &&
		paths->detours >= MOBILITY_LOGIN_DETOURS)
	{
		return FALSE;
	}
	if (is_between(try, &paths->local, &paths->remote))
	{
		paths->detours += answer == MOBILITY_INIT_DETOUR;
		paths->in_flight = FALSE;
		paths->answered = TRUE;
		paths->winner = (mobility_path_id_t){};
		return TRUE;
	}
	if (try->wins < MOBILITY_LOGIN_WINS && !paths->winner.ifindex)
	{
		try->wins++;
		paths->winner = try->id;
	}
	return FALSE;
}

/*
 * Described in header.
 */
const char *mobility_login_paths_check(const mobility_login_paths_t *paths)
{
	const mobility_login_try_t *try;
	bool won = FALSE;
	u_int i;

	if (paths->count > MOBILITY_LOGIN_TRIES)
	{
		return "too many paths";
	}
	for (i = 0; i < paths->count; i++)
	{
		try = &paths->tries[i];
		if (paths->in_flight && !try->asked &&
			!mobility_login_paths_deadline(paths, UINT64_MAX))
		{
			return "a path is never asked";
		}
		if (mobility_path_id_equals(&try->id, &paths->winner))
		{
			if (!try->asked || !try->wins)
			{
				return "a path won that was not asked";
			}
			won = TRUE;
		}
		if (try->wins > MOBILITY_LOGIN_WINS)
		{
			return "a path won too often";
		}
	}
	if (paths->in_flight && paths->answered)
	{
		return "a request is in flight that was answered";
	}
	if (paths->gone && !paths->answered)
	{
		return "a path is missed that nobody has answered over";
	}
	if (paths->winner.ifindex && !(won && paths->in_flight))
	{
		return "no request in flight, or no path, that won";
	}
	return paths->detours > MOBILITY_LOGIN_DETOURS ? "too many detours" : NULL;
}
