/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "path/history.h"

/** Time a path is put aside first in these tests. */
#define PENALTY 1000

/**
 * Records to test
 */
static mobility_path_history_t *records;

/**
 * Paths to have records of: two over eth0, then one over eth1
 */
static mobility_path_t *paths[3];

static void setup()
{
	static struct {
		int ifindex;
		char *ifname, *local, *remote;
	} ends[] = {
		{ 2, "eth0", "10.1.0.2", "192.0.2.1" },
		{ 2, "eth0", "10.1.0.2", "192.0.2.2" },
		{ 3, "eth1", "10.2.0.2", "192.0.2.1" },
	};
	int i;

	mobility_suite_setup();
	for (i = 0; i < countof(paths); i++)
	{
		INIT(paths[i],
			.ifindex = ends[i].ifindex,
			.local = host_create_from_string(ends[i].local, 0),
			.remote = host_create_from_string(ends[i].remote, 0),
		);
		snprintf(paths[i]->ifname, sizeof(paths[i]->ifname), "%s",
				 ends[i].ifname);
	}
	records = mobility_path_history_create();
}

static void teardown()
{
	int i;

	records->destroy(records);
	for (i = 0; i < countof(paths); i++)
	{
		mobility_path_destroy(paths[i]);
	}
	mobility_suite_teardown();
}

/**
 * Get the record of a path
 */
static mobility_record_t get(int path, uint64_t now)
{
	mobility_record_t record;

	memset(&record, 0xff, sizeof(record));
	records->get(records, paths[path], now, &record);
	return record;
}

/**
 * Until when a path is put aside
 */
static uint64_t until(int path, uint64_t now)
{
	return get(path, now).until;
}

/**
 * Keep what is known about some paths only, a bit for each
 */
static void keep(int which)
{
	array_t *kept;
	int i;

	kept = array_create(0, 0);
	for (i = 0; i < countof(paths); i++)
	{
		if (which & (1 << i))
		{
			array_insert(kept, ARRAY_TAIL, paths[i]);
		}
	}
	records->keep(records, kept);
	array_destroy(kept);
}

START_TEST(test_empty)
{
	mobility_record_t record;

	record = get(0, 100);
	ck_assert(record.tested == 0);
	ck_assert_uint_eq(record.rtt, 0);
	ck_assert_uint_eq(record.failed, 0);
	ck_assert(record.until == 0);
	ck_assert(records->get_end(records, 100) == 0);
	keep(0);
}
END_TEST

START_TEST(test_answered)
{
	mobility_record_t record;

	records->answered(records, paths[0], 42, 100);
	record = get(0, 100);
	ck_assert(record.tested == 100);
	ck_assert_uint_eq(record.rtt, 42);
	ck_assert(record.until == 0);
	/* where it could not be measured the last one is kept */
	records->answered(records, paths[0], 0, 200);
	record = get(0, 200);
	ck_assert(record.tested == 200);
	ck_assert_uint_eq(record.rtt, 42);
	records->answered(records, paths[0], 7, 300);
	ck_assert_uint_eq(get(0, 300).rtt, 7);
	/* that is of no other path, though over the same uplink */
	ck_assert(get(1, 300).tested == 0);
	ck_assert(get(2, 300).tested == 0);
}
END_TEST

START_TEST(test_failed)
{
	uint64_t now = 100, penalty = PENALTY;
	mobility_record_t record;
	int i;

	records->answered(records, paths[0], 42, 50);
	for (i = 1; i <= 100; i++)
	{
		records->failed(records, paths[0], PENALTY, now);
		record = get(0, now);
		ck_assert(record.tested == now);
		ck_assert_uint_eq(record.rtt, 42);
		ck_assert_uint_eq(record.failed, i);
		ck_assert(record.until == now + penalty);
		ck_assert(records->get_end(records, now) == record.until);
		ck_assert(until(0, record.until - 1) == record.until);
		ck_assert(until(0, record.until) == 0);
		ck_assert(records->get_end(records, record.until) == 0);
		ck_assert(until(1, now) == 0);
		ck_assert(until(2, now) == 0);
		/* twice as long each time, but not for ever */
		if (i <= MOBILITY_PENALTY_DOUBLINGS)
		{
			penalty *= 2;
		}
		now = record.until + i;
	}
	ck_assert(penalty == PENALTY << MOBILITY_PENALTY_DOUBLINGS);
}
END_TEST

START_TEST(test_longest)
{
	/* of the longest time that can be configured */
	uint64_t penalty = UINT32_MAX * 1000ULL;
	int i;

	for (i = 0; i < 10; i++)
	{
		records->failed(records, paths[0], penalty, 100);
	}
	ck_assert(until(0, 100) == 100 + (penalty << MOBILITY_PENALTY_DOUBLINGS));
	/* none at all */
	records->failed(records, paths[1], 0, 100);
	ck_assert(until(1, 100) == 0);
	ck_assert_uint_eq(get(1, 100).failed, 1);
}
END_TEST

START_TEST(test_lifted)
{
	records->failed(records, paths[0], PENALTY, 100);
	records->failed(records, paths[0], PENALTY, 200);
	ck_assert(until(0, 200) == 200 + 2 * PENALTY);
	/* an answer lifts it, and starts over */
	records->answered(records, paths[0], 0, 300);
	ck_assert(until(0, 300) == 0);
	ck_assert_uint_eq(get(0, 300).failed, 0);
	ck_assert(records->get_end(records, 300) == 0);
	records->failed(records, paths[0], PENALTY, 400);
	ck_assert(until(0, 400) == 400 + PENALTY);
	/* so does that the path goes and comes back */
	records->failed(records, paths[0], PENALTY, 500);
	keep(2 | 4);
	ck_assert(until(0, 600) == 0);
	ck_assert_uint_eq(get(0, 600).failed, 0);
	records->failed(records, paths[0], PENALTY, 600);
	ck_assert(until(0, 600) == 600 + PENALTY);
}
END_TEST

START_TEST(test_unanswered)
{
	const uint64_t minute = 60000;
	uint64_t now = 100, time = MOBILITY_NEW_PATH_TIME, penalty;
	int i;

	/* nobody knows yet how long it takes until it can be used */
	for (i = 0; i < 60; i++)
	{
		penalty = minute << min(i, MOBILITY_PENALTY_DOUBLINGS);
		records->unanswered(records, paths[0], minute, now);
		ck_assert_uint_eq(until(0, now), now + min(time, penalty));
		ck_assert_uint_eq(get(0, now).failed, i + 1);
		now = until(0, now);
		time = min(time * 2, 1000 * minute);
	}
	/* it worked once */
	records->answered(records, paths[0], 0, now);
	records->unanswered(records, paths[0], minute, now);
	ck_assert_uint_eq(until(0, now), now + minute);
	/* it is new */
	keep(2 | 4);
	records->unanswered(records, paths[0], minute, now);
	ck_assert_uint_eq(until(0, now), now + MOBILITY_NEW_PATH_TIME);
	/* until it has worked */
	records->used(records, paths[0]);
	ck_assert_uint_eq(until(0, now), now + MOBILITY_NEW_PATH_TIME);
	records->unanswered(records, paths[0], minute, now);
	ck_assert_uint_eq(until(0, now), now + 2 * minute);
	/* never for longer than configured */
	records->unanswered(records, paths[1], 10, now);
	ck_assert_uint_eq(until(1, now), now + 10);
}
END_TEST

START_TEST(test_keep)
{
	int which, i;

	for (which = 0; which < 1 << countof(paths); which++)
	{
		for (i = 0; i < countof(paths); i++)
		{
			records->answered(records, paths[i], 10 + i, 100);
		}
		keep(which);
		for (i = 0; i < countof(paths); i++)
		{
			ck_assert_uint_eq(get(i, 100).rtt, which & (1 << i) ? 10 + i : 0);
		}
	}
}
END_TEST

START_TEST(test_gateway)
{
	mobility_path_t *path = paths[0];

	/* the same addresses in another network are another path */
	path->gateway = host_create_from_string("10.1.0.1", 0);
	records->failed(records, path, PENALTY, 100);
	keep(1);
	ck_assert(until(0, 100));
	path->gateway->destroy(path->gateway);
	path->gateway = host_create_from_string("10.1.0.254", 0);
	keep(1);
	ck_assert(!until(0, 100));
	records->failed(records, path, PENALTY, 100);
	path->gateway->destroy(path->gateway);
	path->gateway = NULL;
	keep(1);
	ck_assert(!until(0, 100));
}
END_TEST

START_TEST(test_end)
{
	/* the first one counts, of paths and uplinks */
	records->failed(records, paths[0], 3000, 100);
	records->failed(records, paths[1], 1000, 100);
	records->failed(records, paths[2], 2000, 100);
	ck_assert(records->get_end(records, 100) == 1100);
	ck_assert(records->get_end(records, 1099) == 1100);
	ck_assert(records->get_end(records, 1100) == 2100);
	ck_assert(records->get_end(records, 2100) == 3100);
	ck_assert(records->get_end(records, 3100) == 0);
	records->lost(records, "eth0", 100);
	records->lost(records, "eth0", 200);
	ck_assert(records->get_end(records, 3100) == 0);
	records->lost(records, "eth0", 300);
	ck_assert(records->get_end(records, 300) == 1100);
	ck_assert(records->get_end(records, 3100) == 300 + MOBILITY_FLAP_TIME);
}
END_TEST

START_TEST(test_flaps)
{
	uint64_t now = 100, time = MOBILITY_FLAP_TIME;
	int i;

	for (i = 1; i < MOBILITY_FLAP_LOSSES; i++)
	{
		records->lost(records, "eth0", now);
		ck_assert(until(0, now) == 0);
		now += MOBILITY_FLAP_WINDOW - 1;
	}
	for (i = 0; i < 20; i++)
	{
		records->lost(records, "eth0", now);
		/* all paths of that uplink, and no others */
		ck_assert(until(0, now) == now + time);
		ck_assert(until(1, now) == now + time);
		ck_assert(until(2, now) == 0);
		/* neither answers nor that it was gone lift that */
		records->answered(records, paths[0], 1, now);
		keep(0);
		ck_assert(until(0, now) == now + time);
		ck_assert(until(0, now + time - 1) == now + time);
		ck_assert(until(0, now + time) == 0);
		now += time + MOBILITY_FLAP_WINDOW - 1;
		time = min(2 * time, MOBILITY_FLAP_TIME_MAX);
	}
	ck_assert(time == MOBILITY_FLAP_TIME_MAX);
	/* after a while without a loss it is as good as any */
	now++;
	for (i = 1; i < MOBILITY_FLAP_LOSSES; i++)
	{
		now += MOBILITY_FLAP_TIME_MAX;
		records->lost(records, "eth0", now);
		ck_assert(until(0, now) == 0);
	}
}
END_TEST

START_TEST(test_seldom)
{
	uint64_t now = 100;
	int i;

	/* a laptop that is taken out of its dock, however often */
	for (i = 0; i < 1000; i++)
	{
		records->lost(records, "eth0", now);
		ck_assert(until(0, now) == 0);
		now += MOBILITY_FLAP_WINDOW;
	}
}
END_TEST

START_TEST(test_uplinks)
{
	char name[IFNAMSIZ];
	int i;

	/* losses of one are not losses of others */
	for (i = 0; i < 1000; i++)
	{
		snprintf(name, sizeof(name), "ppp%d", i);
		records->lost(records, name, 100);
	}
	ck_assert(records->get_end(records, 100) == 0);
	records->lost(records, "eth1", 100);
	records->lost(records, "eth0", 100);
	records->lost(records, "eth1", 100);
	records->lost(records, "eth0", 100);
	ck_assert(until(0, 100) == 0 && until(2, 100) == 0);
	records->lost(records, "eth1", 100);
	ck_assert(until(0, 100) == 0 && until(2, 100) != 0);
	/* a name of the greatest length */
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(paths[0]->ifname, name, sizeof(name));
	for (i = 0; i < MOBILITY_FLAP_LOSSES; i++)
	{
		records->lost(records, name, 200);
	}
	ck_assert(until(0, 200) == 200 + MOBILITY_FLAP_TIME);
}
END_TEST

START_TEST(test_no_esp)
{
	uint64_t penalty = PENALTY, now = 100;
	int i;

	/* each time for longer, though it is tested before it is taken */
	for (i = 0; i < 6; i++)
	{
		records->answered(records, paths[0], 42, now);
		records->no_esp(records, paths[0], TRUE, PENALTY, now);
		ck_assert(until(0, now) == now + penalty);
		ck_assert(get(0, now).no_esp);
		ck_assert(!get(1, now).left);
		ck_assert_uint_eq(get(0, now).failed, 0);
		now += penalty;
		ck_assert(!until(0, now));
		ck_assert(!get(0, now).no_esp);
		penalty = PENALTY << min(i + 1, MOBILITY_PENALTY_DOUBLINGS);
	}
	/* until ESP passes */
	records->no_esp(records, paths[0], TRUE, PENALTY, now);
	records->esp(records, paths[0]);
	ck_assert(!until(0, now));
	records->no_esp(records, paths[0], TRUE, PENALTY, now);
	ck_assert(until(0, now) == now + PENALTY);
	/* which says nothing about what else is wrong with it */
	records->failed(records, paths[0], PENALTY, now);
	ck_assert(!get(0, now).no_esp);
	records->esp(records, paths[0]);
	ck_assert(until(0, now) == now + PENALTY);
	/* or about what nobody knows */
	records->esp(records, paths[1]);
	ck_assert(!get(1, now).tested);
	/* somebody wants it nevertheless */
	records->no_esp(records, paths[1], TRUE, PENALTY, now);
	records->answered(records, paths[1], 42, now);
	ck_assert(!until(1, now));
}
END_TEST

START_TEST(test_pardon)
{
	/* nothing to pardon */
	ck_assert(!records->pardon(records, paths[0]));
	ck_assert(get(0, 100).left);
	records->failed(records, paths[1], PENALTY, 100);
	ck_assert(!records->pardon(records, paths[0]));
	ck_assert(until(1, 100));
	/* what is for sure stays, the rest does not */
	records->encapsulate(records, paths[0], TRUE);
	records->encapsulate(records, paths[1], TRUE);
	records->encapsulate(records, paths[2], TRUE);
	records->no_esp(records, paths[1], TRUE, PENALTY, 100);
	records->no_esp(records, paths[2], FALSE, PENALTY, 100);
	ck_assert(records->pardon(records, paths[0]));
	ck_assert(get(0, 100).encapsulate);
	ck_assert(until(1, 100) && get(1, 100).no_esp && get(1, 100).encapsulate);
	ck_assert(!until(2, 100) && !get(2, 100).encapsulate);
	/* that is of an uplink */
	ck_assert(get(1, 100).left);
	/* that it was tried is known as long as the path is there */
	ck_assert(get(2, 100).encapsulated && get(2, 100).left);
	records->answered(records, paths[2], 0, 200);
	ck_assert(get(2, 200).encapsulated && get(2, 200).left);
	ck_assert(!records->pardon(records, paths[0]));
	keep(1 | 2);
	ck_assert(!get(2, 200).encapsulated && !get(2, 200).left);
	/* never mind */
	records->encapsulate(records, paths[0], FALSE);
	ck_assert(!get(0, 200).encapsulate && get(0, 200).encapsulated);
}
END_TEST

/** The longest time a path may be put aside in the test below. */
#define LONGEST max(PENALTY << MOBILITY_PENALTY_DOUBLINGS, \
					MOBILITY_FLAP_TIME_MAX)

START_TEST(test_random)
{
	mobility_record_t record;
	/* when each uplink was lost, the last one first */
	uint64_t now = 1, end, lost[2][MOBILITY_FLAP_LOSSES] = {};
	u_int failed[countof(paths)] = {}, rtt[countof(paths)] = {}, value;
	bool no_esp[countof(paths)] = {};
	int i, j, path, which;
	bool aside, flaps;

	srandom(5996);
	for (i = 0; i < 200000; i++)
	{
		now += random() % 4 ? random() % 100 : random() % 100000;
		path = random() % countof(paths);
		switch (random() % 10)
		{
			case 0:
				which = random() % 8;
				keep(which);
				for (j = 0; j < countof(paths); j++)
				{
					if (!(which & (1 << j)))
					{
						failed[j] = rtt[j] = no_esp[j] = 0;
					}
				}
				break;
			case 1:
			case 2:
				value = random() % 300;
				records->answered(records, paths[path], value, now);
				mobility_assert(get(path, now).tested == now);
				failed[path] = no_esp[path] = 0;
				rtt[path] = value ?: rtt[path];
				break;
			case 3:
				records->unanswered(records, paths[path], PENALTY, now);
				mobility_assert(get(path, now).tested == now);
				mobility_assert(until(path, now) >= now + PENALTY);
				failed[path]++;
				break;
			case 4:
				records->failed(records, paths[path], PENALTY, now);
				mobility_assert(get(path, now).tested == now);
				mobility_assert(until(path, now) >= now + PENALTY);
				failed[path]++;
				break;
			case 5:
				which = path == 2;
				records->lost(records, which ? "eth1" : "eth0", now);
				memmove(lost[which] + 1, lost[which],
						sizeof(lost[which]) - sizeof(lost[which][0]));
				lost[which][0] = now;
				break;
			case 8:
				records->no_esp(records, paths[path], random() % 2, PENALTY,
								now);
				mobility_assert(get(path, now).no_esp);
				no_esp[path] = TRUE;
				break;
			case 9:
				if (random() % 2)
				{
					records->esp(records, paths[path]);
					mobility_assert(!get(path, now).no_esp);
				}
				else
				{
					records->pardon(records, paths[path]);
				}
				break;
		}
		end = records->get_end(records, now);
		mobility_assert(!end || (end > now && end <= now + LONGEST));
		aside = FALSE;
		for (j = 0; j < countof(paths); j++)
		{
			record = get(j, now);
			mobility_assert(record.failed == failed[j]);
			mobility_assert(record.rtt == rtt[j]);
			mobility_assert(record.tested <= now);
			mobility_assert(!record.until || (record.until > now &&
											  record.until <= now + LONGEST));
			mobility_assert(!record.until || (end && end <= record.until));
			/* neither failed nor lost often enough is not put aside */
			flaps = lost[j == 2][MOBILITY_FLAP_LOSSES - 1] != 0;
			mobility_assert(!record.until || failed[j] || flaps || no_esp[j]);
			mobility_assert(!record.no_esp || (record.until && no_esp[j]));
			aside = aside || record.until;
		}
		/* what flaps may be an uplink, whose paths all are here */
		mobility_assert(aside == (end != 0));
	}
}
END_TEST

/**
 * Moves are counted, by whomever, until nobody needs that anymore.
 */
START_TEST(test_moves)
{
	mobility_move_t move = { .to = "eth1" }, last;
	mobility_path_history_t *same;

	ck_assert_int_eq(records->get_move(records, &last), 0);
	ck_assert_int_eq(last.time, 0);
	records->moved(records, &move);
	same = records->get_ref(records);
	strcpy(move.to, "eth0");
	same->moved(same, &move);
	ck_assert(!records->is_chosen(records, "eth1"));
	same->choose(same, "eth1");
	ck_assert(records->is_chosen(records, "eth1"));
	ck_assert(!records->is_chosen(records, "eth0"));
	ck_assert_int_eq(records->get_move(records, &last), 2);
	ck_assert_str_eq(last.to, "eth0");
	records->destroy(records);
	records = same;
	ck_assert_int_eq(records->get_move(records, &last), 2);
	ck_assert(records->is_chosen(records, "eth1"));
	records->choose(records, NULL);
	ck_assert(!records->is_chosen(records, "eth1"));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("records");

	tc = tcase_create("paths");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_answered);
	tcase_add_test(tc, test_failed);
	tcase_add_test(tc, test_longest);
	tcase_add_test(tc, test_lifted);
	tcase_add_test(tc, test_no_esp);
	tcase_add_test(tc, test_pardon);
	tcase_add_test(tc, test_unanswered);
	tcase_add_test(tc, test_keep);
	tcase_add_test(tc, test_gateway);
	tcase_add_test(tc, test_end);
	tcase_add_test(tc, test_moves);
	suite_add_tcase(s, tc);

	tc = tcase_create("uplinks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_flaps);
	tcase_add_test(tc, test_seldom);
	tcase_add_test(tc, test_uplinks);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);
	return s;
}
