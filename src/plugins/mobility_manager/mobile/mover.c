/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/mover.h"
#include "net/clock.h"
#include "net/neighbors.h"
#include "mobile/pmtu.h"
#include "mobile/progress.h"

#include <time.h>

#include <daemon.h>

/** Interval between packets of a path test, in ms. */
#define TEST_INTERVAL 300

/** Packets of a path test before it counts as failed. */
#define TEST_ATTEMPTS 3

/** Attempts over a path the peer has just answered on, before all others. */
#define PROVEN_ATTEMPTS 4

/** Time a path that the peer refused is put aside, in ms. */
#define REFUSED_PENALTY 300000

/** Time until another update if the peer has refused all paths, in ms. */
#define REFUSED_INTERVAL 10000

/** Time that packets are accepted over a path that is about to be used, at most,
 * and over one that was left, in ms: that long there are two replay windows. */
#define LINGER_TIME 2000

/** Paths that a request is sent over at a time, those that rank first: to all
 * addresses of a peer over three uplinks. */
#define PROBES_MAX (3 * MOBILITY_MAX_REMOTES)

/** When to measure a path if the peer is busy with other sessions, in ms; up to
 * twice that.  And how often that is put off, as there may be sessions enough to
 * keep it busy forever. */
#define MEASURE_LATER 5000
#define MEASURE_POSTPONED 6

typedef struct private_mobility_mover_t private_mobility_mover_t;

/**
 * Private data of a mobility_mover_t object.
 */
struct private_mobility_mover_t {

	/**
	 * Public interface.
	 */
	mobility_mover_t public;

	/**
	 * IKE_SA, NULL if none is bound.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Network monitor.
	 */
	mobility_monitor_t *monitor;

	/**
	 * Requests about next hops.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Moves CHILD_SAs, or NULL.
	 */
	mobility_child_update_t *relocator;

	/**
	 * What peers are busy with.
	 */
	mobility_peer_load_t *backlog;

	/**
	 * When the request in flight was sent first; and the same by a clock that
	 * does not count suspend, as no answer comes in then.
	 */
	uint64_t asked;
	timeval_t awake;

	/**
	 * It was sent again: which of its packets is answered is not known.
	 */
	bool repeated;

	/**
	 * How long the last answer took in ms, at least 1, 0 if that is not known.
	 */
	uint32_t rtt;

	/**
	 * SAs that accept packets at the address that is going to be used, or was
	 * used before, mobility_sa_id_t; NULL if none do.
	 */
	array_t *copies;

	/**
	 * Until when packets are accepted over a path that is not in use, 0 if they
	 * are not.
	 */
	uint64_t linger;

	/**
	 * Name for the log.
	 */
	const char *name;

	/**
	 * Gets told what came out.
	 */
	const mobility_mover_listener_t *listener;

	/**
	 * User data for listener.
	 */
	void *data;

	/**
	 * Path in use, NULL if its uplink is unknown.
	 */
	mobility_path_t *path;

	/**
	 * Path to move to or to test, NULL if none.
	 */
	mobility_path_t *target;

	/**
	 * There are other candidates, or new ones, than those the session was told
	 * of.
	 */
	bool changed;
	bool improved;

	/**
	 * The target is taken, the peer has not confirmed it yet.
	 */
	bool moving;

	/**
	 * The request in flight was also sent over paths other than the one it
	 * was built for: its NAT detection says nothing certain about any.
	 */
	bool spread;

	/**
	 * The request in flight was sent over all paths, as the one in use did not
	 * answer.
	 */
	bool probed;

	/**
	 * The request in flight was sent by transmit().
	 */
	bool transmitted;

	/**
	 * How often the request in flight goes over the target only: first after a
	 * move, or because the peer has just answered on it.  Sent over all paths
	 * it would have to be followed by another one, for ever if answers take
	 * longer than attempts.
	 */
	u_int insist;

	/**
	 * No update before this time, the peer has refused all paths.
	 */
	uint64_t hold_off;

	/**
	 * Sum of the hashes of our addresses the peer knows of, 0 if only charon
	 * knows.
	 */
	uint32_t announced;

	/**
	 * When the next packet of a path test is sent, 0 if none is under way.
	 */
	uint64_t test_next;

	/**
	 * Packets of the path test sent so far.
	 */
	u_int test_attempt;

	/**
	 * The test had to wait until the peer had answered others.
	 */
	bool test_queued;

	/**
	 * Move to the path under test if the peer answers.
	 */
	bool test_moves;

	/**
	 * Finds out if large packets get through on the path in use.
	 */
	mobility_pmtu_t gauge;

	/**
	 * The move under way.
	 */
	mobility_progress_t progress;
};

/**
 * Queue a task.
 */
static void queue_task(private_mobility_mover_t *this,
					   mobility_task_kind_t kind)
{
	mobility_task_t *task;

	task = mobility_task_create(this->ike_sa, &this->public.owner, kind);
	this->ike_sa->queue_task(this->ike_sa, &task->mobike.task);
}

/**
 * Make sure an address update to the target is queued or in flight.
 */
static void queue_update(private_mobility_mover_t *this)
{
	mobility_task_t *task;

	if (mobility_task_find(this->ike_sa, TASK_QUEUE_QUEUED, &task) ||
		mobility_task_find(this->ike_sa, TASK_QUEUE_ACTIVE, &task))
	{
		if (task)
		{
			task->update(task);
		}
		/* else it is stock's, ours must not meet it: we come back when that
		 * is answered, or when the next attempt is due */
		return;
	}
	queue_task(this, MOBILITY_TASK_UPDATE);
}

/**
 * Replace the target.
 */
static void set_target(private_mobility_mover_t *this,
					   const mobility_path_t *path)
{
	mobility_path_t *clone = path ? mobility_path_clone(path) : NULL;

	mobility_path_destroy(this->target);
	this->target = clone;
}

/**
 * Check if a packet came in over a path.
 */
static bool came_over(mobility_path_t *path, host_t *local, host_t *remote)
{
	return path && path->local->ip_equals(path->local, local) &&
		   path->remote->ip_equals(path->remote, remote);
}

/**
 * Send the request in flight over a path.
 */
static void send_over(private_mobility_mover_t *this,
					  const mobility_path_t *path)
{
	this->public.candidates->pin(this->public.candidates, path);
	this->public.exchange->send(this->public.exchange, path, this->ike_sa);
	mobility_pmtu_probe_unfilled(&this->gauge.mtu, mobility_now());
	if (!mobility_path_equals(path, this->target ?: this->path))
	{
		this->spread = TRUE;
	}
}

/**
 * Send the request in flight over a path once more: the next hop may not even
 * have got it.
 */
static void send_again(private_mobility_mover_t *this,
					   const mobility_path_t *path)
{
	mobility_neighbors_ask_again(this->rtnl, path);
	this->repeated = TRUE;
	send_over(this, path);
}

/**
 * Have packets arrive at the target before the peer sends any there.
 */
static void accept_target(private_mobility_mover_t *this)
{
	if (this->relocator && this->path &&
		this->target->local->get_family(this->target->local) ==
		this->path->local->get_family(this->path->local))
	{
		this->relocator->accept(this->relocator, this->ike_sa,
								this->target->local, &this->copies);
	}
	if (this->copies)
	{	/* however long the update may take */
		this->linger = mobility_now() + LINGER_TIME;
	}
}

METHOD(mobility_mover_t, end_linger, void,
	private_mobility_mover_t *this)
{
	mobility_candidates_t *candidates = this->public.candidates;

	if (this->copies)
	{
		this->relocator->drop(this->relocator, &this->copies);
	}
	if (this->linger)
	{
		this->linger = 0;
		candidates->unpin(candidates, this->path, this->target);
	}
}

/**
 * Give the IKE_SA and its CHILD_SAs other addresses.
 */
static void update_hosts(private_mobility_mover_t *this, host_t *local,
						 host_t *remote)
{
	if (this->relocator)
	{
		this->relocator->update(this->relocator, this->ike_sa,
								this->ike_sa->update_hosts, local, remote,
								UPDATE_HOSTS_FORCE_ALL, this->copies);
	}
	else
	{
		this->ike_sa->update_hosts(this->ike_sa, local, remote,
								   UPDATE_HOSTS_FORCE_ALL);
	}
}

/**
 * Use a path: the IKE_SA and its CHILD_SAs get its addresses.
 */
static void use_path(private_mobility_mover_t *this,
					 const mobility_path_t *path)
{
	host_t *me, *other, *local, *remote;
	mobility_path_t *old = this->path;

	me = this->ike_sa->get_my_host(this->ike_sa);
	other = this->ike_sa->get_other_host(this->ike_sa);
	local = mobility_request_host(path->local, me);
	remote = mobility_request_host(path->remote, other);
	if (!local->equals(local, me) || !remote->equals(remote, other))
	{
		this->public.candidates->pin(this->public.candidates, path);
		update_hosts(this, local, remote);
	}
	local->destroy(local);
	remote->destroy(remote);
	this->path = mobility_path_clone(path);
	mobility_path_destroy(old);
}

/**
 * Check if the peer has not come to the request in flight yet, as it has to
 * answer many others.
 */
static bool is_queued(private_mobility_mover_t *this, uint64_t now)
{
	mobility_path_t *path = this->target ?: this->path;

	return path && this->backlog->is_before(this->backlog, path->local,
											path->remote, this->asked, now);
}

METHOD(mobility_mover_t, begin, void,
	private_mobility_mover_t *this, const char *trigger)
{
	mobility_progress_begin(&this->progress, trigger, this->path,
							mobility_now());
}

METHOD(mobility_mover_t, end, void,
	private_mobility_mover_t *this)
{
	mobility_progress_cancel(&this->progress);
}

METHOD(mobility_mover_t, probe, status_t,
	private_mobility_mover_t *this, bool last_resort)
{
	mobility_candidates_t *candidates = this->public.candidates;
	enumerator_t *enumerator;
	mobility_candidate_t *best;
	uint64_t now = mobility_now();
	u_int i;

	if (this->public.exchange->in_flight(this->public.exchange))
	{
		if (is_queued(this, now))
		{
			this->insist = this->insist ? this->insist - 1 : 0;
			return SUCCESS;
		}
		if (this->insist && this->target)
		{
			this->insist--;
			send_again(this, this->target);
			return SUCCESS;
		}
		this->probed = TRUE;
		enumerator = candidates->create_enumerator(candidates, now);
		for (i = 0; i < PROBES_MAX && enumerator->enumerate(enumerator, &best);
			 i++)
		{	/* the best one in any case */
			if (!i || last_resort ||
				mobility_path_equals(best->path, this->path) ||
				best->preference != MOBILITY_LAST_RESORT)
			{
				send_again(this, best->path);
			}
		}
		enumerator->destroy(enumerator);
		return SUCCESS;
	}
	best = candidates->get_best(candidates, now);
	if (!best || now < this->hold_off)
	{
		return SUCCESS;
	}
	set_target(this, best->path);
	this->moving = TRUE;
	queue_update(this);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

METHOD(mobility_mover_t, move, status_t,
	private_mobility_mover_t *this)
{
	mobility_candidates_t *candidates = this->public.candidates;
	mobility_candidate_t *best;
	mobility_path_t *path;
	status_t status;

	best = candidates->get_best(candidates, mobility_now());
	if (!best)
	{
		return SUCCESS;
	}
	path = best->path;
	end_linger(this);
	set_target(this, path);
	this->test_next = 0;
	mobility_pmtu_repeat(&this->gauge, mobility_now());
	this->insist = MOBILITY_EARLY_ATTEMPTS;
	this->moving = TRUE;
	candidates->pin(candidates, path);
	if (this->public.exchange->in_flight(this->public.exchange))
	{	/* whatever it is, it was built for another path */
		this->spread = this->repeated = TRUE;
		this->public.exchange->send(this->public.exchange, path, this->ike_sa);
	}
	queue_update(this);
	status = this->ike_sa->initiate(this->ike_sa, NULL, NULL);
	if (status != DESTROY_ME)
	{
		use_path(this, this->target);
	}
	return status;
}

METHOD(mobility_mover_t, resend, void,
	private_mobility_mover_t *this)
{
	if (this->path)
	{
		send_again(this, this->path);
	}
}

METHOD(mobility_mover_t, settle, status_t,
	private_mobility_mover_t *this, bool lost)
{
	mobility_candidates_t *candidates = this->public.candidates;
	mobility_task_t *task;

	if (!this->target && !this->linger &&
		!this->public.exchange->in_flight(this->public.exchange))
	{	/* others may have been probed, or stock has changed the one in use */
		candidates->unpin(candidates, this->path, NULL);
	}
	if (!this->moving || !this->target)
	{
		return SUCCESS;
	}
	if (lost)
	{
		use_path(this, this->target);
	}
	if (!this->public.exchange->in_flight(this->public.exchange) &&
		!mobility_task_find(this->ike_sa, TASK_QUEUE_QUEUED, &task))
	{	/* could not be queued while a task of stock's was active */
		queue_update(this);
		return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
	}
	return SUCCESS;
}

METHOD(mobility_mover_t, is_idle, bool,
	private_mobility_mover_t *this)
{
	mobility_task_t *task;

	return this->ike_sa && !this->moving && !this->test_next &&
		   this->ike_sa->get_state(this->ike_sa) == IKE_ESTABLISHED &&
		   !this->public.exchange->in_flight(this->public.exchange) &&
		   !mobility_task_find(this->ike_sa, TASK_QUEUE_QUEUED, &task);
}

METHOD(mobility_mover_t, test, status_t,
	private_mobility_mover_t *this, const mobility_path_t *path,
	const char *trigger)
{
	end_linger(this);
	set_target(this, path);
	this->public.candidates->pin(this->public.candidates, path);
	mobility_progress_cancel(&this->progress);
	this->test_moves = trigger != NULL;
	if (trigger)
	{
		begin(this, trigger);
	}
	this->test_attempt = 1;
	this->test_queued = FALSE;
	this->test_next = mobility_now() + TEST_INTERVAL;
	queue_task(this, MOBILITY_TASK_TEST);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

/**
 * The test of the target is over.
 */
static void end_test(private_mobility_mover_t *this, bool answered)
{
	mobility_candidates_t *candidates = this->public.candidates;
	mobility_path_t *path = this->target;

	this->target = NULL;
	this->test_next = 0;
	mobility_progress_cancel(&this->progress);
	candidates->unpin(candidates, this->path, NULL);
	this->listener->tested(this->data, path, answered);
	mobility_path_destroy(path);
}

/**
 * The path under test does not work: the request completes over the one in
 * use.
 */
static void fail_test(private_mobility_mover_t *this, uint64_t penalty)
{
	mobility_path_history_t *records = this->public.candidates->records;

	DBG1(DBG_IKE, "mobility: %s: no answer over %s from %H to %H, staying",
		 this->name, this->target->ifname, this->target->local,
		 this->target->remote);
	records->failed(records, this->target, penalty, mobility_now());
	end_test(this, FALSE);
	if (this->public.exchange->in_flight(this->public.exchange))
	{
		resend(this);
	}
}

METHOD(mobility_mover_t, stay, void,
	private_mobility_mover_t *this)
{
	if (this->test_next)
	{
		end_test(this, FALSE);
	}
	if (this->public.exchange->in_flight(this->public.exchange))
	{
		resend(this);
	}
}

METHOD(mobility_mover_t, tick, void,
	private_mobility_mover_t *this, uint64_t penalty)
{
	uint64_t now = mobility_now();

	if (this->gauge.mtu.next && now >= this->gauge.mtu.next &&
		is_queued(this, now))
	{
		this->gauge.mtu.next = now + this->gauge.mtu.interval;
	}
	else if (mobility_pmtu_tick(&this->gauge, this->public.exchange,
								this->ike_sa, this->path, now))
	{
		resend(this);
	}
	if (this->linger && now >= this->linger)
	{
		end_linger(this);
	}
	if (!this->test_next || now < this->test_next)
	{
		return;
	}
	if (is_queued(this, now))
	{
		this->test_next = now + TEST_INTERVAL;
		this->test_queued = TRUE;
	}
	else if (this->test_attempt < TEST_ATTEMPTS)
	{
		this->test_attempt++;
		this->test_next = now + TEST_INTERVAL;
		send_again(this, this->target);
	}
	else
	{
		fail_test(this, penalty);
	}
}

METHOD(mobility_mover_t, get_deadline, uint64_t,
	private_mobility_mover_t *this)
{
	uint64_t times[] = { this->test_next, this->linger,
						 mobility_pmtu_deadline(&this->gauge, mobility_now()) };
	uint64_t deadline = 0;
	int i;

	for (i = 0; i < countof(times); i++)
	{
		if (times[i] && (!deadline || times[i] < deadline))
		{
			deadline = times[i];
		}
	}
	return deadline;
}

METHOD(mobility_mover_t, send_dpd, status_t,
	private_mobility_mover_t *this)
{
	mobility_task_t *task;

	if (mobility_task_find(this->ike_sa, TASK_QUEUE_QUEUED, &task))
	{
		return SUCCESS;
	}
	DBG1(DBG_IKE, "sending DPD request");
	queue_task(this, MOBILITY_TASK_DPD);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

METHOD(mobility_mover_t, measure, status_t,
	private_mobility_mover_t *this)
{
	uint64_t now = mobility_now();

	if (!this->path || !this->gauge.due || now < this->gauge.due ||
		!is_idle(this))
	{
		return SUCCESS;
	}
	if (this->gauge.postponed < MEASURE_POSTPONED &&
		this->backlog->is_busy(this->backlog, this->path->local,
							   this->path->remote, now))
	{	/* others have to move first, and not all are to come back at once */
		this->gauge.due = now + MEASURE_LATER + random() % MEASURE_LATER;
		this->gauge.postponed++;
		return SUCCESS;
	}
	if (!mobility_pmtu_begin(&this->gauge, this->public.candidates,
							 this->path))
	{
		return SUCCESS;
	}
	queue_task(this, MOBILITY_TASK_MEASURE);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

METHOD(mobility_mover_t, look, bool,
	private_mobility_mover_t *this, mobility_fsm_event_t *event)
{
	mobility_candidates_t *candidates = this->public.candidates;
	host_t *local, *remote;
	bool changed, improved;

	local = this->ike_sa->get_my_host(this->ike_sa);
	remote = this->ike_sa->get_other_host(this->ike_sa);
	if (!came_over(this->path, local, remote))
	{
		mobility_path_destroy(this->path);
		this->path = this->monitor->find_path(this->monitor, local, remote);
	}
	if (this->path)
	{
		candidates->pin(candidates, this->path);
		if (!this->moving)
		{
			candidates->know(candidates, this->path->remote);
		}
	}
	changed = candidates->collect(candidates, this->ike_sa, this->path,
								  mobility_now(), &improved);
	this->changed |= changed;
	this->improved |= improved;
	if (!event)
	{
		return FALSE;
	}
	event->candidates = candidates->count(candidates, this->path);
	event->improved = this->improved && candidates->count(candidates, NULL);
	changed = this->changed;
	this->changed = this->improved = FALSE;
	return changed;
}

METHOD(mobility_mover_t, get_path, mobility_path_t*,
	private_mobility_mover_t *this)
{
	return this->path;
}

METHOD(mobility_mover_t, sent, void,
	private_mobility_mover_t *this, message_t *message)
{
	mobility_path_history_t *records = this->public.candidates->records;
	mobility_record_t record = {};

	this->spread = FALSE;
	this->probed = FALSE;
	this->repeated = FALSE;
	this->transmitted = FALSE;
	this->asked = mobility_now();
	time_monotonic(&this->awake);
	this->public.exchange->capture(this->public.exchange, this->ike_sa,
								   message);
	if (!this->gauge.fill)
	{
		return;
	}
	if (this->path)
	{
		records->get(records, this->path, this->asked, &record);
	}
	mobility_pmtu_sent(&this->gauge, record.rtt, this->ike_sa, this->path,
					   message, this->public.exchange);
}

/**
 * The peer answers over a path: take it as target, before anything else.
 */
static bool follow_answer(private_mobility_mover_t *this, host_t *me,
						  host_t *other)
{
	mobility_path_t *path;

	path = this->public.candidates->find(this->public.candidates, me, other);
	if (path)
	{
		set_target(this, path);
		this->insist = PROVEN_ATTEMPTS;
		this->moving = TRUE;
	}
	return path != NULL;
}

/**
 * The request in flight was answered over a path that is not (known to be) the
 * one in use.
 */
static void answered_elsewhere(private_mobility_mover_t *this, host_t *me,
							   host_t *other)
{
	mobility_task_t *task;

	if (mobility_task_queued(this->ike_sa, TASK_QUEUE_ACTIVE, TASK_IKE_REAUTH))
	{	/* the new IKE_SA has to start from where this one was answered */
		this->ike_sa->set_my_host(this->ike_sa, me->clone(me));
		this->ike_sa->set_other_host(this->ike_sa, other->clone(other));
		return;
	}
	if (mobility_task_find(this->ike_sa, TASK_QUEUE_ACTIVE, &task) &&
		(!task || (task->get_kind(task) != MOBILITY_TASK_DPD &&
				   task->get_kind(task) != MOBILITY_TASK_MEASURE &&
				   task->get_kind(task) != MOBILITY_TASK_ADDRESSES)))
	{	/* tests and updates look at the path themselves */
		return;
	}
	if (follow_answer(this, me, other))
	{
		queue_update(this);
	}
}

/**
 * Get how long the answer to the request in flight took.
 */
static uint32_t get_rtt(private_mobility_mover_t *this)
{
	mobility_request_t *exchange = this->public.exchange;
	timeval_t now, diff;

	if (this->repeated || exchange->count_filled(exchange) > 1)
	{
		return 0;
	}
	time_monotonic(&now);
	timersub(&now, &this->awake, &diff);
	return max(1, diff.tv_sec * 1000 + diff.tv_usec / 1000);
}

METHOD(mobility_mover_t, answered, bool,
	private_mobility_mover_t *this, message_t *message, uint32_t *rtt)
{
	host_t *me, *other;
	bool on_current;

	*rtt = this->rtt = get_rtt(this);
	this->public.exchange->clear(this->public.exchange);
	me = message->get_destination(message);
	other = message->get_source(message);
	this->backlog->answered(this->backlog, me, other, this->asked,
							mobility_now());
	on_current = !this->moving && came_over(this->path, me, other);
	if (!on_current)
	{
		answered_elsewhere(this, me, other);
	}
	return on_current;
}

METHOD(mobility_task_owner_t, get_target, void,
	private_mobility_mover_t *this, host_t **local, host_t **remote)
{
	mobility_path_t *path = this->target ?: this->path;
	host_t *me, *other;

	me = this->ike_sa->get_my_host(this->ike_sa);
	other = this->ike_sa->get_other_host(this->ike_sa);
	*local = mobility_request_host(path ? path->local : me, me);
	*remote = mobility_request_host(path ? path->remote : other, other);
}

METHOD(mobility_task_owner_t, add_addresses, void,
	private_mobility_mover_t *this, message_t *message)
{
	mobility_candidates_t *candidates = this->public.candidates;
	host_t *hosts[MOBILITY_MAX_LOCALS], *source = message->get_source(message);
	notify_type_t type;
	u_int count, i, added = 0;

	if (!candidates->count(candidates, NULL))
	{
		look(this, NULL);
	}
	this->announced = candidates->get_locals(candidates, hosts, &count);
	for (i = 0; i < count; i++)
	{
		if (!source->ip_equals(source, hosts[i]))
		{
			type = hosts[i]->get_family(hosts[i]) == AF_INET ?
						ADDITIONAL_IP4_ADDRESS : ADDITIONAL_IP6_ADDRESS;
			message->add_notify(message, FALSE, type,
								hosts[i]->get_address(hosts[i]));
			added++;
		}
	}
	if (!added)
	{
		message->add_notify(message, FALSE, NO_ADDITIONAL_ADDRESSES,
							chunk_empty);
	}
}

METHOD(mobility_mover_t, announce, status_t,
	private_mobility_mover_t *this)
{
	mobility_candidates_t *candidates = this->public.candidates;
	host_t *hosts[MOBILITY_MAX_LOCALS];
	uint32_t digest;
	u_int count;

	digest = candidates->get_locals(candidates, hosts, &count);
	if (!this->announced)
	{	/* stock did when it authenticated */
		this->announced = digest;
	}
	if (digest == this->announced)
	{
		return SUCCESS;
	}
	this->announced = digest;
	queue_task(this, MOBILITY_TASK_ADDRESSES);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

METHOD(mobility_task_owner_t, fill, void,
	private_mobility_mover_t *this)
{
	this->gauge.fill = TRUE;
}

METHOD(mobility_task_owner_t, measured, void,
	private_mobility_mover_t *this, host_t *local, host_t *remote)
{
	if (this->target || !came_over(this->path, local, remote))
	{
		mobility_pmtu_cancel(&this->gauge);
		return;
	}
	mobility_pmtu_answered(&this->gauge, this->public.candidates, this->path,
						   this->name, mobility_now());
}

METHOD(mobility_task_owner_t, transmit, void,
	private_mobility_mover_t *this)
{
	mobility_path_t *path = this->target ?: this->path;

	if (path && this->gauge.mtu.next &&
		!this->public.exchange->count_filled(this->public.exchange))
	{	/* whoever calls this again, if the IKE_SA is not held, has it answered */
		this->public.exchange->send_filled(this->public.exchange, path,
										  this->ike_sa);
	}
	else if (path)
	{
		send_over(this, path);
		if (this->transmitted && this->path &&
			!mobility_path_equals(path, this->path))
		{	/* nor does anybody else try the path in use */
			send_over(this, this->path);
		}
	}
	this->repeated |= this->transmitted;
	this->transmitted = TRUE;
}

/**
 * The request of a test was answered, but that says nothing about the path under
 * test: it may not even be under way anymore.
 */
static bool tested_elsewhere(private_mobility_mover_t *this, host_t *local,
							 host_t *remote)
{
	if (this->test_next && this->spread && this->test_attempt < TEST_ATTEMPTS)
	{	/* it came first over one of those that were asked as well */
		end_test(this, FALSE);
	}
	else if (this->test_next)
	{
		fail_test(this, REFUSED_PENALTY);
	}
	/* unless that in use is silent it need not be left */
	return (this->probed || this->moving) &&
		   !came_over(this->path, local, remote) &&
		   follow_answer(this, local, remote);
}

METHOD(mobility_task_owner_t, tested, bool,
	private_mobility_mover_t *this, host_t *local, host_t *remote)
{
	mobility_path_history_t *records = this->public.candidates->records;
	uint64_t now = mobility_now();

	if (!this->test_next || !came_over(this->target, local, remote))
	{
		return tested_elsewhere(this, local, remote);
	}
	records->answered(records, this->target,
					  this->test_queued ? 0 : this->rtt, now);
	if (!this->test_moves)
	{
		end_test(this, TRUE);
		return FALSE;
	}
	this->test_next = 0;
	this->moving = TRUE;
	accept_target(this);
	return TRUE;
}

/**
 * Check if an address at which an answer arrived is not the one that the peer is
 * to use.  Of the peer's address this says nothing, gateways may answer from
 * another one.
 */
static bool is_gone(private_mobility_mover_t *this, host_t *local)
{
	mobility_path_t *path = this->target ?: this->path;

	return path && (this->spread || !path->local->ip_equals(path->local, local));
}

METHOD(mobility_task_owner_t, updated, bool,
	private_mobility_mover_t *this, host_t *local, host_t *remote,
	bool refused)
{
	mobility_candidates_t *candidates = this->public.candidates;
	mobility_candidate_t *best;
	mobility_path_t *path;
	uint64_t now = mobility_now();

	path = candidates->find(candidates, local, remote);
	if (refused)
	{
		end_linger(this);
		DBG1(DBG_IKE, "mobility: %s: peer does not accept the path from %H to "
			 "%H", this->name, local, remote);
		if (path)
		{
			candidates->records->failed(candidates->records, path,
										REFUSED_PENALTY, now);
		}
		best = candidates->get_best(candidates, now);
		if (!best || best->aside)
		{
			set_target(this, NULL);
			this->moving = FALSE;
			this->hold_off = now + REFUSED_INTERVAL;
			return FALSE;
		}
		set_target(this, best->path);
		return TRUE;
	}
	if (path && (this->spread ||
				 !came_over(this->target ?: this->path, local, remote)))
	{	/* the peer answers over this path, have it use this path */
		end_linger(this);
		set_target(this, path);
		this->insist = PROVEN_ATTEMPTS;
		return TRUE;
	}
	if (!path && is_gone(this, local))
	{	/* the peer has taken an address that we had when the request left */
		end_linger(this);
		set_target(this, this->target ?: this->path);
		this->insist = MOBILITY_EARLY_ATTEMPTS;
		return TRUE;
	}
	if (this->target)
	{
		use_path(this, this->target);
	}
	return FALSE;
}

METHOD(mobility_task_owner_t, confirmed, void,
	private_mobility_mover_t *this)
{
	mobility_candidates_t *candidates = this->public.candidates;
	uint64_t now = mobility_now();
	mobility_move_t move;
	bool moved;

	/* UDP encapsulation may have changed with the NAT situation */
	this->ike_sa->update_hosts(this->ike_sa, NULL, NULL,
							   UPDATE_HOSTS_FORCE_CHILDREN);
	set_target(this, NULL);
	this->moving = FALSE;
	if (this->copies)
	{	/* what is still on its way comes over the path that was left */
		this->linger = now + LINGER_TIME;
	}
	candidates->unpin(candidates, this->path, this->linger ? this->progress.origin
														   : NULL);
	if (this->path)
	{
		candidates->know(candidates, this->path->remote);
	}
	moved = mobility_progress_complete(&this->progress, this->path, now,
									   time(NULL), &move);
	if (moved)
	{
		candidates->records->moved(candidates->records, &move);
		mobility_pmtu_moved(&this->gauge, now);
	}
	this->listener->confirmed(this->data, moved);
}

METHOD(mobility_mover_t, give_back, status_t,
	private_mobility_mover_t *this, bool lost)
{
	ike_mobike_t *mobike;

	mobility_task_remove(this->ike_sa, TASK_QUEUE_QUEUED);
	mobility_task_remove(this->ike_sa, TASK_QUEUE_ACTIVE);
	this->ike_sa->set_condition(this->ike_sa, COND_STALE, FALSE);
	if (!lost && !this->moving)
	{
		return SUCCESS;
	}
	/* the peer may have taken an update that was not confirmed */
	mobike = ike_mobike_create(this->ike_sa, TRUE);
	mobike->roam(mobike, TRUE);
	this->ike_sa->queue_task(this->ike_sa, &mobike->task);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

METHOD(mobility_mover_t, bind_, void,
	private_mobility_mover_t *this, ike_sa_t *ike_sa)
{
	mobility_task_t *task;

	if (this->ike_sa &&
		mobility_task_find(this->ike_sa, TASK_QUEUE_ACTIVE, &task) && task)
	{	/* the peer rekeyed while our request was in flight, it stays behind */
		task->detach(task);
	}
	if (this->copies)
	{	/* listeners call this, it ends with the next tick or the mover */
		this->linger = mobility_now();
	}
	this->ike_sa = ike_sa;
	this->public.exchange->clear(this->public.exchange);
	this->test_next = 0;
	mobility_pmtu_repeat(&this->gauge, mobility_now());
	if (!ike_sa)
	{	/* the one that replaces it by reauthentication logs in wherever it can,
		 * and stock tells the peer of our addresses */
		mobility_progress_cancel(&this->progress);
		this->moving = FALSE;
		this->hold_off = 0;
		this->announced = 0;
	}
	if (!this->moving)
	{	/* a test ends here, its path must not be taken for one in use */
		set_target(this, NULL);
	}
}

METHOD(mobility_mover_t, destroy, void,
	private_mobility_mover_t *this)
{
	end_linger(this);
	this->public.candidates->destroy(this->public.candidates);
	this->public.exchange->destroy(this->public.exchange);
	mobility_path_destroy(this->path);
	mobility_path_destroy(this->target);
	mobility_progress_cancel(&this->progress);
	free(this);
}

/*
 * Described in header.
 */
mobility_mover_t *mobility_mover_create(mobility_candidates_t *candidates,
										mobility_monitor_t *monitor,
										mobility_rtnl_t *rtnl,
										mobility_child_update_t *relocator,
										mobility_peer_load_t *backlog,
										const char *name,
							const mobility_mover_listener_t *listener,
							void *data)
{
	private_mobility_mover_t *this;

	INIT(this,
		.public = {
			.owner = {
				.get_target = _get_target,
				.add_addresses = _add_addresses,
				.fill = _fill,
				.transmit = _transmit,
				.tested = _tested,
				.measured = _measured,
				.updated = _updated,
				.confirmed = _confirmed,
			},
			.exchange = mobility_request_create(),
			.candidates = candidates,
			.bind = _bind_,
			.end_linger = _end_linger,
			.look = _look,
			.get_path = _get_path,
			.begin = _begin,
			.end = _end,
			.move = _move,
			.probe = _probe,
			.resend = _resend,
			.test = _test,
			.get_deadline = _get_deadline,
			.stay = _stay,
			.tick = _tick,
			.is_idle = _is_idle,
			.send_dpd = _send_dpd,
			.measure = _measure,
			.announce = _announce,
			.sent = _sent,
			.answered = _answered,
			.settle = _settle,
			.give_back = _give_back,
			.destroy = _destroy,
		},
		.monitor = monitor,
		.rtnl = rtnl,
		.relocator = relocator,
		.backlog = backlog,
		.name = name,
		.listener = listener,
		.data = data,
	);

	return &this->public;
}
