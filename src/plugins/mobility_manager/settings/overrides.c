/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>

#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/debug.h>

#include "settings/overrides.h"
#include "settings/values.h"

typedef struct private_mobility_overrides_t private_mobility_overrides_t;

/**
 * What is set for an interface.
 */
typedef struct {
	/** name of the interface, first for create_enumerator() */
	char ifname[IFNAMSIZ];
	/** what is set */
	mobility_override_t override;
} entry_t;

/**
 * Private data of a mobility_overrides_t.
 */
struct private_mobility_overrides_t {

	/**
	 * Public interface.
	 */
	mobility_overrides_t public;

	/**
	 * What is set, entry_t, sorted by name.
	 */
	array_t *entries;

	/**
	 * Lock for entries.
	 */
	mutex_t *mutex;
};

/**
 * Compare the name of an interface to that of an entry, for array_bsearch().
 */
static int compare_name(const void *ifname, const void *entry)
{
	return strcmp(ifname, ((entry_t*)entry)->ifname);
}

/**
 * Compare two entries by name, for array_sort().
 */
static int compare_entries(const void *a, const void *b, void *user)
{
	return strcmp(((entry_t*)a)->ifname, ((entry_t*)b)->ifname);
}

/**
 * Find the entry of an interface.  Lock must be held.
 */
static int find(private_mobility_overrides_t *this, const char *ifname,
				entry_t *entry)
{
	return array_bsearch(this->entries, ifname, compare_name, entry);
}

/**
 * Tell the log what was set.
 */
static void log_override(const char *ifname,
						 const mobility_override_t *override)
{
	switch (override->kind)
	{
		case MOBILITY_OVERRIDE_COST:
			DBG1(DBG_CFG, "mobility: cost of %s set to %u by hand", ifname,
				 override->cost);
			break;
		case MOBILITY_OVERRIDE_NONE:
			DBG1(DBG_CFG, "mobility: %s is as configured again", ifname);
			break;
		default:
			DBG1(DBG_CFG, "mobility: %N %s, set by hand",
				 mobility_override_names, override->kind, ifname);
			break;
	}
}

METHOD(mobility_overrides_t, set, const char*,
	private_mobility_overrides_t *this, const char *ifname,
	const mobility_override_t *override)
{
	const char *why;
	entry_t entry;
	int index;

	why = mobility_check_ifname(ifname);
	if (why)
	{
		return why;
	}
	this->mutex->lock(this->mutex);
	index = find(this, ifname, &entry);
	if (index != -1)
	{
		array_remove(this->entries, index, NULL);
	}
	if (override->kind != MOBILITY_OVERRIDE_NONE)
	{
		if (array_count(this->entries) >= MOBILITY_OVERRIDES_MAX)
		{
			why = "too many interfaces are overridden already, reset some";
		}
		else
		{
			memset(&entry, 0, sizeof(entry));
			snprintf(entry.ifname, sizeof(entry.ifname), "%s", ifname);
			entry.override = *override;
			array_insert(this->entries, ARRAY_TAIL, &entry);
			array_sort(this->entries, compare_entries, NULL);
		}
	}
	this->mutex->unlock(this->mutex);
	if (!why)
	{
		log_override(ifname, override);
	}
	return why;
}

METHOD(mobility_overrides_t, get, mobility_override_t,
	private_mobility_overrides_t *this, const char *ifname)
{
	entry_t entry;
	int index;

	this->mutex->lock(this->mutex);
	index = find(this, ifname, &entry);
	this->mutex->unlock(this->mutex);
	if (index == -1)
	{
		return (mobility_override_t){
			.kind = MOBILITY_OVERRIDE_NONE,
		};
	}
	return entry.override;
}

METHOD(mobility_overrides_t, create_enumerator, enumerator_t*,
	private_mobility_overrides_t *this)
{
	array_t *copy;
	entry_t entry;
	int i;

	copy = array_create(sizeof(entry), 0);
	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		array_insert(copy, ARRAY_TAIL, &entry);
	}
	this->mutex->unlock(this->mutex);
	return enumerator_create_cleaner(array_create_enumerator(copy),
									 (void*)array_destroy, copy);
}

METHOD(mobility_overrides_t, destroy, void,
	private_mobility_overrides_t *this)
{
	array_destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_overrides_t *mobility_overrides_create()
{
	private_mobility_overrides_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.get = _get,
			.create_enumerator = _create_enumerator,
			.destroy = _destroy,
		},
		.entries = array_create(sizeof(entry_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
