/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/xfrm.h>

#include "mobility_aevents.h"
#include "mobility_clock.h"
#include "mobility_traffic.h"

#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** ms between events of SAs whose events nobody wants. For ever is not
 * possible, as the kernel has an event for each packet then */
#define RARELY (24 * 60 * 60 * 1000)

typedef struct private_mobility_traffic_t private_mobility_traffic_t;
typedef struct watched_t watched_t;
typedef struct child_t child_t;

/**
 * Private data
 */
struct private_mobility_traffic_t {

	/**
	 * Public interface.
	 */
	mobility_traffic_t public;

	/**
	 * Called when a verdict changed.
	 */
	mobility_traffic_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Lock for everything below.
	 */
	mutex_t *mutex;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Socket for events.
	 */
	mobility_aevents_t *events;

	/**
	 * Sessions by number, uintptr_t => watched_t*.
	 */
	hashtable_t *sessions;

	/**
	 * CHILD_SAs by outbound SA, mobility_sa_id_t* => child_t*.
	 */
	hashtable_t *children;
};

/**
 * A session
 */
struct watched_t {
	/** number of the session */
	uint32_t number;
	/** what its packets tell */
	mobility_flow_t *flow;
	/** counters of all SAs that there have been */
	mobility_flow_sample_t total;
	/** first of its CHILD_SAs, most have one */
	child_t *children;
	/** packets left that were not looked at */
	bool due;
};

/**
 * SAs of a CHILD_SA
 */
struct child_t {
	/** session it belongs to */
	watched_t *session;
	/** next CHILD_SA of that session */
	child_t *next;
	/** SAs */
	mobility_sa_id_t in;
	mobility_sa_id_t out;
	/** counters that are in the total already */
	mobility_flow_sample_t counted;
	/** the kernel has too many events about the outbound SA */
	bool talkative;
};

/**
 * A change of a verdict
 */
typedef struct {
	/** number of the session */
	uint32_t number;
	/** new verdict */
	mobility_verdict_t verdict;
} change_t;

/**
 * Hash of an SA, SPIs are random
 */
static u_int id_hash(const void *key)
{
	const mobility_sa_id_t *id = key;

	return id->spi;
}

/**
 * Compare SAs
 */
static bool id_equals(const void *a, const void *b)
{
	return mobility_sa_id_equals(a, b);
}

/**
 * Find a session
 */
static watched_t *get_session(private_mobility_traffic_t *this,
							  uint32_t number)
{
	return this->sessions->get(this->sessions, (void*)(uintptr_t)number);
}

/**
 * Add what a counter has become to the total. One that went back began at 0.
 */
static void count(uint64_t *total, uint64_t *counted, uint64_t value)
{
	*total += value >= *counted ? value - *counted : value;
	*counted = value;
}

/**
 * Count what came in
 */
static void count_in(child_t *child, const mobility_sa_t *sa)
{
	mobility_flow_sample_t *total = &child->session->total;

	count(&total->in, &child->counted.in, sa->packets);
	/* without replay protection the kernel keeps no sequence number */
	count(&total->seq, &child->counted.seq, sa->seq ?: sa->packets);
}

/**
 * Count what left
 */
static void count_out(child_t *child, const mobility_sa_t *sa)
{
	count(&child->session->total.out, &child->counted.out, sa->oseq);
}

/**
 * Tell the kernel about which SAs we want to know
 */
static int listen_events(private_mobility_traffic_t *this)
{
	enumerator_t *enumerator;
	child_t *child;
	uint32_t *spis;
	u_int n = 0;
	int error;

	spis = calloc(max(this->children->get_count(this->children), 1),
				  sizeof(*spis));
	enumerator = this->children->create_enumerator(this->children);
	while (enumerator->enumerate(enumerator, NULL, &child))
	{
		spis[n++] = child->out.spi;
	}
	enumerator->destroy(enumerator);
	this->events->filter(this->events, spis, n);
	error = this->events->listen(this->events, n > 0);
	free(spis);
	return error;
}

/**
 * Forget a CHILD_SA
 */
static void remove_child(private_mobility_traffic_t *this, child_t *child)
{
	child_t **pos = &child->session->children;

	while (*pos != child)
	{
		pos = &(*pos)->next;
	}
	*pos = child->next;
	this->children->remove(this->children, &child->out);
	free(child);
}

/**
 * Read the counters of a CHILD_SA, the outbound ones too, if an event does not
 * have them.
 */
static bool read_child(private_mobility_traffic_t *this, child_t *child,
					   bool both)
{
	mobility_sa_t sa;
	int error;

	error = this->xfrm->get_sa(this->xfrm, &child->in, &sa);
	if (!error)
	{
		count_in(child, &sa);
		if (both)
		{
			error = this->xfrm->get_sa(this->xfrm, &child->out, &sa);
			if (!error)
			{
				count_out(child, &sa);
			}
		}
	}
	return !error;
}

/**
 * Have events every now and then, which needs one first
 */
static void silence_child(private_mobility_traffic_t *this, child_t *child)
{
	child->talkative = FALSE;
	this->xfrm->set_thresholds(this->xfrm, &child->out, 0,
							   MOBILITY_FLOW_PERIOD);
}

/**
 * Look at the counters of a session, and forget the SAs that are gone
 */
static mobility_verdict_t sample(private_mobility_traffic_t *this,
								 watched_t *session, bool both)
{
	child_t *child, *next;
	bool gone = FALSE;

	session->due = FALSE;
	for (child = session->children; child; child = next)
	{
		next = child->next;
		if (child->talkative)
		{
			silence_child(this, child);
		}
		if (!read_child(this, child, both))
		{
			remove_child(this, child);
			gone = TRUE;
		}
	}
	if (gone)
	{
		listen_events(this);
	}
	return session->flow->sample(session->flow, mobility_now(),
								 &session->total);
}

/**
 * Packets left, a mobility_aevents_cb_t
 */
static void handle_event(void *data, const mobility_sa_t *sa)
{
	private_mobility_traffic_t *this = data;
	child_t *child;

	if (sa->flags & XFRM_AE_CU)
	{	/* somebody, probably we, set thresholds */
		return;
	}
	child = this->children->get(this->children, &sa->id);
	if (child)
	{
		count_out(child, sa);
		child->session->due = TRUE;
		child->talkative |= (sa->flags & XFRM_AE_CR) != 0;
	}
}

/**
 * Look at all sessions whose packets left, or at all of them
 */
static array_t *sample_due(private_mobility_traffic_t *this, bool all)
{
	enumerator_t *enumerator;
	mobility_verdict_t before;
	watched_t *session;
	array_t *changes;
	change_t change;

	changes = array_create(sizeof(change_t), 0);
	enumerator = this->sessions->create_enumerator(this->sessions);
	while (enumerator->enumerate(enumerator, NULL, &session))
	{
		if (session->due || all)
		{
			before = session->flow->get_verdict(session->flow);
			change.number = session->number;
			change.verdict = sample(this, session, all);
			if (change.verdict != before)
			{
				array_insert(changes, ARRAY_TAIL, &change);
			}
		}
	}
	enumerator->destroy(enumerator);
	return changes;
}

/**
 * There are events, a watcher_cb_t
 */
static bool receive(void *data, int fd, watcher_event_t event)
{
	private_mobility_traffic_t *this = data;
	array_t *changes;
	change_t change;
	bool complete;

	this->mutex->lock(this->mutex);
	complete = this->events->receive(this->events, handle_event, this);
	changes = sample_due(this, !complete);
	this->mutex->unlock(this->mutex);

	while (array_remove(changes, ARRAY_HEAD, &change))
	{
		this->cb(this->data, change.number, change.verdict);
	}
	array_destroy(changes);
	return TRUE;
}

/**
 * Get a session, a new one if there is none
 */
static watched_t *add_session(private_mobility_traffic_t *this,
							  uint32_t number)
{
	watched_t *session;

	session = get_session(this, number);
	if (!session)
	{
		INIT(session,
			.number = number,
			.flow = mobility_flow_create(),
		);
		this->sessions->put(this->sessions, (void*)(uintptr_t)number, session);
	}
	return session;
}

/**
 * Find the CHILD_SA that has one of the given SPIs, whatever its addresses are
 */
static child_t *find_child(watched_t *session, const mobility_sa_id_t *in,
						   const mobility_sa_id_t *out)
{
	child_t *child = session->children;

	while (child && child->in.spi != in->spi && child->out.spi != out->spi)
	{
		child = child->next;
	}
	return child;
}

/**
 * Add a CHILD_SA to a session, or have new addresses for one
 */
static void add_child(private_mobility_traffic_t *this, watched_t *session,
					  const mobility_sa_id_t *in, const mobility_sa_id_t *out,
					  const mobility_flow_sample_t *counters)
{
	child_t *child, *other;

	other = this->children->get(this->children, out);
	if (other && other->session != session)
	{	/* an SA is in one session only */
		remove_child(this, other);
	}
	child = find_child(session, in, out);
	if (child)
	{
		this->children->remove(this->children, &child->out);
	}
	else
	{
		INIT(child,
			.session = session,
			.next = session->children,
			.counted = *counters,
		);
		session->children = child;
	}
	child->in = *in;
	child->out = *out;
	this->children->put(this->children, &child->out, child);
}

/**
 * Read counters of both SAs and set up their events
 */
static int prepare(private_mobility_traffic_t *this,
				   const mobility_sa_id_t *in, const mobility_sa_id_t *out,
				   mobility_flow_sample_t *counters)
{
	mobility_sa_t sa;
	int error;

	error = this->xfrm->get_sa(this->xfrm, in, &sa);
	if (!error)
	{
		counters->in = sa.packets;
		counters->seq = sa.seq ?: sa.packets;
		error = this->xfrm->set_thresholds(this->xfrm, in, 0, RARELY);
	}
	if (!error)
	{
		error = this->xfrm->get_sa(this->xfrm, out, &sa);
	}
	if (!error)
	{
		counters->out = sa.oseq;
		error = this->xfrm->set_thresholds(this->xfrm, out, 1,
										   MOBILITY_FLOW_PERIOD);
	}
	return error;
}

/**
 * Forget a session, which is not in the table anymore
 */
static void destroy_session(private_mobility_traffic_t *this,
							watched_t *session)
{
	while (session->children)
	{
		remove_child(this, session->children);
	}
	session->flow->destroy(session->flow);
	free(session);
}

METHOD(mobility_traffic_t, watch, bool,
	private_mobility_traffic_t *this, uint32_t number,
	const mobility_sa_id_t *in, const mobility_sa_id_t *out)
{
	mobility_flow_sample_t counters = {};
	const char *reason;
	int error;

	this->mutex->lock(this->mutex);
	error = prepare(this, in, out, &counters);
	reason = this->xfrm->get_error(this->xfrm);
	if (!error)
	{
		add_child(this, add_session(this, number), in, out, &counters);
		error = listen_events(this);
		reason = strerror(error);
	}
	if (error)
	{
		DBG1(DBG_KNL, "watching the traffic of the SAs with SPIs %.8x_i and "
			 "%.8x_o failed: %s", ntohl(in->spi), ntohl(out->spi), reason);
	}
	this->mutex->unlock(this->mutex);
	return !error;
}

METHOD(mobility_traffic_t, unwatch, void,
	private_mobility_traffic_t *this, uint32_t number)
{
	watched_t *session;

	this->mutex->lock(this->mutex);
	session = this->sessions->remove(this->sessions, (void*)(uintptr_t)number);
	if (session)
	{
		destroy_session(this, session);
		listen_events(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, set_rtt, void,
	private_mobility_traffic_t *this, uint32_t number, uint32_t rtt)
{
	watched_t *session;

	this->mutex->lock(this->mutex);
	session = get_session(this, number);
	if (session)
	{
		session->flow->set_rtt(session->flow, rtt);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, refuted, void,
	private_mobility_traffic_t *this, uint32_t number)
{
	watched_t *session;

	this->mutex->lock(this->mutex);
	session = get_session(this, number);
	if (session)
	{
		session->flow->refuted(session->flow, mobility_now());
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, moved, void,
	private_mobility_traffic_t *this, uint32_t number)
{
	watched_t *session;

	this->mutex->lock(this->mutex);
	session = get_session(this, number);
	if (session)
	{
		session->flow->moved(session->flow, mobility_now());
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, get_verdict, mobility_verdict_t,
	private_mobility_traffic_t *this, uint32_t number)
{
	mobility_verdict_t verdict = MOBILITY_VERDICT_HEALTHY;
	watched_t *session;

	this->mutex->lock(this->mutex);
	session = get_session(this, number);
	if (session)
	{
		verdict = session->flow->get_verdict(session->flow);
	}
	this->mutex->unlock(this->mutex);
	return verdict;
}

METHOD(mobility_traffic_t, destroy, void,
	private_mobility_traffic_t *this)
{
	enumerator_t *enumerator;
	watched_t *session;

	if (this->events)
	{
		lib->watcher->remove(lib->watcher, this->events->get_fd(this->events));
	}
	enumerator = this->sessions->create_enumerator(this->sessions);
	while (enumerator->enumerate(enumerator, NULL, &session))
	{
		destroy_session(this, session);
	}
	enumerator->destroy(enumerator);
	this->sessions->destroy(this->sessions);
	this->children->destroy(this->children);
	DESTROY_IF(this->events);
	DESTROY_IF(this->xfrm);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_traffic_t *mobility_traffic_create(mobility_traffic_cb_t cb,
											void *data)
{
	private_mobility_traffic_t *this;

	INIT(this,
		.public = {
			.watch = _watch,
			.unwatch = _unwatch,
			.set_rtt = _set_rtt,
			.refuted = _refuted,
			.moved = _moved,
			.get_verdict = _get_verdict,
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.xfrm = mobility_xfrm_create(),
		.events = mobility_aevents_create(),
		.sessions = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									 4),
		.children = hashtable_create(id_hash, id_equals, 4),
	);
	if (!this->xfrm || !this->events)
	{
		destroy(this);
		return NULL;
	}
	lib->watcher->add(lib->watcher, this->events->get_fd(this->events),
					  WATCHER_READ, receive, this);
	return &this->public;
}
