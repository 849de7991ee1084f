/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/dormant_table.h"

#include <malloc.h>

/** IKE_SAs there are, and of how many addresses and connections */
#define SAS 24
#define ADDRESSES 6
#define CONNECTIONS 3

/** Events in a sequence */
#define EVENTS 20000

/**
 * A connection with its pools
 */
typedef struct {
	peer_cfg_t public;
	const char *pools[3];
} cfg_t;

/**
 * An IKE_SA
 */
typedef struct {
	ike_sa_t public;
	ike_sa_id_t *id;
	cfg_t *cfg;
	/** indices of addresses, -1 for none */
	int vips[2];
	/** number of the event that put it into the table, 0 if it is not there */
	u_int since;
} sa_t;

static sa_t sas[SAS];
static host_t *addresses[ADDRESSES];
static mobility_dormant_table_t *table;

/** The second one has what the names of the first one's pools are made of */
static cfg_t cfgs[CONNECTIONS] = {
	{ .pools = { "ab", "c" } },
	{ .pools = { "a", "bc" } },
	{},
};

METHOD(peer_cfg_t, create_pool_enumerator, enumerator_t*,
	cfg_t *this)
{
	linked_list_t *pools = linked_list_create();
	int i;

	for (i = 0; this->pools[i]; i++)
	{
		pools->insert_last(pools, (void*)this->pools[i]);
	}
	return enumerator_create_cleaner(pools->create_enumerator(pools),
									 (void*)pools->destroy, pools);
}

METHOD(ike_sa_t, get_peer_cfg, peer_cfg_t*,
	sa_t *this)
{
	return &this->cfg->public;
}

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	sa_t *this)
{
	return this->id;
}

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	sa_t *this, bool local)
{
	linked_list_t *vips = linked_list_create();
	int i;

	ck_assert(!local);
	for (i = 0; i < countof(this->vips); i++)
	{
		if (this->vips[i] >= 0)
		{
			vips->insert_last(vips, addresses[this->vips[i]]);
		}
	}
	return enumerator_create_cleaner(vips->create_enumerator(vips),
									 (void*)vips->destroy, vips);
}

/**
 * Initialize an IKE_SA
 */
static void init_sa(sa_t *this, uint64_t spi)
{
	*this = (sa_t){
		.public = {
			.get_id = _get_id,
			.get_peer_cfg = _get_peer_cfg,
			.create_virtual_ip_enumerator = _create_virtual_ip_enumerator,
		},
		.id = ike_sa_id_create(IKEV2_MAJOR_VERSION, spi + 1000, spi, FALSE),
		.cfg = &cfgs[0],
		.vips = { 0, -1 },
	};
}

static void setup()
{
	char address[32];
	int i;

	mobility_suite_setup();
	for (i = 0; i < ADDRESSES; i++)
	{
		snprintf(address, sizeof(address), i % 2 ? "fec3::%d" : "10.3.0.%d",
				 i + 1);
		addresses[i] = host_create_from_string(address, 0);
	}
	for (i = 0; i < CONNECTIONS; i++)
	{
		cfgs[i].public.create_pool_enumerator = _create_pool_enumerator;
	}
	for (i = 0; i < SAS; i++)
	{
		init_sa(&sas[i], i + 1);
	}
	table = mobility_dormant_table_create();
}

static void teardown()
{
	int i;

	table->destroy(table);
	for (i = 0; i < SAS; i++)
	{
		sas[i].id->destroy(sas[i].id);
	}
	for (i = 0; i < ADDRESSES; i++)
	{
		addresses[i]->destroy(addresses[i]);
	}
	mobility_suite_teardown();
}

/**
 * Check if an IKE_SA has an address of a family
 */
static bool has_family(sa_t *sa, int family)
{
	int i;

	for (i = 0; i < countof(sa->vips); i++)
	{
		if (sa->vips[i] >= 0 &&
			addresses[sa->vips[i]]->get_family(addresses[sa->vips[i]]) == family)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if an IKE_SA has an address
 */
static bool has_address(sa_t *sa, int address)
{
	return sa->vips[0] == address || sa->vips[1] == address;
}

/**
 * Which one of those in the table was there first, and has the pools of another
 * one, and an address or one of a family
 */
static sa_t *expect(sa_t *pools, int family, int address)
{
	sa_t *found = NULL;
	int i;

	for (i = 0; i < SAS; i++)
	{
		if (sas[i].since && (!found || sas[i].since < found->since) &&
			(!pools || pools->cfg == sas[i].cfg) &&
			(!family || has_family(&sas[i], family)) &&
			(address < 0 || has_address(&sas[i], address)))
		{
			found = &sas[i];
		}
	}
	return found;
}

/**
 * Check that what was found is what is expected
 */
static void assert_id(ike_sa_id_t *id, sa_t *expected)
{
	mobility_assert(!id == !expected);
	if (id)
	{
		mobility_assert(id->equals(id, expected->id));
		id->destroy(id);
	}
}

/**
 * Check all that is known
 */
static void check()
{
	u_int i, count = 0;
	sa_t *sa = &sas[random() % SAS];

	for (i = 0; i < SAS; i++)
	{
		count += sas[i].since != 0;
		mobility_assert(table->has(table, sas[i].id) == (sas[i].since != 0));
	}
	mobility_assert(table->get_count(table) == count);
	assert_id(table->get_first(table), expect(NULL, 0, -1));
	assert_id(table->get_lease(table, &sa->public, AF_INET),
			  expect(sa, AF_INET, -1));
	assert_id(table->get_lease(table, &sa->public, AF_INET6),
			  expect(sa, AF_INET6, -1));
	i = random() % ADDRESSES;
	assert_id(table->find(table, &sa->public, addresses[i]),
			  expect(sa, 0, i));
}

START_TEST(test_random)
{
	u_int event;
	sa_t *sa;

	srandom(_i);
	for (event = 1; event < EVENTS; event++)
	{
		sa = &sas[random() % SAS];
		if (random() % 2)
		{
			table->add(table, &sa->public);
			sa->since = sa->since ?: event;
		}
		else
		{
			table->remove(table, sa->id);
			sa->since = 0;
			/* it logs in again, with other addresses */
			sa->cfg = &cfgs[random() % CONNECTIONS];
			sa->vips[0] = random() % (ADDRESSES + 1) - 1;
			sa->vips[1] = random() % (ADDRESSES + 1) - 1;
		}
		check();
	}
}
END_TEST

START_TEST(test_full)
{
	sa_t *many;
	ike_sa_id_t *id;
	size_t before, size;
	u_int i, count = 5000;

	many = calloc(count, sizeof(sa_t));
	for (i = 0; i < count; i++)
	{
		init_sa(&many[i], i + 1);
		many[i].vips[0] = i % ADDRESSES;
		many[i].vips[1] = (i + 1) % ADDRESSES;
	}
	before = mallinfo2().uordblks;
	for (i = 0; i < count; i++)
	{
		table->add(table, &many[i].public);
	}
	size = mallinfo2().uordblks - before;
	/* sanitizers have a heap of their own */
	ck_assert_uint_le(size / count, 400);
	ck_assert_uint_eq(table->get_count(table), count);
	for (i = 0; i < count; i++)
	{
		id = table->get_first(table);
		ck_assert(id->equals(id, many[i].id));
		table->remove(table, id);
		id->destroy(id);
		many[i].id->destroy(many[i].id);
	}
	ck_assert(!table->get_first(table));
	free(many);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("dormant_table");

	tc = tcase_create("sequences");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_random, 0, 10);
	tcase_add_test(tc, test_full);
	suite_add_tcase(s, tc);

	return s;
}
