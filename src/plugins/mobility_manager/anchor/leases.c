/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/leases.h"
#include "anchor/same_device.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/cp_payload.h>
#include <threading/mutex.h>

/** Addresses that a peer may ask for, others are not looked at */
#define MAX_REQUESTED 4

/** Leases of an identity that are tried until the right one is found */
#define MAX_LEASES 32

typedef struct private_mobility_leases_t private_mobility_leases_t;
typedef struct login_t login_t;

/**
 * Somebody who logs in and asks for addresses.  Used with the IKE_SA checked out.
 */
struct login_t {
	/** what is asked for, host_t* */
	array_t *requested;
	/** what nobody else has, until it is taken, host_t* */
	array_t *kept;
};

/**
 * Private data of a mobility_leases_t object.
 */
struct private_mobility_leases_t {

	/**
	 * Public interface.
	 */
	mobility_leases_t public;

	/**
	 * Told what peers ask for, and when they have logged in.
	 */
	listener_t listener;

	/**
	 * Dormant clients.
	 */
	mobility_dormant_table_t *table;

	/**
	 * Ends their IKE_SAs.
	 */
	mobility_eviction_t *eviction;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Who logs in, number of the IKE_SA => login_t.
	 */
	hashtable_t *logins;

	/**
	 * Locks the table of them.
	 */
	mutex_t *mutex;

	/**
	 * Stock method.
	 */
	typeof(((attribute_manager_t*)0)->acquire_address) acquire_address;
};

/**
 * The methods of the attribute manager have no place for user data.
 */
static private_mobility_leases_t *instance;

/**
 * Get what is known of who logs in, NULL if nothing is.
 */
static login_t *get_login(private_mobility_leases_t *this, ike_sa_t *ike_sa)
{
	login_t *login;

	this->mutex->lock(this->mutex);
	login = this->logins->get(this->logins,
						(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa));
	this->mutex->unlock(this->mutex);
	return login;
}

/**
 * Get the pools of an IKE_SA.
 */
static linked_list_t *get_pools(ike_sa_t *ike_sa)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);

	return linked_list_create_from_enumerator(
								peer_cfg->create_pool_enumerator(peer_cfg));
}

/**
 * Check if there is a pool of some name.
 */
static bool has_pool(linked_list_t *pools, char *name)
{
	return pools->find_first(pools, linked_list_match_str, NULL, name);
}

/**
 * Check if one IKE_SA can have the addresses of another one: what RADIUS assigns to
 * one it does not to another.
 */
static bool same_pools(ike_sa_t *a, ike_sa_t *b)
{
	linked_list_t *pools = get_pools(a), *others = get_pools(b);
	bool same;

	same = pools->equals_function(pools, others, (void*)streq) &&
		   !has_pool(pools, "radius");
	pools->destroy(pools);
	others->destroy(others);
	return same;
}

METHOD(mobility_leases_t, get_requested, array_t*,
	private_mobility_leases_t *this, ike_sa_t *ike_sa)
{
	login_t *login = get_login(this, ike_sa);

	return login ? login->requested : NULL;
}

METHOD(mobility_leases_t, hand_over, void,
	private_mobility_leases_t *this, ike_sa_t *old, ike_sa_t *new, bool prefer)
{
	login_t *login = get_login(this, new);
	enumerator_t *enumerator;
	host_t *vip;

	if (!login || !same_pools(old, new))
	{
		return;
	}
	enumerator = old->create_virtual_ip_enumerator(old, FALSE);
	while (enumerator->enumerate(enumerator, &vip))
	{
		array_insert_create(&login->kept, prefer ? ARRAY_HEAD : ARRAY_TAIL,
							vip->clone(vip));
	}
	enumerator->destroy(enumerator);
	/* what it has when it is destroyed is released */
	old->clear_virtual_ips(old, FALSE);
}

/**
 * Take an address that is kept: the one that is asked for, else another one of its
 * family.  Returns NULL if there is none.
 */
static host_t *take_kept(login_t *login, host_t *requested)
{
	host_t *vip, *found = NULL;
	int i, index = -1;

	for (i = 0; array_get(login->kept, i, &vip); i++)
	{
		if (vip->ip_equals(vip, requested) ||
			(!found && vip->get_family(vip) == requested->get_family(requested)))
		{
			found = vip;
			index = i;
		}
	}
	if (found)
	{
		array_remove(login->kept, index, NULL);
	}
	return found;
}

/**
 * Have the pools note to where they have leased an address, which they go by when
 * the peer reauthenticates: release it and acquire it again.  As they assign the
 * oldest lease of the identity this takes others, too, that are released again.
 */
static host_t *renew(private_mobility_leases_t *this, linked_list_t *pools,
					 ike_sa_t *ike_sa, host_t *vip)
{
	attribute_manager_t *attributes = charon->attributes;
	array_t *others = array_create(0, 0);
	host_t *got, *other;

	attributes->release_address(attributes, pools, vip, ike_sa);
	while ((got = this->acquire_address(attributes, pools, ike_sa, vip)) &&
		   !got->ip_equals(got, vip) && array_count(others) < MAX_LEASES)
	{
		array_insert(others, ARRAY_TAIL, got);
	}
	while (array_remove(others, ARRAY_HEAD, &other))
	{
		attributes->release_address(attributes, pools, other, ike_sa);
		other->destroy(other);
	}
	array_destroy(others);
	vip->destroy(vip);
	return got;
}

/**
 * Acquire an address that is kept, NULL if there is none.
 */
static host_t *acquire_kept(private_mobility_leases_t *this,
							linked_list_t *pools, ike_sa_t *ike_sa,
							host_t *requested)
{
	login_t *login = get_login(this, ike_sa);
	host_t *vip;

	vip = login ? take_kept(login, requested) : NULL;
	if (!vip)
	{
		return NULL;
	}
	DBG1(DBG_IKE, "mobility: '%Y' gets its virtual IP %H again",
		 ike_sa->get_other_eap_id(ike_sa), vip);
	return has_pool(pools, "dhcp") ? vip : renew(this, pools, ike_sa, vip);
}

/**
 * Destroy the IKE_SA of a dormant client.  Returns FALSE if that stays, as it would
 * take too long.
 */
static bool evict(private_mobility_leases_t *this, ike_sa_t *dormant,
				  mobility_ending_t reason)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	if (!this->eviction->take_down(this->eviction, dormant, reason))
	{
		manager->checkin(manager, dormant);
		return FALSE;
	}
	manager->checkin_and_destroy(manager, dormant);
	return TRUE;
}

/**
 * End the IKE_SA that has been dormant for the longest time, of those that have an
 * address of the same pools.  Returns FALSE if there is none.
 */
static bool reclaim(private_mobility_leases_t *this, linked_list_t *pools,
					ike_sa_t *ike_sa, int family)
{
	mobility_gateway_config_t config;
	ike_sa_t *dormant = NULL;
	ike_sa_id_t *id;
	bool evicted;

	this->settings->get_gateway(this->settings, NULL, &config);
	if (!config.reclaim || has_pool(pools, "dhcp") || has_pool(pools, "radius"))
	{
		return FALSE;
	}
	while (!dormant &&
		   (id = this->table->get_lease(this->table, ike_sa, family)))
	{
		dormant = this->eviction->checkout(this->eviction, id);
	}
	evicted = dormant && evict(this, dormant, MOBILITY_ENDING_RECLAIM);
	/* the one the thread had checked out before */
	charon->bus->set_sa(charon->bus, ike_sa);
	if (dormant && !evicted)
	{
		DBG1(DBG_IKE, "mobility: no virtual IP for '%Y', others are dormant but it "
			 "took too long to end the last one",
			 ike_sa->get_other_eap_id(ike_sa));
	}
	return evicted;
}

/**
 * End the IKE_SA of the same identity that has an address, too.
 */
static void displace(private_mobility_leases_t *this, ike_sa_t *ike_sa,
					 host_t *vip)
{
	ike_sa_t *dormant;
	ike_sa_id_t *id;

	id = this->table->find(this->table, ike_sa, vip);
	dormant = id ? this->eviction->checkout(this->eviction, id) : NULL;
	if (dormant && mobility_same_identity(dormant, ike_sa))
	{
		evict(this, dormant, MOBILITY_ENDING_REASSIGNED);
	}
	else if (dormant)
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, dormant);
	}
	if (id)
	{
		charon->bus->set_sa(charon->bus, ike_sa);
	}
}

/**
 * Hook for attribute_manager_t.acquire_address()
 */
static host_t *hook_acquire_address(attribute_manager_t *attributes,
									linked_list_t *pools, ike_sa_t *ike_sa,
									host_t *requested)
{
	private_mobility_leases_t *this = instance;
	host_t *vip;

	vip = acquire_kept(this, pools, ike_sa, requested) ?:
		  this->acquire_address(attributes, pools, ike_sa, requested);
	if (!vip && reclaim(this, pools, ike_sa, requested->get_family(requested)))
	{
		vip = this->acquire_address(attributes, pools, ike_sa, requested);
	}
	if (vip)
	{
		displace(this, ike_sa, vip);
	}
	return vip;
}

/**
 * Read an address of a configuration payload (RFC 7296, 3.15.1), NULL if it is
 * none.
 */
static host_t *read_address(configuration_attribute_t *attribute)
{
	chunk_t data = attribute->get_chunk(attribute);
	int family;

	switch (attribute->get_type(attribute))
	{
		case INTERNAL_IP4_ADDRESS:
			family = AF_INET;
			break;
		case INTERNAL_IP6_ADDRESS:
			family = AF_INET6;
			/* without the prefix length */
			data.len -= data.len ? 1 : 0;
			break;
		default:
			return NULL;
	}
	return data.len ? host_create_from_chunk(family, data, 0)
					: host_create_any(family);
}

/**
 * Read all addresses that a message asks for.
 */
static array_t *read_request(message_t *message)
{
	configuration_attribute_t *attribute;
	enumerator_t *enumerator;
	array_t *requested = NULL;
	cp_payload_t *cp;
	host_t *host;

	cp = (cp_payload_t*)message->get_payload(message, PLV2_CONFIGURATION);
	if (!cp || cp->get_type(cp) != CFG_REQUEST)
	{
		return NULL;
	}
	enumerator = cp->create_attribute_enumerator(cp);
	while (array_count(requested) < MAX_REQUESTED &&
		   enumerator->enumerate(enumerator, &attribute))
	{
		host = read_address(attribute);
		if (host)
		{
			array_insert_create(&requested, ARRAY_TAIL, host);
		}
	}
	enumerator->destroy(enumerator);
	return requested;
}

/**
 * Forget who has logged in, or has failed to, and release what was not taken.
 */
static void forget(private_mobility_leases_t *this, ike_sa_t *ike_sa)
{
	linked_list_t *pools;
	login_t *login;
	host_t *vip;

	this->mutex->lock(this->mutex);
	login = this->logins->remove(this->logins,
						(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa));
	this->mutex->unlock(this->mutex);
	if (!login)
	{
		return;
	}
	if (array_count(login->kept))
	{
		pools = get_pools(ike_sa);
		while (array_remove(login->kept, ARRAY_HEAD, &vip))
		{
			charon->attributes->release_address(charon->attributes, pools, vip,
												ike_sa);
			vip->destroy(vip);
		}
		pools->destroy(pools);
	}
	array_destroy(login->kept);
	array_destroy_offset(login->requested, offsetof(host_t, destroy));
	free(login);
}

/**
 * Get the instance from its listener.
 */
static private_mobility_leases_t *instance_of(listener_t *listener)
{
	return (private_mobility_leases_t*)((char*)listener -
								offsetof(private_mobility_leases_t, listener));
}

METHOD(listener_t, message, bool,
	listener_t *listener, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	private_mobility_leases_t *this = instance_of(listener);
	array_t *requested;
	login_t *login;

	if (!incoming || !plain || !message->get_request(message) ||
		message->get_exchange_type(message) != IKE_AUTH ||
		ike_sa->get_state(ike_sa) != IKE_CONNECTING || get_login(this, ike_sa))
	{
		return TRUE;
	}
	requested = read_request(message);
	if (requested)
	{
		INIT(login,
			.requested = requested,
		);
		this->mutex->lock(this->mutex);
		this->logins->put(this->logins,
					(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa), login);
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	listener_t *listener, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_ESTABLISHED || state == IKE_DESTROYING)
	{
		forget(instance_of(listener), ike_sa);
	}
	return TRUE;
}

METHOD(mobility_leases_t, destroy, void,
	private_mobility_leases_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->listener);
	charon->attributes->acquire_address = this->acquire_address;
	instance = NULL;
	this->logins->destroy(this->logins);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_leases_t *mobility_leases_create(mobility_dormant_table_t *table,
										  mobility_eviction_t *eviction,
										  mobility_settings_t *settings)
{
	private_mobility_leases_t *this;

	INIT(this,
		.public = {
			.get_requested = _get_requested,
			.hand_over = _hand_over,
			.destroy = _destroy,
		},
		.listener = {
			.message = _message,
			.ike_state_change = _ike_state_change,
		},
		.table = table,
		.eviction = eviction,
		.settings = settings,
		.logins = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.acquire_address = charon->attributes->acquire_address,
	);
	instance = this;
	charon->attributes->acquire_address = hook_acquire_address;
	charon->bus->add_listener(charon->bus, &this->listener);
	return &this->public;
}
