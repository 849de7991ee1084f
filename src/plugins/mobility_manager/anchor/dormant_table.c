/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/dormant_table.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

/** Virtual addresses of an IKE_SA that are looked at */
#define MAX_VIPS 4

typedef struct private_mobility_dormant_table_t private_mobility_dormant_table_t;
typedef struct entry_t entry_t;
typedef struct link_t link_t;

/**
 * What rows there are.
 */
typedef enum {
	/** all entries */
	ROW_ALL,
	/** the entry of an IKE_SA, by our SPI */
	ROW_ID,
	/** those with an address from some pools, by the hash of both */
	ROW_ADDRESS,
	/** those with any of a family */
	ROW_FAMILY,
} row_t;

/**
 * Place of an entry in a row.  The first of each row is in a table, which is how
 * one finds the row.
 */
struct link_t {
	/** entry it belongs to */
	entry_t *entry;
	/** the ones that fell asleep after and before, a ring */
	link_t *next, *prev;
	/** which row it is */
	uint64_t value;
	/** what kind of a row that is */
	row_t row;
};

/**
 * An IKE_SA.
 */
struct entry_t {
	/** SPIs */
	uint64_t initiator_spi, responder_spi;
	/** number of places */
	u_int count;
	/** places in rows */
	link_t links[];
};

/**
 * Private data of a mobility_dormant_table_t object.
 */
struct private_mobility_dormant_table_t {

	/**
	 * Public interface.
	 */
	mobility_dormant_table_t public;

	/**
	 * First ones of all rows, link_t => link_t.
	 */
	hashtable_t *rows;

	/**
	 * Number of entries.
	 */
	u_int count;

	/**
	 * Locks rows and entries.
	 */
	mutex_t *mutex;
};

/**
 * Hash which row a link is in.
 */
static u_int link_hash(const link_t *link)
{
	return chunk_hash_inc(chunk_from_thing(link->value), link->row);
}

/**
 * Check if two links are in the same row.
 */
static bool link_equals(const link_t *a, const link_t *b)
{
	return a->row == b->row && a->value == b->value;
}

/**
 * Hash the names of an IKE_SA's pools, and something of an address from them.
 */
static uint64_t hash_pools(ike_sa_t *ike_sa, chunk_t address)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	u_int hash = chunk_hash(address);
	enumerator_t *enumerator;
	char *name;

	enumerator = peer_cfg->create_pool_enumerator(peer_cfg);
	while (enumerator->enumerate(enumerator, &name))
	{	/* with what ends it, "ab" is not "a" and "b" */
		hash = chunk_hash_inc(chunk_create(name, strlen(name) + 1), hash);
	}
	enumerator->destroy(enumerator);
	return hash;
}

/**
 * Find the first one of a row, NULL if there is none.
 */
static entry_t *first_of(private_mobility_dormant_table_t *this, row_t row,
						 uint64_t value)
{
	link_t key = { .row = row, .value = value }, *first;

	first = this->rows->get(this->rows, &key);
	return first ? first->entry : NULL;
}

/**
 * Get the id of the first one of a row.
 */
static ike_sa_id_t *get_id(private_mobility_dormant_table_t *this, row_t row,
						   uint64_t value)
{
	ike_sa_id_t *id = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = first_of(this, row, value);
	if (entry)
	{
		id = ike_sa_id_create(IKEV2_MAJOR_VERSION, entry->initiator_spi,
							  entry->responder_spi, FALSE);
	}
	this->mutex->unlock(this->mutex);
	return id;
}

/**
 * Give an entry another place in a row, which is its last one.
 */
static void note(entry_t *entry, row_t row, uint64_t value)
{
	link_t *link = &entry->links[entry->count++];

	*link = (link_t){
		.entry = entry,
		.row = row,
		.value = value,
		.next = link,
		.prev = link,
	};
}

/**
 * Create an entry that is in no row yet.
 */
static entry_t *create_entry(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	linked_list_t *vips;
	u_int count;
	int family;
	entry_t *entry;
	host_t *vip;

	vips = linked_list_create_from_enumerator(
							ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE));
	count = min(vips->get_count(vips), MAX_VIPS);

	entry = malloc(sizeof(entry_t) + (2 + 2 * count) * sizeof(link_t));
	entry->initiator_spi = id->get_initiator_spi(id);
	entry->responder_spi = id->get_responder_spi(id);
	entry->count = 0;
	note(entry, ROW_ALL, 0);
	note(entry, ROW_ID, entry->responder_spi);
	while (count-- && vips->remove_first(vips, (void**)&vip) == SUCCESS)
	{
		family = vip->get_family(vip);
		note(entry, ROW_ADDRESS, hash_pools(ike_sa, vip->get_address(vip)));
		note(entry, ROW_FAMILY,
			 hash_pools(ike_sa, chunk_from_thing(family)));
	}
	vips->destroy(vips);
	return entry;
}

/**
 * Put a link at the end of its row.
 */
static void append(private_mobility_dormant_table_t *this, link_t *link)
{
	link_t *first;

	first = this->rows->get(this->rows, link);
	if (!first)
	{
		this->rows->put(this->rows, link, link);
		return;
	}
	link->next = first;
	link->prev = first->prev;
	link->prev->next = link;
	first->prev = link;
}

/**
 * Take a link out of its row.
 */
static void take_out(private_mobility_dormant_table_t *this, link_t *link)
{
	if (this->rows->get(this->rows, link) == link)
	{
		this->rows->remove(this->rows, link);
		if (link->next != link)
		{
			this->rows->put(this->rows, link->next, link->next);
		}
	}
	link->prev->next = link->next;
	link->next->prev = link->prev;
}

METHOD(mobility_dormant_table_t, add, void,
	private_mobility_dormant_table_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry = create_entry(ike_sa);
	u_int i;

	this->mutex->lock(this->mutex);
	if (first_of(this, ROW_ID, entry->responder_spi))
	{
		free(entry);
	}
	else
	{
		for (i = 0; i < entry->count; i++)
		{
			append(this, &entry->links[i]);
		}
		this->count++;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_dormant_table_t, remove_, void,
	private_mobility_dormant_table_t *this, ike_sa_id_t *id)
{
	entry_t *entry;
	u_int i;

	this->mutex->lock(this->mutex);
	entry = first_of(this, ROW_ID, id->get_responder_spi(id));
	if (entry)
	{
		for (i = 0; i < entry->count; i++)
		{
			take_out(this, &entry->links[i]);
		}
		this->count--;
		free(entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_dormant_table_t, has, bool,
	private_mobility_dormant_table_t *this, ike_sa_id_t *id)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = first_of(this, ROW_ID, id->get_responder_spi(id)) != NULL;
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(mobility_dormant_table_t, get_first, ike_sa_id_t*,
	private_mobility_dormant_table_t *this)
{
	return get_id(this, ROW_ALL, 0);
}

METHOD(mobility_dormant_table_t, get_lease, ike_sa_id_t*,
	private_mobility_dormant_table_t *this, ike_sa_t *ike_sa, int family)
{
	return get_id(this, ROW_FAMILY,
				  hash_pools(ike_sa, chunk_from_thing(family)));
}

METHOD(mobility_dormant_table_t, find, ike_sa_id_t*,
	private_mobility_dormant_table_t *this, ike_sa_t *ike_sa, host_t *address)
{
	return get_id(this, ROW_ADDRESS,
				  hash_pools(ike_sa, address->get_address(address)));
}

METHOD(mobility_dormant_table_t, get_count, u_int,
	private_mobility_dormant_table_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->count;
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(mobility_dormant_table_t, destroy, void,
	private_mobility_dormant_table_t *this)
{
	ike_sa_id_t *id;

	while ((id = get_first(this)))
	{
		remove_(this, id);
		id->destroy(id);
	}
	this->rows->destroy(this->rows);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_dormant_table_t *mobility_dormant_table_create()
{
	private_mobility_dormant_table_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.has = _has,
			.get_first = _get_first,
			.get_lease = _get_lease,
			.find = _find,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.rows = hashtable_create((hashtable_hash_t)link_hash,
								 (hashtable_equals_t)link_equals, 32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
