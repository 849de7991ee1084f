/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/history.h"

#include <threading/mutex.h>

typedef struct private_mobility_path_history_t private_mobility_path_history_t;
typedef struct entry_t entry_t;
typedef struct flap_t flap_t;

/**
 * Record of a path.
 */
struct entry_t {
	mobility_path_id_t path;
	mobility_record_t record;
	/** the peer has answered */
	bool answered;
	/** how often no ESP returned since some did, and if that is for sure */
	u_int barren;
	bool sure;
};

/**
 * Losses of an uplink.
 */
struct flap_t {
	/** its name */
	char ifname[IFNAMSIZ];
	/** how often it was lost, each time soon after the last */
	u_int losses;
	/** when that was */
	uint64_t last;
	/** until when it is put aside */
	uint64_t until;
};

/**
 * Private data of a mobility_path_history_t object.
 */
struct private_mobility_path_history_t {

	/**
	 * Public interface.
	 */
	mobility_path_history_t public;

	/**
	 * Paths, entry_t*, NULL if there are none.
	 */
	array_t *entries;

	/**
	 * Uplinks that were lost, flap_t, NULL if there are none.
	 */
	array_t *flaps;

	/**
	 * Uplink that was chosen by hand, empty if none.
	 */
	char chosen[IFNAMSIZ];

	/**
	 * Last move, NULL if there was none.
	 */
	mobility_move_t *last;

	/**
	 * Number of moves.
	 */
	u_int moves;

	/**
	 * Locks all of this.
	 */
	mutex_t *mutex;

	/**
	 * Those who have it.
	 */
	refcount_t refs;
};

/**
 * Find the record of a path.
 */
static entry_t *find(private_mobility_path_history_t *this,
					 const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	entry_t *entry;
	int i;

	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		if (mobility_path_id_equals(&entry->path, &id))
		{
			return entry;
		}
	}
	return NULL;
}

/**
 * Find or create the record of a path.
 */
static entry_t *find_or_create(private_mobility_path_history_t *this,
							   const mobility_path_t *path)
{
	entry_t *entry = find(this, path);

	if (!entry)
	{
		INIT(entry,
			.path = mobility_path_get_id(path),
		);
		array_insert_create(&this->entries, ARRAY_TAIL, entry);
	}
	return entry;
}

/**
 * Check if a loss of an uplink has nothing to do with the ones before.
 */
static bool is_over(const flap_t *flap, uint64_t now)
{
	return now >= max(flap->last, flap->until) + MOBILITY_FLAP_WINDOW;
}

/**
 * Forget the uplinks that are stable since, or are gone for good.
 */
static void forget_flaps(private_mobility_path_history_t *this, uint64_t now)
{
	flap_t flap;
	int i;

	for (i = array_count(this->flaps) - 1; i >= 0; i--)
	{
		array_get(this->flaps, i, &flap);
		if (is_over(&flap, now))
		{
			array_remove(this->flaps, i, &flap);
		}
	}
}

/**
 * Get the losses of an uplink.
 */
static bool find_flap(private_mobility_path_history_t *this, const char *ifname,
					  int *index, flap_t *flap)
{
	for (*index = 0; *index < array_count(this->flaps); (*index)++)
	{
		array_get(this->flaps, *index, flap);
		if (streq(flap->ifname, ifname))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_path_history_t, answered, void,
	private_mobility_path_history_t *this, const mobility_path_t *path,
	uint32_t rtt, uint64_t now)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_or_create(this, path);
	entry->record = (mobility_record_t){
		.tested = now,
		.rtt = rtt ?: entry->record.rtt,
		.encapsulate = entry->record.encapsulate,
		.encapsulated = entry->record.encapsulated,
		.left = entry->record.left,
	};
	entry->answered = TRUE;
	this->mutex->unlock(this->mutex);
}

/**
 * Get how long a path is put aside that failed before.
 */
static uint64_t get_time(uint64_t penalty, u_int failed)
{
	return penalty << min(failed, MOBILITY_PENALTY_DOUBLINGS);
}

/**
 * Put a path aside that failed.
 */
static void put_aside(mobility_record_t *record, uint64_t time, uint64_t now)
{
	record->tested = now;
	record->until = now + time;
	record->no_esp = FALSE;
	record->failed++;
}

METHOD(mobility_path_history_t, used, void,
	private_mobility_path_history_t *this, const mobility_path_t *path)
{
	this->mutex->lock(this->mutex);
	find_or_create(this, path)->answered = TRUE;
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, failed, void,
	private_mobility_path_history_t *this, const mobility_path_t *path,
	uint64_t penalty, uint64_t now)
{
	mobility_record_t *record;

	this->mutex->lock(this->mutex);
	record = &find_or_create(this, path)->record;
	put_aside(record, get_time(penalty, record->failed), now);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, unanswered, void,
	private_mobility_path_history_t *this, const mobility_path_t *path,
	uint64_t penalty, uint64_t now)
{
	entry_t *entry;
	uint64_t time, fresh = MOBILITY_NEW_PATH_TIME;

	this->mutex->lock(this->mutex);
	entry = find_or_create(this, path);
	time = get_time(penalty, entry->record.failed);
	if (!entry->answered)
	{
		time = min(time, fresh << min(entry->record.failed, 30));
	}
	put_aside(&entry->record, time, now);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, no_esp, void,
	private_mobility_path_history_t *this, const mobility_path_t *path,
	bool sure, uint64_t penalty, uint64_t now)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_or_create(this, path);
	entry->record.until = now + get_time(penalty, entry->barren);
	entry->record.no_esp = TRUE;
	entry->record.left |= !sure;
	entry->sure = sure;
	entry->barren++;
	this->mutex->unlock(this->mutex);
}

/**
 * Put a path aside no longer, if it is because of ESP.
 */
static bool pardon_entry(entry_t *entry)
{
	bool aside = entry->record.no_esp;

	if (aside)
	{
		entry->record.no_esp = FALSE;
		entry->record.until = 0;
	}
	entry->barren = 0;
	return aside;
}

METHOD(mobility_path_history_t, esp, void,
	private_mobility_path_history_t *this, const mobility_path_t *path)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, path);
	if (entry)
	{
		pardon_entry(entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, encapsulate, void,
	private_mobility_path_history_t *this, const mobility_path_t *path,
	bool force)
{
	mobility_record_t *record;

	this->mutex->lock(this->mutex);
	record = &find_or_create(this, path)->record;
	record->encapsulate = force;
	record->encapsulated = TRUE;
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, pardon, bool,
	private_mobility_path_history_t *this, const mobility_path_t *path)
{
	entry_t *entry, *current;
	bool aside = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	current = find_or_create(this, path);
	current->record.left = TRUE;
	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		if (entry != current && entry->record.left && !entry->sure)
		{
			aside |= pardon_entry(entry);
			entry->record.encapsulate = FALSE;
		}
	}
	this->mutex->unlock(this->mutex);
	return aside;
}

METHOD(mobility_path_history_t, lost, void,
	private_mobility_path_history_t *this, const char *ifname, uint64_t now)
{
	uint64_t time = MOBILITY_FLAP_TIME;
	flap_t flap = {};
	int i;

	this->mutex->lock(this->mutex);
	forget_flaps(this, now);
	if (find_flap(this, ifname, &i, &flap))
	{
		array_remove(this->flaps, i, &flap);
	}
	else
	{
		flap = (flap_t){};
		snprintf(flap.ifname, sizeof(flap.ifname), "%s", ifname);
	}
	flap.losses++;
	flap.last = now;
	if (flap.losses >= MOBILITY_FLAP_LOSSES)
	{
		for (i = MOBILITY_FLAP_LOSSES;
			 i < flap.losses && time < MOBILITY_FLAP_TIME_MAX; i++)
		{
			time *= 2;
		}
		flap.until = now + min(time, MOBILITY_FLAP_TIME_MAX);
	}
	array_insert_create_value(&this->flaps, sizeof(flap), ARRAY_TAIL, &flap);
	this->mutex->unlock(this->mutex);
}

/**
 * Check if an uplink was left as no ESP returned, over whichever of its paths.
 */
static bool is_left(private_mobility_path_history_t *this, int ifindex)
{
	entry_t *entry;
	int i;

	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		if (entry->path.ifindex == ifindex && entry->record.left)
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_path_history_t, get, void,
	private_mobility_path_history_t *this, const mobility_path_t *path,
	uint64_t now, mobility_record_t *record)
{
	entry_t *entry;
	flap_t flap;
	int i;

	this->mutex->lock(this->mutex);
	entry = find(this, path);
	*record = entry ? entry->record : (mobility_record_t){};
	record->no_esp = record->no_esp && record->until > now;
	record->left = is_left(this, path->ifindex);
	if (find_flap(this, path->ifname, &i, &flap))
	{
		record->until = max(record->until, flap.until);
	}
	this->mutex->unlock(this->mutex);
	if (record->until <= now)
	{
		record->until = 0;
	}
}

/**
 * Take the earlier one of two times in the future, 0 if there is none.
 */
static uint64_t next_time(uint64_t a, uint64_t b, uint64_t now)
{
	if (b <= now)
	{
		return a;
	}
	return a ? min(a, b) : b;
}

METHOD(mobility_path_history_t, get_end, uint64_t,
	private_mobility_path_history_t *this, uint64_t now)
{
	entry_t *entry;
	flap_t flap;
	uint64_t end = 0;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		end = next_time(end, entry->record.until, now);
	}
	for (i = 0; i < array_count(this->flaps); i++)
	{
		array_get(this->flaps, i, &flap);
		end = next_time(end, flap.until, now);
	}
	this->mutex->unlock(this->mutex);
	return end;
}

/**
 * Check if a path is there, with the same next hop.
 */
static bool is_there(const mobility_path_id_t *known, array_t *paths)
{
	mobility_path_t *path;
	mobility_path_id_t id;
	bool found = FALSE;
	int i;

	for (i = 0; !found && i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		id = mobility_path_get_id(path);
		found = mobility_path_id_equals(&id, known) &&
				mobility_ip_equals(&id.gateway, &known->gateway);
	}
	return found;
}

METHOD(mobility_path_history_t, keep, void,
	private_mobility_path_history_t *this, array_t *paths)
{
	entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->entries) - 1; i >= 0; i--)
	{
		array_get(this->entries, i, &entry);
		if (!is_there(&entry->path, paths))
		{
			array_remove(this->entries, i, NULL);
			free(entry);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, choose, void,
	private_mobility_path_history_t *this, const char *ifname)
{
	this->mutex->lock(this->mutex);
	snprintf(this->chosen, sizeof(this->chosen), "%s", ifname ?: "");
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, is_chosen, bool,
	private_mobility_path_history_t *this, const char *ifname)
{
	bool chosen;

	this->mutex->lock(this->mutex);
	chosen = streq(this->chosen, ifname);
	this->mutex->unlock(this->mutex);
	return chosen;
}

METHOD(mobility_path_history_t, moved, void,
	private_mobility_path_history_t *this, const mobility_move_t *move)
{
	this->mutex->lock(this->mutex);
	free(this->last);
	this->last = malloc_thing(mobility_move_t);
	*this->last = *move;
	this->moves++;
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_path_history_t, get_move, u_int,
	private_mobility_path_history_t *this, mobility_move_t *move)
{
	u_int moves;

	this->mutex->lock(this->mutex);
	*move = this->last ? *this->last : (mobility_move_t){};
	moves = this->moves;
	this->mutex->unlock(this->mutex);
	return moves;
}

METHOD(mobility_path_history_t, get_ref, mobility_path_history_t*,
	private_mobility_path_history_t *this)
{
	ref_get(&this->refs);
	return &this->public;
}

METHOD(mobility_path_history_t, destroy, void,
	private_mobility_path_history_t *this)
{
	if (ref_put(&this->refs))
	{
		array_destroy_function(this->entries, (void*)free, NULL);
		array_destroy(this->flaps);
		this->mutex->destroy(this->mutex);
		free(this->last);
		free(this);
	}
}

/*
 * Described in header.
 */
mobility_path_history_t *mobility_path_history_create()
{
	private_mobility_path_history_t *this;

	INIT(this,
		.public = {
			.answered = _answered,
			.used = _used,
			.failed = _failed,
			.unanswered = _unanswered,
			.no_esp = _no_esp,
			.esp = _esp,
			.encapsulate = _encapsulate,
			.pardon = _pardon,
			.lost = _lost,
			.get = _get,
			.get_end = _get_end,
			.keep = _keep,
			.choose = _choose,
			.is_chosen = _is_chosen,
			.moved = _moved,
			.get_move = _get_move,
			.get_ref = _get_ref,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.refs = 1,
	);
	return &this->public;
}
