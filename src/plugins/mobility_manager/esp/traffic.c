/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stdio.h>
#include <linux/xfrm.h>

#include "net/clock.h"
#include "esp/traffic.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** ms until SAs are tried again that could not be set up, if packets leave */
#define RETRY 1000

/** longest text of an error */
#define ERROR_MAX 128

typedef struct private_mobility_traffic_t private_mobility_traffic_t;
typedef struct watched_t watched_t;
typedef struct child_t child_t;
typedef struct question_t question_t;

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
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Held from asking the kernel until its answers are counted, never taken
	 * with the other lock held: an older answer after a newer one would look as
	 * if counters had begun at 0 again.
	 */
	mutex_t *asking;

	/**
	 * Lock for everything below, a leaf, not held for requests.
	 */
	mutex_t *mutex;

	/**
	 * Socket for events.
	 */
	mobility_xfrm_events_t *events;

	/**
	 * The socket has a filter.
	 */
	bool filtered;

	/**
	 * SAs are others than when it got that.
	 */
	bool outdated;

	/**
	 * There was an event that nobody wants.
	 */
	bool stray;

	/**
	 * Watches by ID, uintptr_t => watched_t*.
	 */
	hashtable_t *watches;

	/**
	 * CHILD_SAs by outbound SA, mobility_sa_id_t* => child_t*.
	 */
	hashtable_t *children;

	/**
	 * IDs of watches whose packets left and were not looked at, uint32_t.
	 */
	array_t *due;

	/**
	 * Last ID given to a watch.
	 */
	uint32_t last;
};

/**
 * A watch
 */
struct watched_t {
	/** ID */
	uint32_t id;
	/** number of the session */
	uint32_t number;
	/** what its packets tell */
	mobility_path_health_t *flow;
	/** counters of all SAs that there have been */
	mobility_path_health_sample_t total;
	/** first of its CHILD_SAs, most have one */
	child_t *children;
	/** it is one of those that are due */
	bool due;
	/** that packets leave is to be told */
	bool tell_leaving;
	/** how many had left when that was told last, and when it may be again */
	uint64_t left, next;
};

/**
 * What is known about a CHILD_SA in the kernel
 */
typedef enum {
	/** it is to be set up, the kernel may have it */
	CHILD_NEW,
	/** it is set up */
	CHILD_READY,
	/** the kernel does not have its SAs */
	CHILD_MISSING,
} child_state_t;

/**
 * SAs of a CHILD_SA
 */
struct child_t {
	/** watch it belongs to */
	watched_t *watched;
	/** next CHILD_SA of that watch */
	child_t *next;
	/** SAs */
	mobility_traffic_sas_t sas;
	/** what is known about them */
	child_state_t state;
	/** when to try again to set them up */
	uint64_t retry;
	/** they were named when SAs were set last */
	bool named;
	/** it was told that they can't be set up */
	bool told;
	/** packets are counted from some number on */
	bool counts;
	/** counters that are in the total already */
	mobility_path_health_sample_t counted;
	/** the kernel has too many events about the outbound SA */
	bool talkative;
};

/**
 * What the kernel is asked about a CHILD_SA while the lock is not held, and
 * its answer
 */
struct question_t {
	/** SAs */
	mobility_traffic_sas_t sas;
	/** set them up */
	bool set_up;
	/** have fewer events about the outbound SA */
	bool silence;
	/** ask for outbound counters, too */
	bool both;
	/** counters */
	mobility_path_health_sample_t counters;
	/** 0, or errno; ESRCH if one of the SAs does not exist */
	int error;
	/** the same in words */
	char reason[ERROR_MAX];
};

/**
 * A change of a verdict
 */
typedef struct {
	/** number of the session */
	uint32_t number;
	/** new verdict */
	mobility_health_t verdict;
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
 * Find a watch
 */
static watched_t *get_watched(private_mobility_traffic_t *this, uint32_t id)
{
	return this->watches->get(this->watches, (void*)(uintptr_t)id);
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
 * Count what came in, and what left if that is known
 */
static void count_packets(child_t *child,
						  const mobility_path_health_sample_t *counters,
						  bool both)
{
	mobility_path_health_sample_t *total = &child->watched->total;

	if (!child->counts)
	{
		child->counts = TRUE;
		child->counted = *counters;
	}
	count(&total->in, &child->counted.in, counters->in);
	count(&total->seq, &child->counted.seq, counters->seq);
	if (both)
	{
		count(&total->out, &child->counted.out, counters->out);
	}
}

/**
 * Listen to events if there are any SAs. All are received until there is one
 * that nobody wants: a filter takes time, and others' SAs need not be there.
 */
static void listen_events(private_mobility_traffic_t *this)
{
	bool listen = this->children->get_count(this->children) > 0;
	int error;

	error = this->events->listen(this->events, listen);
	if (error)
	{
		DBG1(DBG_KNL, "mobility: listening to events of SAs failed: %s",
			 strerror(error));
	}
}

/**
 * An event was about an SA that nobody watches, have no more of these
 */
static void filter_events(private_mobility_traffic_t *this)
{
	enumerator_t *enumerator;
	child_t *child;
	uint32_t *spis;
	u_int n = 0;

	spis = calloc(this->children->get_count(this->children) + 1,
				  sizeof(*spis));
	enumerator = this->children->create_enumerator(this->children);
	while (enumerator->enumerate(enumerator, NULL, &child))
	{
		spis[n++] = child->sas.out.spi;
	}
	enumerator->destroy(enumerator);
	this->events->filter(this->events, spis, n);
	this->filtered = TRUE;
	this->outdated = FALSE;
	free(spis);
}

/**
 * Forget a CHILD_SA
 */
static void remove_child(private_mobility_traffic_t *this, child_t *child)
{
	child_t **pos = &child->watched->children;

	while (*pos != child)
	{
		pos = &(*pos)->next;
	}
	*pos = child->next;
	this->children->remove(this->children, &child->sas.out);
	this->outdated = TRUE;
	free(child);
	listen_events(this);
}

/**
 * Read counters of a CHILD_SA
 */
static int read_counters(private_mobility_traffic_t *this,
						 const mobility_traffic_sas_t *sas, bool both,
						 mobility_path_health_sample_t *counters)
{
	mobility_sa_t sa;
	int error;

	error = this->xfrm->get_sa(this->xfrm, &sas->in, &sa);
	if (!error)
	{
		counters->in = sa.packets;
		/* without replay protection the kernel keeps no sequence number */
		counters->seq = sa.seq ?: sa.packets;
	}
	if (!error && both)
	{
		error = this->xfrm->get_sa(this->xfrm, &sas->out, &sa);
		counters->out = sa.oseq;
	}
	return error;
}

/**
 * Set up the events of a CHILD_SA
 */
static int set_up(private_mobility_traffic_t *this,
				  const mobility_traffic_sas_t *sas)
{
	return this->xfrm->set_thresholds(this->xfrm, &sas->in, 0,
									  MOBILITY_XFRM_RARELY) ?:
		   this->xfrm->set_thresholds(this->xfrm, &sas->out, 1,
									  MOBILITY_PATH_HEALTH_PERIOD);
}

/**
 * Ask the kernel
 */
static void ask(private_mobility_traffic_t *this, question_t *question)
{
	const mobility_traffic_sas_t *sas = &question->sas;

	if (question->silence)
	{	/* an event every now and then, which needs one first; if this fails
		 * there is another one soon */
		this->xfrm->set_thresholds(this->xfrm, &sas->out, 0,
								   MOBILITY_PATH_HEALTH_PERIOD);
	}
	question->error = read_counters(this, sas, question->both,
									&question->counters);
	if (!question->error && question->set_up)
	{
		question->error = set_up(this, sas);
	}
	if (question->error)
	{
		snprintf(question->reason, sizeof(question->reason), "%s",
				 mobility_nlsocket_strerror(question->error));
	}
}

/**
 * Check if the kernel is to be asked about a CHILD_SA: if its packets left, or
 * else if it is not set up
 */
static bool is_due(child_t *child, bool left)
{
	if (child->state == CHILD_READY)
	{
		return left;
	}
	return !left || mobility_now() >= child->retry;
}

/**
 * Get what to ask the kernel about a watch. Returns FALSE if there is something
 * to be asked later.
 */
static bool get_questions(watched_t *watched, bool left, bool both,
						  array_t *questions)
{
	bool complete = TRUE;
	child_t *child;

	for (child = watched->children; child; child = child->next)
	{
		question_t question = {
			.sas = child->sas,
			.set_up = child->state != CHILD_READY,
			.silence = child->talkative && child->state == CHILD_READY,
			.both = both || child->state != CHILD_READY,
		};

		if (is_due(child, left))
		{
			child->talkative = FALSE;
			array_insert(questions, ARRAY_TAIL, &question);
		}
		else if (child->state == CHILD_NEW)
		{
			complete = FALSE;
		}
	}
	return complete;
}

/**
 * The kernel did not answer about a CHILD_SA, or does not have its SAs. Returns
 * FALSE if nobody knows what they count.
 */
static bool handle_failure(private_mobility_traffic_t *this, child_t *child,
						   const question_t *question)
{
	if (question->set_up && !child->told)
	{
		child->told = TRUE;
		DBG1(DBG_KNL, "mobility: watching the traffic of the SAs with SPIs "
			 "%.8x_i and %.8x_o failed: %s", ntohl(child->sas.in.spi),
			 ntohl(child->sas.out.spi), question->reason);
	}
	child->retry = mobility_now() + RETRY;
	if (question->error != ESRCH)
	{
		return FALSE;
	}
	child->state = CHILD_MISSING;
	if (!child->named)
	{
		remove_child(this, child);
	}
	return TRUE;
}

/**
 * Have the answer of the kernel about a CHILD_SA, which may be gone or another
 * one meanwhile. Returns FALSE if nobody knows what its SAs count.
 */
static bool handle_answer(private_mobility_traffic_t *this, watched_t *watched,
						  const question_t *question)
{
	child_t *child;

	child = this->children->get(this->children, &question->sas.out);
	if (!child || child->watched != watched ||
		!mobility_sa_id_equals(&child->sas.in, &question->sas.in))
	{
		return TRUE;
	}
	if (question->error)
	{
		return handle_failure(this, child, question);
	}
	if (question->set_up)
	{
		child->state = CHILD_READY;
		child->told = FALSE;
	}
	count_packets(child, &question->counters, question->both);
	return TRUE;
}

/**
 * Ask the kernel what it has to be asked about a watch whose packets left, or
 * whose SAs were set. Returns FALSE if some counters are not known.
 */
static bool ask_all(private_mobility_traffic_t *this, uint32_t id, bool left,
					bool both)
{
	question_t *question;
	enumerator_t *enumerator;
	watched_t *watched;
	array_t *questions;
	bool complete = FALSE;

	questions = array_create(sizeof(question_t), 0);
	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		complete = get_questions(watched, left, both, questions);
	}
	this->mutex->unlock(this->mutex);

	if (!array_count(questions))
	{	/* others may be asking, that is nothing to wait for */
		array_destroy(questions);
		return complete;
	}
	this->asking->lock(this->asking);
	enumerator = array_create_enumerator(questions);
	while (enumerator->enumerate(enumerator, &question))
	{
		ask(this, question);
	}
	enumerator->destroy(enumerator);

	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	enumerator = array_create_enumerator(questions);
	while (watched && enumerator->enumerate(enumerator, &question))
	{
		complete &= handle_answer(this, watched, question);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	this->asking->unlock(this->asking);
	array_destroy(questions);
	return complete;
}

/**
 * Check if it is to be told that packets leave
 */
static bool is_leaving(watched_t *watched, uint64_t now)
{
	if (!watched->tell_leaving || now < watched->next ||
		watched->total.out == watched->left)
	{
		return FALSE;
	}
	watched->left = watched->total.out;
	watched->next = now + MOBILITY_TRAFFIC_LEAVING_INTERVAL;
	return TRUE;
}

/**
 * Have a look at the counters of a watch
 */
static void sample(private_mobility_traffic_t *this, uint32_t id, bool both)
{
	uint64_t now = mobility_now();
	mobility_health_t before;
	watched_t *watched;
	change_t change;
	bool changed = FALSE;

	if (!ask_all(this, id, TRUE, both))
	{	/* without one of the counters it may look as if nothing came in */
		return;
	}
	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		before = watched->flow->get_verdict(watched->flow);
		change.number = watched->number;
		change.verdict = watched->flow->sample(watched->flow, now,
											   &watched->total);
		changed = is_leaving(watched, now) || change.verdict != before;
	}
	this->mutex->unlock(this->mutex);
	if (changed)
	{
		this->cb(this->data, change.number, change.verdict);
	}
}

/**
 * A watch has to be looked at
 */
static void set_due(private_mobility_traffic_t *this, watched_t *watched)
{
	if (!watched->due)
	{
		watched->due = TRUE;
		array_insert(this->due, ARRAY_TAIL, &watched->id);
	}
}

/**
 * Packets left, a mobility_xfrm_events_cb_t
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
	if (!child)
	{
		this->stray = TRUE;
		return;
	}
	if (child->state == CHILD_READY)
	{
		count(&child->watched->total.out, &child->counted.out, sa->oseq);
		child->talkative |= (sa->flags & XFRM_AE_CR) != 0;
	}
	else if (mobility_now() < child->retry)
	{	/* there are lots of events until it is set up */
		return;
	}
	set_due(this, child->watched);
}

/**
 * Read events. Returns FALSE if some were lost, then all watches are due.
 */
static bool read_events(private_mobility_traffic_t *this)
{
	enumerator_t *enumerator;
	watched_t *watched;
	bool complete;

	this->stray = FALSE;
	complete = this->events->receive(this->events, handle_event, this);
	if (this->stray && this->outdated)
	{
		filter_events(this);
	}
	if (!complete)
	{
		enumerator = this->watches->create_enumerator(this->watches);
		while (enumerator->enumerate(enumerator, NULL, &watched))
		{
			set_due(this, watched);
		}
		enumerator->destroy(enumerator);
	}
	return complete;
}

/**
 * Take a watch that is due, 0 if there is none. Those that have ended stay in
 * the list until then.
 */
static uint32_t take_due(private_mobility_traffic_t *this)
{
	watched_t *watched;
	uint32_t id = 0;

	this->mutex->lock(this->mutex);
	if (array_remove(this->due, ARRAY_HEAD, &id))
	{
		watched = get_watched(this, id);
		if (watched)
		{
			watched->due = FALSE;
		}
	}
	this->mutex->unlock(this->mutex);
	return id;
}

/**
 * There are events, a watcher_cb_t
 */
static bool receive(void *data, int fd, watcher_event_t event)
{
	private_mobility_traffic_t *this = data;
	bool complete;
	uint32_t id;

	this->mutex->lock(this->mutex);
	complete = read_events(this);
	this->mutex->unlock(this->mutex);

	while ((id = take_due(this)))
	{
		sample(this, id, !complete);
	}
	return TRUE;
}

/**
 * Find the CHILD_SA that has one of the given SPIs, whatever its addresses are
 */
static child_t *find_child(watched_t *watched,
						   const mobility_traffic_sas_t *sas)
{
	child_t *child = watched->children;

	while (child && child->sas.in.spi != sas->in.spi &&
		   child->sas.out.spi != sas->out.spi)
	{
		child = child->next;
	}
	return child;
}

/**
 * Add a CHILD_SA that is to be set up
 */
static child_t *add_child(private_mobility_traffic_t *this, watched_t *watched)
{
	child_t *child;

	INIT(child,
		.watched = watched,
		.next = watched->children,
	);
	watched->children = child;
	if (this->filtered)
	{
		this->events->filter(this->events, NULL, 0);
		this->filtered = FALSE;
	}
	this->outdated = TRUE;
	return child;
}

/**
 * Have the SAs of a CHILD_SA, with new addresses if there is one
 */
static void name_child(private_mobility_traffic_t *this, watched_t *watched,
					   const mobility_traffic_sas_t *sas)
{
	child_t *child, *other;

	other = this->children->get(this->children, &sas->out);
	if (other && other->watched != watched)
	{	/* an SA is in one watch only */
		remove_child(this, other);
	}
	child = find_child(watched, sas);
	if (!child)
	{
		child = add_child(this, watched);
	}
	else if (!mobility_sa_id_equals(&child->sas.in, &sas->in) ||
			 !mobility_sa_id_equals(&child->sas.out, &sas->out))
	{
		this->children->remove(this->children, &child->sas.out);
		child->state = CHILD_NEW;
		/* a copy has its counters from when it was made */
		child->counts = FALSE;
	}
	child->named = TRUE;
	child->sas = *sas;
	this->children->put(this->children, &child->sas.out, child);
}

/**
 * Set the SAs of a watch
 */
static void name_children(private_mobility_traffic_t *this, watched_t *watched,
						  array_t *sas)
{
	mobility_traffic_sas_t *current;
	enumerator_t *enumerator;
	child_t *child, *next;

	for (child = watched->children; child; child = child->next)
	{
		child->named = FALSE;
	}
	enumerator = array_create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &current))
	{
		name_child(this, watched, current);
	}
	enumerator->destroy(enumerator);
	for (child = watched->children; child; child = next)
	{
		next = child->next;
		if (!child->named && child->state != CHILD_READY)
		{	/* nobody is going to tell when it is gone */
			remove_child(this, child);
		}
	}
	listen_events(this);
}

/**
 * Forget a watch, which is not in the table anymore
 */
static void destroy_watched(private_mobility_traffic_t *this,
							watched_t *watched)
{
	while (watched->children)
	{
		remove_child(this, watched->children);
	}
	watched->flow->destroy(watched->flow);
	free(watched);
}

METHOD(mobility_traffic_t, begin, uint32_t,
	private_mobility_traffic_t *this, uint32_t number)
{
	watched_t *watched;

	INIT(watched,
		.number = number,
		.flow = mobility_path_health_create(),
	);
	this->mutex->lock(this->mutex);
	watched->id = ++this->last;
	this->watches->put(this->watches, (void*)(uintptr_t)watched->id, watched);
	this->mutex->unlock(this->mutex);
	return watched->id;
}

METHOD(mobility_traffic_t, watch, void,
	private_mobility_traffic_t *this, uint32_t id, array_t *sas)
{
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		name_children(this, watched, sas);
	}
	this->mutex->unlock(this->mutex);
	ask_all(this, id, FALSE, FALSE);
}

METHOD(mobility_traffic_t, end, void,
	private_mobility_traffic_t *this, uint32_t id)
{
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = this->watches->remove(this->watches, (void*)(uintptr_t)id);
	if (watched)
	{
		destroy_watched(this, watched);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, set_rtt, void,
	private_mobility_traffic_t *this, uint32_t id, uint32_t rtt)
{
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		watched->flow->set_rtt(watched->flow, rtt);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, refuted, void,
	private_mobility_traffic_t *this, uint32_t id)
{
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		watched->flow->refuted(watched->flow, mobility_now());
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, moved, void,
	private_mobility_traffic_t *this, uint32_t id)
{
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		watched->flow->moved(watched->flow, mobility_now());
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, tell_leaving, void,
	private_mobility_traffic_t *this, uint32_t watch, bool tell)
{
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = get_watched(this, watch);
	if (watched)
	{
		watched->tell_leaving = tell;
		watched->left = watched->total.out;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, get_verdict, mobility_health_t,
	private_mobility_traffic_t *this, uint32_t id)
{
	mobility_health_t verdict = MOBILITY_HEALTH_HEALTHY;
	watched_t *watched;

	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		verdict = watched->flow->get_verdict(watched->flow);
	}
	this->mutex->unlock(this->mutex);
	return verdict;
}

METHOD(mobility_traffic_t, sample_, void,
	private_mobility_traffic_t *this, uint32_t id)
{
	sample(this, id, TRUE);
}

METHOD(mobility_traffic_t, get_facts, void,
	private_mobility_traffic_t *this, uint32_t id,
	mobility_path_health_facts_t *facts)
{
	watched_t *watched;

	*facts = (mobility_path_health_facts_t){};
	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		watched->flow->get_facts(watched->flow, facts);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, get_counters, void,
	private_mobility_traffic_t *this, uint32_t id,
	mobility_path_health_sample_t *counters)
{
	watched_t *watched;

	*counters = (mobility_path_health_sample_t){};
	this->mutex->lock(this->mutex);
	watched = get_watched(this, id);
	if (watched)
	{
		*counters = watched->total;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_traffic_t, destroy, void,
	private_mobility_traffic_t *this)
{
	enumerator_t *enumerator;
	watched_t *watched;

	lib->watcher->remove(lib->watcher, this->events->get_fd(this->events));
	enumerator = this->watches->create_enumerator(this->watches);
	while (enumerator->enumerate(enumerator, NULL, &watched))
	{
		destroy_watched(this, watched);
	}
	enumerator->destroy(enumerator);
	this->watches->destroy(this->watches);
	this->children->destroy(this->children);
	array_destroy(this->due);
	this->events->destroy(this->events);
	this->mutex->destroy(this->mutex);
	this->asking->destroy(this->asking);
	free(this);
}

/*
 * Described in header.
 */
mobility_traffic_t *mobility_traffic_create(mobility_xfrm_t *xfrm,
											mobility_xfrm_events_t *events,
											mobility_traffic_cb_t cb,
											void *data)
{
	private_mobility_traffic_t *this;

	if (!xfrm || !events)
	{
		DESTROY_IF(events);
		return NULL;
	}
	INIT(this,
		.public = {
			.begin = _begin,
			.watch = _watch,
			.end = _end,
			.set_rtt = _set_rtt,
			.refuted = _refuted,
			.moved = _moved,
			.tell_leaving = _tell_leaving,
			.get_verdict = _get_verdict,
			.sample = _sample_,
			.get_facts = _get_facts,
			.get_counters = _get_counters,
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.asking = mutex_create(MUTEX_TYPE_DEFAULT),
		.xfrm = xfrm,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.events = events,
		.watches = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									4),
		.children = hashtable_create(id_hash, id_equals, 4),
		.due = array_create(sizeof(uint32_t), 0),
	);
	lib->watcher->add(lib->watcher, events->get_fd(events), WATCHER_READ,
					  receive, this);
	return &this->public;
}
