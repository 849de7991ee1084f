/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/uniqueness.h"
#include "anchor/same_device.h"
#include "ike/end.h"
#include "session/tally.h"

#include <daemon.h>

/**
 * IKE_SAs of one identity that are looked at.  With more of them it is not that of
 * a user, and whatever devices have in common with it says nothing.
 */
#define MAX_DEVICES 32

typedef struct private_mobility_uniqueness_t private_mobility_uniqueness_t;
typedef struct newcomer_t newcomer_t;

/**
 * Private data of a mobility_uniqueness_t object.
 */
struct private_mobility_uniqueness_t {

	/**
	 * Public interface.
	 */
	mobility_uniqueness_t public;

	/**
	 * Dormant clients.
	 */
	mobility_dormant_table_t *table;

	/**
	 * Ends their IKE_SAs.
	 */
	mobility_eviction_t *eviction;

	/**
	 * Addresses of who logs in.
	 */
	mobility_leases_t *leases;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Stock method.
	 */
	typeof(((ike_sa_manager_t*)0)->check_uniqueness) check_uniqueness;
};

/**
 * Who logs in.
 */
struct newcomer_t {
	/** its IKE_SA */
	ike_sa_t *ike_sa;
	/** what is configured */
	unique_policy_t unique;
	/** INITIAL_CONTACT was sent */
	bool contact;
	/** its IDi is no proof, as others have it, too */
	bool shared;
	/** other IKE_SAs of its identity, ike_sa_id_t* */
	linked_list_t *ids;
	/** number of those that stock finds, which come first */
	u_int found;
	/** number of those that are connected, as far as is known */
	u_int connected;
};

/**
 * The methods of the IKE_SA manager have no place for user data.
 */
static private_mobility_uniqueness_t *instance;

/**
 * Check out an IKE_SA by its id.
 */
static ike_sa_t *checkout(ike_sa_id_t *id)
{
	return charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
}

/**
 * Check in an IKE_SA.
 */
static void checkin(ike_sa_t *ike_sa)
{
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/**
 * Collect the IKE_SAs of an identity that were established over a family.
 */
static void add_ids(private_mobility_uniqueness_t *this, newcomer_t *new,
					int family)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	enumerator_t *enumerator;
	ike_sa_id_t *id;

	enumerator = manager->create_id_enumerator(manager,
								new->ike_sa->get_my_id(new->ike_sa),
								new->ike_sa->get_other_eap_id(new->ike_sa),
								family);
	while (enumerator->enumerate(enumerator, &id))
	{
		new->ids->insert_last(new->ids, id->clone(id));
		new->connected += !this->table->has(this->table, id);
	}
	enumerator->destroy(enumerator);
}

/**
 * Collect all IKE_SAs of an identity.
 */
static void collect(private_mobility_uniqueness_t *this, newcomer_t *new)
{
	host_t *host = new->ike_sa->get_other_host(new->ike_sa);
	int family = host->get_family(host);

	add_ids(this, new, family);
	new->found = new->ids->get_count(new->ids);
	add_ids(this, new, family == AF_INET ? AF_INET6 : AF_INET);
}

/**
 * Collect instead those that have an address that is asked for.
 */
static void collect_requested(private_mobility_uniqueness_t *this,
							  newcomer_t *new)
{
	array_t *requested;
	ike_sa_id_t *id;
	host_t *vip;
	int i;

	requested = this->leases->get_requested(this->leases, new->ike_sa);
	new->ids->destroy_offset(new->ids, offsetof(ike_sa_id_t, destroy));
	new->ids = linked_list_create();
	for (i = 0; array_get(requested, i, &vip); i++)
	{
		id = this->table->find(this->table, new->ike_sa, vip);
		if (id)
		{
			new->ids->insert_last(new->ids, id);
		}
	}
}

/**
 * Leave only those that are dormant, if others have to stay in any case; their IDi
 * is no proof if one of the others has it.
 */
static void leave_dormant(private_mobility_uniqueness_t *this, newcomer_t *new)
{
	identification_t *idi = new->ike_sa->get_other_id(new->ike_sa);
	enumerator_t *enumerator;
	ike_sa_id_t *id;
	ike_sa_t *other;

	enumerator = new->ids->create_enumerator(new->ids);
	while (enumerator->enumerate(enumerator, &id))
	{
		if (this->table->has(this->table, id))
		{
			continue;
		}
		other = checkout(id);
		if (other)
		{
			new->shared |= idi->equals(idi, other->get_other_id(other));
			checkin(other);
		}
		new->ids->remove_at(new->ids, enumerator);
		id->destroy(id);
	}
	enumerator->destroy(enumerator);
}

/**
 * Find out if an IKE_SA is of the same device.
 */
static mobility_device_t compare(private_mobility_uniqueness_t *this,
								 newcomer_t *new, ike_sa_t *other)
{
	mobility_device_t device;
	linked_list_t *vips;

	vips = linked_list_create_from_enumerator(
							other->create_virtual_ip_enumerator(other, FALSE));
	device = mobility_same_device(new->ike_sa->get_other_id(new->ike_sa),
						this->leases->get_requested(this->leases, new->ike_sa),
						other->get_other_id(other), vips, new->shared);
	vips->destroy(vips);
	return device;
}

/**
 * Check if stock would look at an IKE_SA without INITIAL_CONTACT.
 */
static bool is_duplicate(newcomer_t *new, ike_sa_t *other)
{
	peer_cfg_t *peer_cfg = other->get_peer_cfg(other);

	switch (other->get_state(other))
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
			return peer_cfg && peer_cfg->equals(peer_cfg,
										new->ike_sa->get_peer_cfg(new->ike_sa));
		default:
			return FALSE;
	}
}

/**
 * Destroy an IKE_SA, with its addresses going to the newcomer if that may be the
 * same device.
 */
static void end(private_mobility_uniqueness_t *this, newcomer_t *new,
				ike_sa_t *other, mobility_device_t device, bool delete)
{
	if (new->unique == UNIQUE_REPLACE && !new->contact)
	{
		charon->bus->alert(charon->bus, ALERT_UNIQUE_REPLACE);
	}
	mobility_tally_count(MOBILITY_TALLY_REPLACED);
	if (delete)
	{
		other->delete(other, TRUE);
	}
	else
	{
		this->eviction->take_down(this->eviction, other,
								  MOBILITY_ENDING_REPLACED);
	}
	if (device != MOBILITY_DEVICE_OTHER)
	{
		this->leases->hand_over(this->leases, other, new->ike_sa,
								device == MOBILITY_DEVICE_SAME);
	}
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, other);
}

/**
 * Look at an IKE_SA of the same identity, and check it in.  Returns TRUE if it
 * keeps the newcomer from logging in.
 */
static bool look(private_mobility_uniqueness_t *this, newcomer_t *new,
				 ike_sa_t *other, bool found)
{
	host_t *host = new->ike_sa->get_other_host(new->ike_sa);
	mobility_duplicate_t what;
	mobility_device_t device;
	bool moved, duplicate;

	device = compare(this, new, other);
	moved = !host->equals(host, other->get_other_host(other));
	duplicate = is_duplicate(new, other);
	what = mobility_judge_duplicate(new->unique, new->contact,
							this->eviction->is_asleep(this->eviction, other),
							device, moved);
	if (what == MOBILITY_DUPLICATE_GOES ||
		(what == MOBILITY_DUPLICATE_REPLACED && duplicate))
	{
		end(this, new, other, device, what == MOBILITY_DUPLICATE_REPLACED);
		return FALSE;
	}
	checkin(other);
	return what == MOBILITY_DUPLICATE_STOCK && new->unique == UNIQUE_KEEP &&
		   found && duplicate && moved;
}

/**
 * Look at all of them.  Returns TRUE if one keeps the newcomer from logging in.
 */
static bool look_all(private_mobility_uniqueness_t *this, newcomer_t *new)
{
	bool refused = FALSE;
	ike_sa_id_t *id;
	ike_sa_t *other;
	u_int i;

	for (i = 0; new->ids->remove_first(new->ids, (void**)&id) == SUCCESS; i++)
	{
		other = checkout(id);
		if (other && mobility_same_identity(other, new->ike_sa))
		{
			refused |= look(this, new, other, i < new->found);
		}
		else if (other)
		{	/* what was asked for is somebody else's */
			checkin(other);
		}
		id->destroy(id);
	}
	/* the one the thread had checked out before */
	charon->bus->set_sa(charon->bus, new->ike_sa);
	return refused;
}

/**
 * Check the uniqueness of who logs in.
 */
static bool check(private_mobility_uniqueness_t *this, newcomer_t *new)
{
	bool lenient = new->unique == UNIQUE_NO && !new->contact, many;

	collect(this, new);
	many = new->ids->get_count(new->ids) > MAX_DEVICES;
	if (many && new->unique == UNIQUE_NO && new->contact)
	{
		return this->check_uniqueness(charon->ike_sa_manager, new->ike_sa, TRUE);
	}
	if (lenient && many)
	{
		new->shared = TRUE;
		collect_requested(this, new);
	}
	else if (lenient)
	{
		if (new->connected == new->ids->get_count(new->ids))
		{	/* as most of the time */
			return FALSE;
		}
		leave_dormant(this, new);
	}
	if (look_all(this, new))
	{
		return TRUE;
	}
	return new->unique == UNIQUE_REPLACE && !new->contact &&
		   this->check_uniqueness(charon->ike_sa_manager, new->ike_sa, FALSE);
}

/**
 * Hook for ike_sa_manager_t.check_uniqueness()
 */
static bool hook_check_uniqueness(ike_sa_manager_t *manager, ike_sa_t *ike_sa,
								  bool force_replace)
{
	private_mobility_uniqueness_t *this = instance;
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	newcomer_t new = {
		.ike_sa = ike_sa,
		.unique = peer_cfg->get_unique_policy(peer_cfg),
		.contact = force_replace,
	};
	bool refused;

	if (new.unique == UNIQUE_NEVER ||
		mobility_end_get(this->settings, ike_sa) != MOBILITY_END_ANCHOR)
	{
		return this->check_uniqueness(manager, ike_sa, force_replace);
	}
	new.ids = linked_list_create();
	refused = check(this, &new);
	new.ids->destroy_offset(new.ids, offsetof(ike_sa_id_t, destroy));
	return refused;
}

METHOD(mobility_uniqueness_t, destroy, void,
	private_mobility_uniqueness_t *this)
{
	charon->ike_sa_manager->check_uniqueness = this->check_uniqueness;
	instance = NULL;
	free(this);
}

/*
 * Described in header.
 */
mobility_uniqueness_t *mobility_uniqueness_create(
											mobility_dormant_table_t *table,
											mobility_eviction_t *eviction,
											mobility_leases_t *leases,
											mobility_settings_t *settings)
{
	private_mobility_uniqueness_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.table = table,
		.eviction = eviction,
		.leases = leases,
		.settings = settings,
		.check_uniqueness = charon->ike_sa_manager->check_uniqueness,
	);
	instance = this;
	charon->ike_sa_manager->check_uniqueness = hook_check_uniqueness;
	return &this->public;
}
