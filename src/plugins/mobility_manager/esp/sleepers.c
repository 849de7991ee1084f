/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <netinet/in.h>

#include "net/clock.h"
#include "esp/kernel_hooks.h"
#include "esp/lifetimes.h"
#include "esp/sleepers.h"
#include "esp/sleep_watch.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Seconds that what is in the kernel outlives the session, which ends all of it
 * unless the daemon has crashed */
#define MARGIN 60

typedef struct private_mobility_sleepers_t private_mobility_sleepers_t;
typedef struct sleeper_t sleeper_t;
typedef struct sa_t sa_t;

/**
 * Private data of a mobility_sleepers_t object.
 */
struct private_mobility_sleepers_t {

	/**
	 * Public interface.
	 */
	mobility_sleepers_t public;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Tells when ESP comes.
	 */
	mobility_sleep_watch_t *watch;

	/**
	 * Drops what is for those that sleep.
	 */
	mobility_mute_t *mute;

	/**
	 * Called when ESP has come.
	 */
	mobility_sleepers_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * What is known of the sessions that were asked about, by their number:
	 * uintptr_t => sleeper_t*.
	 */
	hashtable_t *sleepers;

	/**
	 * Lock for the table, a leaf.
	 */
	mutex_t *mutex;

	/**
	 * Error of the last request that failed, told once.
	 */
	int refused;
};

/**
 * A session.  Used with its IKE_SA checked out.
 */
struct sleeper_t {
	/** number of the session */
	uint32_t number;
	/** first of its SAs */
	sa_t *sas;
	/** it sleeps */
	bool asleep;
	/** until then at most, as of mobility_now(), 0 for ever */
	uint64_t until;
};

/**
 * An SA.
 */
struct sa_t {
	/** next one of the session */
	sa_t *next;
	/** SPI in network order, and direction */
	uint32_t spi;
	bool inbound;
	/** what has come by it is known */
	bool known;
	/** its lifetimes were extended */
	bool extended;
	/** highest sequence number that has come, of inbound ones */
	uint64_t seq;
	/** its own limits, if they were extended */
	mobility_limits_t limits;
};

/**
 * Does something with an SA.
 *
 * @param sleeper		session
 * @param sa			what is known about the SA
 * @param id			where it is
 * @param data			user data
 * @return				0, or errno of what failed
 */
typedef int (*sa_method_t)(private_mobility_sleepers_t *this,
						   sleeper_t *sleeper, sa_t *sa,
						   const mobility_sa_id_t *id, void *data);

/**
 * Key of a session in the table.
 */
static void *key(uint32_t number)
{
	return (void*)(uintptr_t)number;
}

/**
 * Get what is known of a session.
 */
static sleeper_t *get_sleeper(private_mobility_sleepers_t *this,
							  uint32_t number)
{
	sleeper_t *sleeper;

	this->mutex->lock(this->mutex);
	sleeper = this->sleepers->get(this->sleepers, key(number));
	if (!sleeper)
	{
		INIT(sleeper,
			.number = number,
		);
		this->sleepers->put(this->sleepers, key(number), sleeper);
	}
	this->mutex->unlock(this->mutex);
	return sleeper;
}

/**
 * Forget a session, returns NULL if nothing is known of it.
 */
static sleeper_t *remove_sleeper(private_mobility_sleepers_t *this,
								 uint32_t number)
{
	sleeper_t *sleeper;

	this->mutex->lock(this->mutex);
	sleeper = this->sleepers->remove(this->sleepers, key(number));
	this->mutex->unlock(this->mutex);
	return sleeper;
}

/**
 * Destroy what is known of a session, of which nothing is armed anymore.
 */
static void sleeper_destroy(private_mobility_sleepers_t *this,
							sleeper_t *sleeper)
{
	sa_t *sa;

	while ((sa = sleeper->sas))
	{
		sleeper->sas = sa->next;
		if (sa->inbound)
		{	/* it was deleted meanwhile */
			this->watch->forget(this->watch, sa->spi);
		}
		free(sa);
	}
	free(sleeper);
}

/**
 * Get where an SA of a CHILD_SA is in the kernel.
 */
static mobility_sa_id_t get_id(ike_sa_t *ike_sa, child_sa_t *child_sa,
							   bool inbound)
{
	child_cfg_t *config = child_sa->get_config(child_sa);
	mark_t mark = {};

	if (!inbound || config->has_option(config, OPT_MARK_IN_SA))
	{
		mark = child_sa->get_mark(child_sa, inbound);
	}
	return mobility_sa_id_create(inbound ? ike_sa->get_my_host(ike_sa)
										 : ike_sa->get_other_host(ike_sa),
						child_sa->get_protocol(child_sa) == PROTO_AH ?
											IPPROTO_AH : IPPROTO_ESP,
						child_sa->get_spi(child_sa, inbound), mark);
}

/**
 * Find an SA, or add it.
 */
static sa_t *get_sa(sleeper_t *sleeper, uint32_t spi, bool inbound)
{
	sa_t *sa;

	for (sa = sleeper->sas; sa; sa = sa->next)
	{
		if (sa->spi == spi && sa->inbound == inbound)
		{
			return sa;
		}
	}
	INIT(sa,
		.next = sleeper->sas,
		.spi = spi,
		.inbound = inbound,
	);
	sleeper->sas = sa;
	return sa;
}

/**
 * Do something with an SA of a CHILD_SA.
 */
static void do_sa(private_mobility_sleepers_t *this, ike_sa_t *ike_sa,
				  child_sa_t *child_sa, bool inbound, sleeper_t *sleeper,
				  sa_method_t method, void *data)
{
	mobility_sa_id_t id = get_id(ike_sa, child_sa, inbound);
	int error;

	error = method(this, sleeper, get_sa(sleeper, id.spi, inbound), &id, data);
	/* that it was deleted charon knows, or is going to */
	if (error && error != ESRCH)
	{
		dbg(DBG_KNL, error == this->refused ? 2 : 1, "mobility: %s: SAs of a "
			"client that sleeps end in time, or do not tell that it is back: %s",
			ike_sa->get_name(ike_sa), mobility_nlsocket_strerror(error));
		this->refused = error;
	}
}

/**
 * Do something with the inbound SAs of an IKE_SA, or with all of them.
 */
static void do_sas(private_mobility_sleepers_t *this, ike_sa_t *ike_sa,
				   bool all, sleeper_t *sleeper, sa_method_t method, void *data)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		do_sa(this, ike_sa, child_sa, TRUE, sleeper, method, data);
		if (all && child_sa->get_outbound_state(child_sa) & CHILD_OUTBOUND_SA)
		{
			do_sa(this, ike_sa, child_sa, FALSE, sleeper, method, data);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * See what has come by an SA, a sa_method_t.
 */
static int look(private_mobility_sleepers_t *this, sleeper_t *sleeper,
				sa_t *sa, const mobility_sa_id_t *id, void *data)
{
	mobility_sa_t current;
	bool *come = data;
	int error;

	error = this->xfrm->get_sa(this->xfrm, id, &current);
	if (!error)
	{
		*come |= sa->known && current.seq > sa->seq;
		sa->known = TRUE;
		sa->seq = current.seq;
	}
	return error;
}

METHOD(mobility_sleepers_t, has_come, bool,
	private_mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number)
{
	bool come = FALSE;

	do_sas(this, ike_sa, FALSE, get_sleeper(this, number), look, &come);
	return come;
}

/**
 * Get the seconds that what is in the kernel has to live, 0 for ever.
 */
static uint64_t get_seconds(sleeper_t *sleeper)
{
	uint64_t now = mobility_now();

	if (!sleeper->until)
	{
		return 0;
	}
	return (sleeper->until > now ? (sleeper->until - now) / 1000 : 0) + MARGIN;
}

/**
 * Arm an SA.
 */
static int arm(private_mobility_sleepers_t *this, sleeper_t *sleeper, sa_t *sa,
			   const mobility_sa_id_t *id, bool *come)
{
	uint64_t seq;
	int error = 0;

	if (!sa->known)
	{
		error = look(this, sleeper, sa, id, come);
	}
	seq = sa->seq;
	error = error ?: this->watch->arm(this->watch, id, sleeper->number, &seq);
	*come |= !error && seq > sa->seq;
	return error;
}

/**
 * Have an SA sleep, a sa_method_t.
 */
static int put_to_sleep(private_mobility_sleepers_t *this, sleeper_t *sleeper,
						sa_t *sa, const mobility_sa_id_t *id, void *data)
{
	int error;

	error = mobility_lifetimes_extend(this->xfrm, id, get_seconds(sleeper),
									  &sa->limits);
	sa->extended |= !error;
	if (sa->inbound)
	{
		error = arm(this, sleeper, sa, id, data) ?: error;
	}
	return error;
}

METHOD(mobility_sleepers_t, sleep_, void,
	private_mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number,
	uint64_t until)
{
	sleeper_t *sleeper = get_sleeper(this, number);
	bool come = FALSE;

	sleeper->until = until;
	sleeper->asleep = TRUE;
	do_sas(this, ike_sa, TRUE, sleeper, put_to_sleep, &come);
	if (come)
	{	/* just now */
		this->cb(this->data, number);
	}
}

METHOD(mobility_sleepers_t, mute, void,
	private_mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number)
{
	this->mute->mute(this->mute, ike_sa, number,
					 get_seconds(get_sleeper(this, number)));
}

/**
 * How SAs are woken.
 */
typedef struct {
	/** the peer has returned */
	bool returned;
	/** the kernel has the CHILD_SA of the last inbound SA rekeyed */
	bool rekeyed;
} waking_t;

/**
 * Wake an SA, a sa_method_t.
 */
static int wake_up(private_mobility_sleepers_t *this, sleeper_t *sleeper,
				   sa_t *sa, const mobility_sa_id_t *id, void *data)
{
	waking_t *waking = data;

	if (sa->inbound)
	{
		this->watch->disarm(this->watch, id);
		waking->rekeyed = waking->returned && sa->limits.soft;
	}
	if (!sa->extended)
	{
		return 0;
	}
	return mobility_lifetimes_restore(this->xfrm, id, sa->limits,
									  waking->rekeyed);
}

METHOD(mobility_sleepers_t, wake, void,
	private_mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number,
	bool returned)
{
	sleeper_t *sleeper = remove_sleeper(this, number);
	waking_t waking = {
		.returned = returned,
	};

	if (!sleeper)
	{
		return;
	}
	if (sleeper->asleep)
	{
		this->mute->unmute(this->mute, number);
		do_sas(this, ike_sa, TRUE, sleeper, wake_up, &waking);
	}
	sleeper_destroy(this, sleeper);
}

METHOD(mobility_sleepers_t, end, void,
	private_mobility_sleepers_t *this, uint32_t number)
{
	sleeper_t *sleeper = remove_sleeper(this, number);

	if (sleeper)
	{
		this->mute->unmute(this->mute, number);
		sleeper_destroy(this, sleeper);
	}
}

/**
 * ESP has come, a mobility_sleep_watch_cb_t.
 */
static void has_returned(void *data, uint32_t number)
{
	private_mobility_sleepers_t *this = data;

	/* not when it is the session's turn: answers may be on their way */
	this->mute->unmute(this->mute, number);
	this->cb(this->data, number);
}

METHOD(mobility_sleepers_t, destroy, void,
	private_mobility_sleepers_t *this)
{
	enumerator_t *enumerator;
	sleeper_t *sleeper;

	mobility_kernel_hooks_set_mute(NULL);
	enumerator = this->sleepers->create_enumerator(this->sleepers);
	while (enumerator->enumerate(enumerator, NULL, &sleeper))
	{
		sleeper_destroy(this, sleeper);
	}
	enumerator->destroy(enumerator);
	this->sleepers->destroy(this->sleepers);
	this->watch->destroy(this->watch);
	this->mute->destroy(this->mute);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_sleepers_t *mobility_sleepers_create(mobility_xfrm_t *xfrm,
											  mobility_xfrm_events_t *events,
											  mobility_sleepers_cb_t cb,
											  void *data)
{
	private_mobility_sleepers_t *this;

	if (!xfrm || !events)
	{
		DESTROY_IF(events);
		return NULL;
	}
	INIT(this,
		.public = {
			.has_come = _has_come,
			.sleep = _sleep_,
			.mute = _mute,
			.wake = _wake,
			.end = _end,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.mute = mobility_mute_create(xfrm),
		.cb = cb,
		.data = data,
		.sleepers = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									 8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->watch = mobility_sleep_watch_create(xfrm, events, has_returned, this);
	mobility_kernel_hooks_set_mute(this->mute);
	return &this->public;
}
