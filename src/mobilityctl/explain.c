/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <time.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/** Length of a sentence. */
#define SENTENCE 512

/**
 * Say in how long, and when that is: "until" or "at".
 */
static char *end_of(int64_t seconds, const char *word, char *buf, size_t len)
{
	char duration[32], end[32];

	snprintf(buf, len, "%s, %s %s",
			 ctl_duration(seconds, duration, sizeof(duration)), word,
			 ctl_time(time(NULL) + seconds, FALSE, end, sizeof(end)));
	return buf;
}

/**
 * Say since when, and how long that is.
 */
static char *since(int64_t when, char *buf, size_t len)
{
	time_t now = time(NULL);
	char duration[32], start[32];

	snprintf(buf, len, "since %s (%s)",
			 ctl_time(when, now - when >= 24 * 60 * 60, start, sizeof(start)),
			 ctl_duration(now - when, duration, sizeof(duration)));
	return buf;
}

/**
 * Say which class an uplink is in.
 */
static const char *describe_class(const char *class)
{
	static const struct {
		const char *class;
		const char *text;
	} texts[] = {
		{ "prefer", "is preferred by hand" },
		{ "demoted", "leads nowhere, as NetworkManager says" },
		{ "last-resort", "is used only when nothing else works" },
	};
	int i;

	for (i = 0; i < countof(texts); i++)
	{
		if (streq(texts[i].class, class))
		{
			return texts[i].text;
		}
	}
	return "is neither metered nor avoided";
}

/**
 * Compare the numbers of two paths that rank one behind the other.
 */
static void compare(const char *what, json_object *before, json_object *path,
					const char *key, const char *unit, char *buf, size_t len)
{
	if (ctl_num(before, key) && ctl_num(path, key))
	{
		snprintf(buf, len, "%s (%lld%s instead of %lld%s)", what,
				 (long long)ctl_num(path, key), unit,
				 (long long)ctl_num(before, key), unit);
	}
	else
	{
		snprintf(buf, len, "%s", what);
	}
}

/**
 * Say why a path ranks behind the one before it.
 */
static char *describe_rank(json_object *before, json_object *path, char *buf,
						   size_t len)
{
	static const struct {
		const char *by;
		const char *text;
	} texts[] = {
		{ "put-aside", "it is put aside" },
		{ "known", "the peer has not been at that address yet" },
		{ "order", "its local address is not the one preferred there" },
		{ "remote", "it leads to another address of the peer" },
		{ "family", "it is of the address family that is not in use" },
		{ "prefix", "its route is less specific" },
		{ "onlink", "the peer is not in the network of that uplink" },
		{ "current", "it is not in use, and equal in all else" },
		{ "tie", "nothing else than their order tells them apart" },
		{ "hop", "it is the same over another router" },
	};
	const char *by = ctl_str(path, "ranked-by");
	int i;

	if (streq(by, "class"))
	{
		if (streq(ctl_str(path, "class"), "normal"))
		{
			snprintf(buf, len, "%s %s", ctl_str(before, "uplink"),
					 describe_class(ctl_str(before, "class")));
		}
		else
		{
			snprintf(buf, len, "it %s", describe_class(ctl_str(path, "class")));
		}
	}
	else if (streq(by, "cost"))
	{
		compare("it costs more", before, path, "cost", "", buf, len);
	}
	else if (streq(by, "metric"))
	{
		compare("its route has a higher metric", before, path, "metric", "",
				buf, len);
	}
	else if (streq(by, "rtt"))
	{
		compare("its round-trip time is longer", before, path, "rtt-ms", " ms",
				buf, len);
	}
	else
	{
		snprintf(buf, len, "%s", by);
		for (i = 0; i < countof(texts); i++)
		{
			if (streq(texts[i].by, by))
			{
				snprintf(buf, len, "%s", texts[i].text);
			}
		}
	}
	return buf;
}

/**
 * Print a path, and why it ranks where it does.
 */
static void print_path(int number, json_object *before, json_object *path)
{
	const char *gateway = ctl_str(path, "gateway"), *reason;
	char buf[SENTENCE];

	printf("  %d. %s from %s to %s%s%s", number, ctl_str(path, "uplink"),
		   ctl_str(path, "local"), ctl_str(path, "remote"),
		   *gateway ? " via " : "", gateway);
	if (ctl_num(path, "current"))
	{
		printf(", in use");
	}
	reason = ctl_str(path, "reason");
	if (*reason)
	{
		printf(": %s", reason);
		if (ctl_num(path, "penalty"))
		{
			printf(" for %s", end_of(ctl_num(path, "penalty"), "until",
									 buf, sizeof(buf)));
		}
	}
	if (before && *ctl_str(path, "ranked-by"))
	{
		printf("%s behind %s, as %s", *reason ? ";" : ":",
			   ctl_str(before, "uplink"),
			   describe_rank(before, path, buf, sizeof(buf)));
	}
	printf("\n");
}

/**
 * Find the first path that is usable, over another uplink than the one given.
 */
static json_object *find_other(json_object *paths, const char *uplink)
{
	json_object *path;
	int i;

	for (i = 0; i < json_object_array_length(paths); i++)
	{
		path = json_object_array_get_idx(paths, i);
		if (ctl_num(path, "usable") && !streq(ctl_str(path, "uplink"), uplink))
		{
			return path;
		}
	}
	return NULL;
}

/**
 * Say when a session that has no path gives up.
 */
static void print_limit(json_object *session)
{
	const char *exchange = ctl_str(session, "exchange");
	char buf[SENTENCE];

	if (*exchange)
	{
		printf("A request (%s) is kept until the peer can answer it.\n",
			   exchange);
	}
	if (ctl_sub(session, "outage-left"))
	{
		printf("It gives up in %s.\n", end_of(ctl_num(session, "outage-left"),
											  "at", buf, sizeof(buf)));
	}
	else
	{
		printf("It does not give up, as there is no limit to an outage.\n");
	}
}

/**
 * Say what a session without a path that works waits for.
 */
static void print_outage(json_object *session)
{
	int64_t left = ctl_num(ctl_sub(session, "stays"), "left");
	json_object *paths = ctl_sub(session, "paths");
	char buf[32];

	if (!json_object_array_length(paths))
	{
		printf("It waits for a network interface with an address and a route "
			   "to the peer.\n");
	}
	else if (left)
	{
		printf("It waits for the peer to answer, and tries again in %s.\n",
			   ctl_duration(left, buf, sizeof(buf)));
	}
	else
	{
		printf("It waits for the peer to answer.\n");
	}
	print_limit(session);
}

/**
 * Say what keeps a session where it is, and what would move it.
 */
static void print_stay(json_object *session)
{
	json_object *stays = ctl_sub(session, "stays"), *other;
	const char *why = ctl_str(stays, "why"), *better = ctl_str(stays, "uplink");
	const char *uplink = ctl_str(session, "uplink");
	char buf[32];

	other = find_other(ctl_sub(session, "paths"), uplink);
	if (streq(why, "best"))
	{
		printf("It stays there, as no other path is better.\n");
	}
	else if (streq(why, "similar") && other)
	{
		printf("It stays there: %s ranks first, but the difference is none "
			   "for which a path that works is left.\n",
			   ctl_str(other, "uplink"));
	}
	else if (streq(why, "chosen"))
	{
		printf("It stays there, as it was moved there by hand, until %s is "
			   "lost or put aside, or costs or settings change.\n", uplink);
	}
	else if (streq(why, "disabled"))
	{
		printf("It stays there as long as that works, as make_before_break "
			   "and prefer_best_path are disabled.\n");
	}
	else if (streq(why, "test"))
	{
		printf("It is going to move to %s, which is better, once the peer has "
			   "answered there.\n", better);
	}
	else if (streq(why, "settle"))
	{
		printf("It is going to move to %s, which is better, if that still "
			   "works in %s (settle_time).\n", better,
			   ctl_duration(ctl_num(stays, "left"), buf, sizeof(buf)));
	}
	if (other)
	{
		printf("Should %s fail, %s is next.\n", uplink,
			   ctl_str(other, "uplink"));
	}
	else
	{
		printf("Should %s fail, there is no other path.\n", uplink);
	}
}

/**
 * Say why there is no path over an interface.
 */
static char *describe_obstacle(json_object *obstacle, char *buf, size_t len)
{
	const char *reason = ctl_str(obstacle, "reason");

	if (streq(reason, "use = no"))
	{
		snprintf(buf, len, "section %s says use = no",
				 ctl_str(obstacle, "section"));
	}
	else if (streq(reason, "tunnel"))
	{
		snprintf(buf, len, "a tunnel, and no section says use = yes");
	}
	else if (streq(reason, "ignored by charon"))
	{
		snprintf(buf, len, "charon.interfaces_use or charon.interfaces_ignore "
				 "exclude it");
	}
	else
	{
		snprintf(buf, len, "%s", reason);
	}
	return buf;
}

/**
 * Print which interfaces are no way to the peer, those with the same reason
 * together: where there are containers, there are many.
 */
static void print_obstacles(json_object *obstacles)
{
	json_object *obstacle, *names, *name;
	char buf[SENTENCE];
	int i;

	names = json_object_new_object();
	for (i = 0; i < json_object_array_length(obstacles); i++)
	{
		obstacle = json_object_array_get_idx(obstacles, i);
		describe_obstacle(obstacle, buf, sizeof(buf));
		if (!ctl_sub(names, buf))
		{
			json_object_object_add(names, buf, json_object_new_array());
		}
		json_object_array_add(ctl_sub(names, buf), json_object_new_string(
											ctl_str(obstacle, "uplink")));
	}
	if (i)
	{
		printf("These cannot reach the peer:\n");
	}
	json_object_object_foreach(names, reason, list)
	{
		for (i = 0; i < json_object_array_length(list); i++)
		{
			name = json_object_array_get_idx(list, i);
			printf("%s%s", i ? ", " : "  ", json_object_get_string(name));
		}
		printf(": %s\n", reason);
	}
	json_object_put(names);
}

/**
 * Explain where the session of a peer is.
 */
static void explain_anchor(json_object *session)
{
	json_object *move = ctl_sub(session, "last-move");
	char buf[SENTENCE];

	printf("The peer is at %s", ctl_str(session, "remote"));
	if (move)
	{
		printf(" %s, before that it was at %s",
			   since(ctl_num(move, "time"), buf, sizeof(buf)),
			   ctl_str(move, "from"));
	}
	else
	{
		printf(" since it logged in");
	}
	printf(", and was heard %s ago.\nIt is the peer who chooses the path.\n",
		   ctl_duration(ctl_num(session, "silent"), buf, sizeof(buf)));
	if (!streq(ctl_str(session, "state"), "connected"))
	{
		printf("Its session is kept until the peer returns.\n");
		print_limit(session);
	}
}

/**
 * Explain where a session of this host's is.
 */
static void explain_mobile(json_object *session)
{
	json_object *paths = ctl_sub(session, "paths"), *path, *before = NULL;
	const char *why = ctl_str(ctl_sub(session, "stays"), "why");
	int i;

	if (streq(why, "outage"))
	{
		print_outage(session);
	}
	else if (!streq(why, "unknown"))
	{
		print_stay(session);
	}
	for (i = 0; i < json_object_array_length(paths); i++, before = path)
	{
		if (!i)
		{
			printf("Its paths, the preferred one first:\n");
		}
		path = json_object_array_get_idx(paths, i);
		print_path(i + 1, before, path);
	}
	print_obstacles(ctl_sub(session, "obstacles"));
}

/**
 * Explain where a session is.
 */
static void explain(json_object *session)
{
	json_object *move = ctl_sub(session, "last-move");
	bool mobile = streq(ctl_str(session, "role"), "mobile");
	bool connected = streq(ctl_str(session, "state"), "connected");
	char buf[SENTENCE];

	printf("%s (session %lld) is %s", ctl_str(session, "connection"),
		   (long long)ctl_num(session, "session"), ctl_str(session, "state"));
	if (mobile && connected)
	{
		printf(" over %s", ctl_str(session, "uplink"));
	}
	printf(" %s: ", since(ctl_num(session, "since"), buf, sizeof(buf)));
	printf("%s.\n", mobile && connected && move ?
		   ctl_happening(move, TRUE, NULL, buf, sizeof(buf)) :
		   ctl_str(session, "cause"));
	if (mobile)
	{
		explain_mobile(session);
	}
	else
	{
		explain_anchor(session);
	}
}

/*
 * Described in header.
 */
exit_code_t explain_run(mobilityctl_t *this, char *argv[])
{
	return ctl_show_sessions(this, "mobility-explain", argv[0], "\n", explain);
}
