/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/endings.h"
#include "net/clock.h"
#include "session/agenda.h"
#include "session/tally.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

/** Pause after a session was ended, in times of what that took, and the longest
 * one in ms: time counts suspend. */
#define PAUSE 10
#define MAX_PAUSE 600000

/** What may take so long, in ms, keeps others waiting: nobody notices less. */
#define SLOW 1000

typedef struct private_mobility_endings_t private_mobility_endings_t;
typedef struct place_t place_t;

/**
 * Place in the line.
 */
struct place_t {
	/** IKE_SA, NULL if it has left */
	ike_sa_id_t *id;
	/** why it is to be ended */
	mobility_ending_t reason;
};

/**
 * Private data of a mobility_endings_t object.
 */
struct private_mobility_endings_t {

	/**
	 * Public interface.
	 */
	mobility_endings_t public;

	/**
	 * Ends sessions.
	 */
	mobility_ending_cb_t cb;

	/**
	 * User data for it.
	 */
	void *data;

	/**
	 * The line, place_t*.
	 */
	linked_list_t *line;

	/**
	 * The same by IKE_SA, but for those that have left.
	 */
	hashtable_t *places;

	/**
	 * There is a job.
	 */
	bool working;

	/**
	 * Somebody is being ended, and since when.
	 */
	bool ending;
	uint64_t began;

	/**
	 * When the pause is over, and if it is one after a slow end.
	 */
	uint64_t resume;
	bool slow;

	/**
	 * Locks all of this.
	 */
	mutex_t *mutex;

	/**
	 * Signaled when nobody is being ended anymore.
	 */
	condvar_t *condvar;
};

ENUM(ending_names, MOBILITY_ENDING_LIMIT, MOBILITY_ENDING_REPLACED,
	"which is dormant for the longest time, as too many are",
	"whose network outage time is over",
	"which is dormant, as an administrator wants that",
	"which is dormant for the longest time, as its pool is full",
	"whose virtual IP is assigned anew",
	"which has logged in anew",
);

/*
 * Described in header.
 */
void mobility_ending_note(ike_sa_t *ike_sa, mobility_ending_t reason)
{
	DBG1(DBG_IKE, "mobility: ending %s[%u] of '%Y', %N",
		 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
		 ike_sa->get_other_eap_id(ike_sa), ending_names, reason);
	switch (reason)
	{
		case MOBILITY_ENDING_LIMIT:
		case MOBILITY_ENDING_RECLAIM:
		case MOBILITY_ENDING_REASSIGNED:
			mobility_tally_count(MOBILITY_TALLY_EVICTED);
			break;
		default:
			break;
	}
}

/**
 * Hash an id by our SPI, whichever that is.
 */
static u_int id_hash(ike_sa_id_t *id)
{
	return id->is_initiator(id) ? id->get_initiator_spi(id)
								: id->get_responder_spi(id);
}

/**
 * Check if two ids are the same.
 */
static bool id_equals(ike_sa_id_t *a, ike_sa_id_t *b)
{
	return a->equals(a, b);
}

/**
 * Destroy a place.
 */
static void place_destroy(place_t *place)
{
	DESTROY_IF(place->id);
	free(place);
}

/**
 * Take the first one that has not left, NULL if there is none.  The mutex must be
 * held.
 */
static place_t *take_first(private_mobility_endings_t *this)
{
	place_t *place;

	while (this->line->remove_first(this->line, (void**)&place) == SUCCESS)
	{
		if (place->id)
		{
			this->places->remove(this->places, place->id);
			return place;
		}
		place_destroy(place);
	}
	return NULL;
}

/**
 * Take the next one, if there is one and the pause is over.
 */
static place_t *take_next(private_mobility_endings_t *this,
						  job_requeue_t *requeue)
{
	uint64_t now = mobility_now();
	place_t *place = NULL;

	this->mutex->lock(this->mutex);
	if (now < this->resume && this->places->get_count(this->places))
	{
		*requeue = (job_requeue_t)JOB_RESCHEDULE_MS(this->resume - now);
	}
	else
	{
		place = take_first(this);
		this->working = place != NULL;
		*requeue = place ? JOB_REQUEUE_FAIR : JOB_REQUEUE_NONE;
	}
	this->mutex->unlock(this->mutex);
	return place;
}

METHOD(mobility_endings_t, begin, bool,
	private_mobility_endings_t *this, bool refusable)
{
	bool begun;

	this->mutex->lock(this->mutex);
	while (this->ending)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	begun = !refusable || !this->slow || mobility_now() >= this->resume;
	if (begun)
	{
		this->ending = TRUE;
		this->began = mobility_now();
	}
	else
	{	/* so must others who wait */
		this->condvar->signal(this->condvar);
	}
	this->mutex->unlock(this->mutex);
	return begun;
}

METHOD(mobility_endings_t, done, void,
	private_mobility_endings_t *this)
{
	uint64_t now = mobility_now(), took, resume;

	this->mutex->lock(this->mutex);
	took = now - this->began;
	resume = now + min(took * PAUSE, MAX_PAUSE);
	if (resume >= this->resume)
	{	/* not if it was in the pause after a slow one, which is not over yet */
		this->resume = resume;
		this->slow = took >= SLOW;
	}
	this->ending = FALSE;
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);
}

/**
 * Job that ends the next one.
 */
static job_requeue_t work(private_mobility_endings_t *this)
{
	job_requeue_t requeue;
	place_t *place;
	ike_sa_t *ike_sa;

	place = take_next(this, &requeue);
	if (!place)
	{
		return requeue;
	}
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, place->id);
	if (ike_sa)
	{	/* who had to wait here for who could not has no pause before it, as
		 * others may already wait for this IKE_SA */
		begin(this, FALSE);
		mobility_checkin(ike_sa, this->cb(this->data, ike_sa, place->reason));
		done(this);
	}
	place_destroy(place);
	return requeue;
}

METHOD(mobility_endings_t, add, void,
	private_mobility_endings_t *this, ike_sa_id_t *id, mobility_ending_t reason)
{
	place_t *place;
	bool start;

	this->mutex->lock(this->mutex);
	place = this->places->get(this->places, id);
	if (place)
	{
		place->reason = max(place->reason, reason);
	}
	else
	{
		INIT(place,
			.id = id->clone(id),
			.reason = reason,
		);
		this->places->put(this->places, place->id, place);
		this->line->insert_last(this->line, place);
	}
	start = !this->working;
	this->working = TRUE;
	this->mutex->unlock(this->mutex);
	if (start)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create_with_prio((callback_job_cb_t)work,
									this, NULL, NULL, JOB_PRIO_HIGH));
	}
}

METHOD(mobility_endings_t, remove_, void,
	private_mobility_endings_t *this, ike_sa_id_t *id)
{
	place_t *place;

	this->mutex->lock(this->mutex);
	place = this->places->remove(this->places, id);
	if (place)
	{	/* it is not looked for in the line */
		place->id->destroy(place->id);
		place->id = NULL;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_endings_t, destroy, void,
	private_mobility_endings_t *this)
{
	this->places->destroy(this->places);
	this->line->destroy_function(this->line, (void*)place_destroy);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_endings_t *mobility_endings_create(mobility_ending_cb_t cb, void *data)
{
	private_mobility_endings_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.begin = _begin,
			.done = _done,
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.line = linked_list_create(),
		.places = hashtable_create((hashtable_hash_t)id_hash,
								   (hashtable_equals_t)id_equals, 8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
