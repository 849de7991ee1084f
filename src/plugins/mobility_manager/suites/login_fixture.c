/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "login_fixture.h"
#include "fake_clock.h"
#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_ike.h"

#include <attributes/mem_pool.h>
#include <encoding/payloads/cp_payload.h>

/*
 * Described in header
 */
mobility_dormant_table_t *login_table;
mobility_endings_t *login_endings;
mobility_eviction_t *login_eviction;
bool login_asleep;
u_int login_takes;

/**
 * What is there besides
 */
static struct {
	mobility_leases_t *leases;
	mobility_uniqueness_t *uniqueness;
	mobility_settings_t *settings;
	attribute_provider_t provider;
	/** sees what others are told */
	listener_t listener;
	/** pools with a name */
	mem_pool_t *rw, *dhcp;
	/** numbers of events */
	refcount_t downs, releases;
} t;

/**
 * Get a pool by its name
 */
static mem_pool_t *get_pool(linked_list_t *pools)
{
	char *name;

	ck_assert_int_eq(pools->get_count(pools), 1);
	pools->get_first(pools, (void**)&name);
	return streq(name, "dhcp") ? t.dhcp : streq(name, "rw") ? t.rw : NULL;
}

METHOD(attribute_provider_t, acquire_address, host_t*,
	attribute_provider_t *this, linked_list_t *pools, ike_sa_t *ike_sa,
	host_t *requested)
{
	static const mem_pool_op_t ops[] = {
		MEM_POOL_EXISTING, MEM_POOL_NEW, MEM_POOL_REASSIGN,
	};
	mem_pool_t *pool = get_pool(pools);
	host_t *vip = NULL;
	int i;

	for (i = 0; pool && !vip && i < countof(ops); i++)
	{
		vip = pool->acquire_address(pool, ike_sa->get_other_eap_id(ike_sa),
									requested, ops[i],
									ike_sa->get_other_host(ike_sa));
	}
	return vip;
}

METHOD(attribute_provider_t, release_address, bool,
	attribute_provider_t *this, linked_list_t *pools, host_t *address,
	ike_sa_t *ike_sa)
{
	mem_pool_t *pool = get_pool(pools);

	if (pool == t.dhcp)
	{
		ref_get(&t.releases);
	}
	return pool && pool->release_address(pool, address,
										 ike_sa->get_other_eap_id(ike_sa));
}

METHOD(listener_t, ike_updown, bool,
	listener_t *this, ike_sa_t *ike_sa, bool up)
{
	enumerator_t *enumerator;
	host_t *vip;

	if (!up)
	{	/* accounting wants to know the address */
		ref_get(&t.downs);
		enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
		ck_assert(enumerator->enumerate(enumerator, &vip));
		enumerator->destroy(enumerator);
		if (login_takes)
		{
			fake_clock_set(fake_clock_now() + login_takes);
		}
	}
	return TRUE;
}

/**
 * mobility_asleep_cb_t
 */
static bool is_asleep(void *data, ike_sa_t *ike_sa)
{
	return login_asleep;
}

/**
 * mobility_ending_cb_t, as a session does that is dormant
 */
static status_t end(void *data, ike_sa_t *ike_sa, mobility_ending_t reason)
{
	if (!login_eviction->is_due(login_eviction) ||
		!login_eviction->is_asleep(login_eviction, ike_sa))
	{
		return SUCCESS;
	}
	mobility_ending_note(ike_sa, reason);
	login_table->remove(login_table, ike_sa->get_id(ike_sa));
	login_eviction->limit(login_eviction);
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	return DESTROY_ME;
}

/**
 * Create a pool
 */
static mem_pool_t *create_pool(char *name, char *base, u_int size)
{
	host_t *from, *to;
	mem_pool_t *pool;
	chunk_t address;

	from = host_create_from_string(base, 0);
	address = chunk_clone(from->get_address(from));
	address.ptr[3] += size - 1;
	to = host_create_from_chunk(AF_INET, address, 0);
	pool = mem_pool_create_range(name, from, to);
	ck_assert(pool);
	ck_assert_uint_eq(pool->get_size(pool), size);
	from->destroy(from);
	to->destroy(to);
	free(address.ptr);
	return pool;
}

/*
 * Described in header
 */
void login_fixture_setup(const char *conf, u_int size)
{
	mock_charon_setup(conf);
	t.settings = mobility_settings_create();
	login_asleep = TRUE;
	login_takes = 0;
	login_table = mobility_dormant_table_create();
	login_endings = mobility_endings_create(end, NULL);
	login_eviction = mobility_eviction_create(login_table, login_endings,
											  t.settings, is_asleep, NULL);
	t.leases = mobility_leases_create(login_table, login_eviction, t.settings);
	t.uniqueness = mobility_uniqueness_create(login_table, login_eviction,
											  t.leases, t.settings);
	t.provider = (attribute_provider_t){
		.acquire_address = _acquire_address,
		.release_address = _release_address,
		.create_attribute_enumerator = (void*)enumerator_create_empty,
	};
	t.listener = (listener_t){
		.ike_updown = _ike_updown,
	};
	t.rw = create_pool("rw", "10.3.0.1", size);
	t.dhcp = create_pool("dhcp", "10.4.0.1", size);
	t.downs = t.releases = 0;
	charon->attributes->add_provider(charon->attributes, &t.provider);
	charon->bus->add_listener(charon->bus, &t.listener);
}

/*
 * Described in header
 */
void login_fixture_teardown(void)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	manager->flush(manager);
	ck_assert_uint_eq(login_online(), 0);
	charon->bus->remove_listener(charon->bus, &t.listener);
	charon->attributes->remove_provider(charon->attributes, &t.provider);
	t.uniqueness->destroy(t.uniqueness);
	t.leases->destroy(t.leases);
	login_eviction->destroy(login_eviction);
	login_endings->destroy(login_endings);
	login_table->destroy(login_table);
	t.settings->destroy(t.settings);
	t.rw->destroy(t.rw);
	t.dhcp->destroy(t.dhcp);
	mock_charon_teardown();
}

/**
 * Create an IKE_SA that is about to be authenticated
 */
static ike_sa_t *create_ike_sa(const login_conf_t *conf)
{
	ike_cfg_create_t ike = {
		.version = IKEV2,
		.local = "%any",
		.local_port = IKEV2_UDP_PORT,
		.remote = "%any",
		.remote_port = IKEV2_UDP_PORT,
	};
	peer_cfg_create_t peer = {
		.cert_policy = CERT_NEVER_SEND,
		.unique = conf->unique,
		.keyingtries = 1,
	};
	bool v6 = conf->from && strchr(conf->from, ':');
	peer_cfg_t *peer_cfg;
	auth_cfg_t *auth;
	ike_sa_t *ike_sa;

	ike_sa = mock_ike_create_new(FALSE);
	charon->bus->set_sa(charon->bus, ike_sa);

	peer_cfg = peer_cfg_create("gateway", ike_cfg_create(&ike), &peer);
	peer_cfg->add_pool(peer_cfg, conf->pool ?: "rw");
	ike_sa->set_peer_cfg(ike_sa, peer_cfg);
	peer_cfg->destroy(peer_cfg);
	ike_sa->set_my_host(ike_sa, host_create_from_string(
									v6 ? GATEWAY6 : GATEWAY, IKEV2_NATT_PORT));
	ike_sa->set_other_host(ike_sa, host_create_from_string(
									conf->from ?: "198.51.100.1",
									conf->port ?: IKEV2_NATT_PORT));
	ike_sa->enable_extension(ike_sa, EXT_MOBIKE);
	ike_sa->set_my_id(ike_sa, identification_create_from_string("gateway"));
	ike_sa->set_other_id(ike_sa, identification_create_from_string(
									conf->idi ?: "laptop.example.org"));
	auth = auth_cfg_create();
	auth->add(auth, AUTH_RULE_EAP_IDENTITY,
			  identification_create_from_string(conf->user ?: "user"));
	ike_sa->add_auth_cfg(ike_sa, FALSE, auth);
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	return ike_sa;
}

/**
 * Tell listeners of what the client asks for
 */
static void request(ike_sa_t *ike_sa, host_t *requested)
{
	bool v6 = requested->get_family(requested) == AF_INET6;
	chunk_t data = chunk_empty, prefix = chunk_from_chars(64);
	cp_payload_t *cp;
	message_t *message;

	if (!requested->is_anyaddr(requested))
	{
		data = chunk_cata("cc", requested->get_address(requested),
						  v6 ? prefix : chunk_empty);
	}
	cp = cp_payload_create_type(PLV2_CONFIGURATION, CFG_REQUEST);
	cp->add_attribute(cp, configuration_attribute_create_chunk(
								PLV2_CONFIGURATION_ATTRIBUTE,
								INTERNAL_IP4_DNS, chunk_empty));
	cp->add_attribute(cp, configuration_attribute_create_chunk(
								PLV2_CONFIGURATION_ATTRIBUTE,
								v6 ? INTERNAL_IP6_ADDRESS : INTERNAL_IP4_ADDRESS,
								data));
	message = mock_ike_message(ike_sa->get_id(ike_sa), TRUE, IKE_AUTH, 1,
							   GATEWAY, "198.51.100.1");
	message->add_payload(message, (payload_t*)cp);
	charon->bus->message(charon->bus, message, TRUE, TRUE);
	message->destroy(message);
}

/**
 * Assign an address, as the task that does
 */
static bool assign(ike_sa_t *ike_sa, const login_conf_t *conf,
				   host_t *requested)
{
	linked_list_t *pools;
	host_t *vip;

	pools = linked_list_create_with_items(conf->pool ?: "rw", NULL);
	ike_sa->clear_virtual_ips(ike_sa, FALSE);
	vip = charon->attributes->acquire_address(charon->attributes, pools, ike_sa,
											  requested);
	if (vip)
	{
		ike_sa->add_virtual_ip(ike_sa, FALSE, vip);
		vip->destroy(vip);
	}
	pools->destroy(pools);
	return vip != NULL;
}

/*
 * Described in header
 */
ike_sa_id_t *login(const login_conf_t *conf)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	host_t *requested;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	bool ok;

	requested = host_create_from_string(conf->requested ?: "0.0.0.0", 0);
	ike_sa = create_ike_sa(conf);
	request(ike_sa, requested);
	ok = !manager->check_uniqueness(manager, ike_sa, conf->contact);
	ck_assert(charon->bus->get_sa(charon->bus) == ike_sa);
	ok = ok && !conf->forbidden && assign(ike_sa, conf, requested);
	ck_assert(charon->bus->get_sa(charon->bus) == ike_sa);
	requested->destroy(requested);
	if (!ok)
	{
		manager->checkin_and_destroy(manager, ike_sa);
		return NULL;
	}
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	id = ike_sa->get_id(ike_sa);
	id = id->clone(id);
	manager->checkin(manager, ike_sa);
	return id;
}

/**
 * Check out an IKE_SA
 */
static ike_sa_t *checkout(ike_sa_id_t *id)
{
	return charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
}

/**
 * Check in an IKE_SA
 */
static void checkin(ike_sa_t *ike_sa)
{
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/*
 * Described in header
 */
void login_sleep(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = checkout(id);

	if (ike_sa)
	{
		login_table->add(login_table, ike_sa);
		checkin(ike_sa);
		login_eviction->limit(login_eviction);
	}
}

/*
 * Described in header
 */
ike_sa_state_t login_state(ike_sa_id_t *id)
{
	ike_sa_state_t state = IKE_DESTROYING;
	ike_sa_t *ike_sa = checkout(id);

	if (ike_sa)
	{
		state = ike_sa->get_state(ike_sa);
		checkin(ike_sa);
	}
	return state;
}

/*
 * Described in header
 */
u_int login_vip(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = checkout(id);
	enumerator_t *enumerator;
	chunk_t address;
	u_int last = 0;
	host_t *vip;

	if (ike_sa)
	{
		enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
		if (enumerator->enumerate(enumerator, &vip))
		{
			address = vip->get_address(vip);
			last = address.ptr[address.len - 1];
		}
		enumerator->destroy(enumerator);
		checkin(ike_sa);
	}
	return last;
}

/*
 * Described in header
 */
void login_end(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = checkout(id);

	if (ike_sa)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	login_table->remove(login_table, id);
	id->destroy(id);
}

/*
 * Described in header
 */
u_int login_downs(void)
{
	u_int downs = ref_cur(&t.downs);

	t.downs = 0;
	return downs;
}

/*
 * Described in header
 */
u_int login_dhcp_releases(void)
{
	return ref_cur(&t.releases);
}

/*
 * Described in header
 */
u_int login_online(void)
{
	return t.rw->get_online(t.rw) + t.dhcp->get_online(t.dhcp);
}
