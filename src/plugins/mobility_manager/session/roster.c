/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/roster.h"

#include <collections/hashtable.h>

/**
 * What is collected of sessions.
 */
typedef struct {
	/** which are meant */
	const mobility_filter_t *filter;
	/** their numbers, uint32_t */
	array_t *numbers;
	/** mobility_count_t*, by connection and end */
	hashtable_t *table;
	/** the same in the order in which they were met */
	array_t *counts;
} collection_t;

/**
 * Check if a session is meant.
 */
static bool is_meant(collection_t *this, mobility_entry_t *entry)
{
	return !entry->turn.ended && !entry->replaced &&
		   mobility_filter_matches(this->filter, entry->session->connection,
								   &entry->digest);
}

/**
 * mobility_entry_cb_t
 */
static void add_number(void *data, mobility_entry_t *entry)
{
	collection_t *this = data;

	if (is_meant(this, entry))
	{
		array_insert(this->numbers, ARRAY_TAIL, &entry->session->number);
	}
}

/*
 * Described in header.
 */
array_t *mobility_roster_get_numbers(mobility_registry_t *registry,
									 const mobility_filter_t *filter)
{
	collection_t collection = {
		.filter = filter,
		.numbers = array_create(sizeof(uint32_t), 0),
	};

	registry->for_each(registry, add_number, &collection);
	return collection.numbers;
}

/**
 * Hash a mobility_count_t.
 */
static u_int hash_count(const mobility_count_t *count)
{
	return chunk_hash_inc(chunk_from_str(count->connection), count->mobile);
}

/**
 * Compare two mobility_count_t.
 */
static bool equals_count(const mobility_count_t *a, const mobility_count_t *b)
{
	return a->mobile == b->mobile && streq(a->connection, b->connection);
}

/**
 * mobility_entry_cb_t
 */
static void add_count(void *data, mobility_entry_t *entry)
{
	mobility_count_t *count, key = {
		.connection = entry->session->connection,
		.mobile = entry->digest.mobile,
	};
	collection_t *this = data;

	if (!is_meant(this, entry))
	{
		return;
	}
	count = this->table->get(this->table, &key);
	if (!count)
	{
		INIT(count,
			.connection = strdup(entry->session->connection),
			.mobile = entry->digest.mobile,
		);
		this->table->put(this->table, count, count);
		array_insert(this->counts, ARRAY_TAIL, count);
	}
	count->states[entry->digest.state]++;
}

/**
 * Destroy a mobility_count_t.
 */
static void count_destroy(mobility_count_t *count)
{
	free(count->connection);
	free(count);
}

/**
 * Destroy an array of mobility_count_t.
 */
static void counts_destroy(array_t *counts)
{
	array_destroy_function(counts, (void*)count_destroy, NULL);
}

/*
 * Described in header.
 */
enumerator_t *mobility_roster_count(mobility_registry_t *registry,
									const mobility_filter_t *filter)
{
	collection_t collection = {
		.filter = filter,
		.table = hashtable_create((hashtable_hash_t)hash_count,
								  (hashtable_equals_t)equals_count, 8),
		.counts = array_create(0, 0),
	};

	registry->for_each(registry, add_count, &collection);
	collection.table->destroy(collection.table);
	return enumerator_create_cleaner(array_create_enumerator(collection.counts),
									 (void*)counts_destroy, collection.counts);
}

/**
 * Enumerates snapshots of sessions.  Keeps their numbers, as ids of IKE_SAs
 * change when these are rekeyed.
 */
typedef struct {
	/** public interface */
	enumerator_t public;
	/** which are meant */
	const mobility_filter_t *filter;
	/** checks them out */
	mobility_roster_checkout_t checkout;
	/** user data for it */
	void *data;
	/** numbers of the sessions that are left, as uint32_t */
	array_t *numbers;
	/** snapshot of the last one */
	mobility_status_t *status;
} status_enumerator_t;

METHOD(enumerator_t, status_enumerate, bool,
	status_enumerator_t *this, va_list args)
{
	mobility_session_t *session;
	mobility_status_t **status;
	ike_sa_t *ike_sa;
	uint32_t number;

	VA_ARGS_VGET(args, status);
	mobility_status_destroy(this->status);
	this->status = NULL;
	while (!this->status &&
		   array_remove(this->numbers, ARRAY_HEAD, &number))
	{
		session = this->checkout(this->data, number, &ike_sa);
		if (session)
		{
			this->status = session->get_status(session);
			mobility_checkin(ike_sa, SUCCESS);
		}
		if (this->status &&
			!mobility_filter_matches_status(this->filter, this->status))
		{	/* it did a moment ago */
			mobility_status_destroy(this->status);
			this->status = NULL;
		}
	}
	*status = this->status;
	return this->status != NULL;
}

METHOD(enumerator_t, status_enumerator_destroy, void,
	status_enumerator_t *this)
{
	mobility_status_destroy(this->status);
	array_destroy(this->numbers);
	free(this);
}

/*
 * Described in header.
 */
enumerator_t *mobility_roster_enumerate(mobility_registry_t *registry,
										const mobility_filter_t *filter,
										mobility_roster_checkout_t checkout,
										void *data)
{
	status_enumerator_t *this;

	INIT(this,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _status_enumerate,
			.destroy = _status_enumerator_destroy,
		},
		.filter = filter,
		.checkout = checkout,
		.data = data,
		.numbers = mobility_roster_get_numbers(registry, filter),
	);
	return &this->public;
}
