/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/agenda.h"
#include "net/clock.h"

#include <daemon.h>
#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** Jobs that work at the same time.  Most of what they do waits for the locks of
 * the kernel and of netlink sockets, more of them keep each other from working;
 * and messages need threads, too.  One would have all sessions wait for an
 * IKE_SA that somebody else has checked out. */
#define WORKERS 4

/** Sessions waiting for a job that are so many that it does not matter when
 * exactly others want to be woken, and ms between two times then. */
#define CROWD 16
#define CROWD_INTERVAL 50

typedef struct private_mobility_agenda_t private_mobility_agenda_t;
typedef struct line_t line_t;

/**
 * Place in a line.
 */
struct mobility_place_t {

	/**
	 * Session that waits there, NULL if it has left.
	 */
	mobility_turn_t *turn;
};

/**
 * Sessions in a line for jobs of one kind.
 */
struct line_t {

	/**
	 * Agenda.
	 */
	private_mobility_agenda_t *agenda;

	/**
	 * Does what they wait for.
	 */
	mobility_agenda_cb_t cb;

	/**
	 * Sessions that no job has taken yet, mobility_place_t*.
	 */
	linked_list_t *waiting;

	/**
	 * Number of jobs, and how many there may be.
	 */
	u_int workers, limit;

	/**
	 * How many of them to queue when the mutex is released.
	 */
	u_int starting;
};

/**
 * Private data of a mobility_agenda_t object.
 */
struct private_mobility_agenda_t {

	/**
	 * Public interface.
	 */
	mobility_agenda_t public;

	/**
	 * User data for callbacks.
	 */
	void *data;

	/**
	 * Destroys sessions.
	 */
	mobility_turn_cb_t destroy;

	/**
	 * Sessions with work.
	 */
	line_t work;

	/**
	 * Sessions to be given up.
	 */
	line_t failing;

	/**
	 * Sessions that were forgotten, to be destroyed, mobility_turn_t*.
	 */
	linked_list_t *forgotten;

	/**
	 * When sessions want to be woken.
	 */
	mobility_deadlines_t *deadlines;

	/**
	 * Locks all of this.
	 */
	mutex_t *mutex;

	/**
	 * Wakes us for the earliest deadline.
	 */
	mobility_clock_t *clock;

	/**
	 * Time the clock is set to, 0 if it is not.
	 */
	uint64_t alarm;
};

/*
 * Described in header.
 */
void mobility_turn_set_id(mobility_turn_t *turn, ike_sa_id_t *id)
{
	turn->initiator_spi = id->get_initiator_spi(id);
	turn->responder_spi = id->get_responder_spi(id);
	turn->initiator = id->is_initiator(id);
}

/*
 * Described in header.
 */
ike_sa_id_t *mobility_turn_get_id(const mobility_turn_t *turn)
{
	return ike_sa_id_create(IKEV2, turn->initiator_spi, turn->responder_spi,
							turn->initiator);
}

/**
 * Get the session whose deadline it is.
 */
static inline mobility_turn_t *turn_of(mobility_deadline_t *deadline)
{
	return (mobility_turn_t*)((char*)deadline -
							  offsetof(mobility_turn_t, deadline));
}

/**
 * Have a session take its place in a line, the mutex must be held.
 */
static void enter_line(line_t *line, mobility_turn_t *turn)
{
	INIT(turn->place,
		.turn = turn,
	);
	line->waiting->insert_last(line->waiting, turn->place);
}

/**
 * Take a session out of the line it waits in, if any, without looking for it
 * there.  The mutex must be held.
 */
static void leave_line(mobility_turn_t *turn)
{
	if (turn->place)
	{
		turn->place->turn = NULL;
		turn->place = NULL;
	}
}

/**
 * Take the first session that still waits in a line, and get the id to check out
 * its IKE_SA with, NULL if none does.  The mutex must be held.
 */
static ike_sa_id_t *take_first(line_t *line)
{
	mobility_turn_t *turn = NULL;
	mobility_place_t *place;
	ike_sa_id_t *id = NULL;

	while (!turn &&
		   line->waiting->remove_first(line->waiting,
									   (void**)&place) == SUCCESS)
	{
		turn = place->turn;
		free(place);
	}
	if (turn)
	{
		turn->place = NULL;
		id = mobility_turn_get_id(turn);
	}
	return id;
}

/**
 * Take the next session of a line, and get the id to check out its IKE_SA with,
 * or one that is to be destroyed.  Returns FALSE if there is none and the job is
 * to end.
 */
static bool take_next(line_t *line, ike_sa_id_t **id,
					  mobility_turn_t **forgotten)
{
	private_mobility_agenda_t *this = line->agenda;
	bool found = TRUE;

	*forgotten = NULL;
	this->mutex->lock(this->mutex);
	*id = take_first(line);
	if (!*id && (line != &this->work ||
				 this->forgotten->remove_first(this->forgotten,
											   (void**)forgotten) != SUCCESS))
	{
		line->workers--;
		found = FALSE;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/*
 * Described in header.
 */
void mobility_checkin(ike_sa_t *ike_sa, status_t status)
{
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

/**
 * Work on a session.
 */
static void work_on(line_t *line, ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	if (ike_sa)
	{
		mobility_checkin(ike_sa, line->cb(line->agenda->data, ike_sa));
	}
}

/**
 * Job that works until nothing is left to do, one session at a time: in between
 * it is the turn of messages.
 */
static job_requeue_t work_job(line_t *line)
{
	mobility_turn_t *forgotten;
	ike_sa_id_t *id;

	if (!take_next(line, &id, &forgotten))
	{
		return JOB_REQUEUE_NONE;
	}
	if (forgotten)
	{
		line->agenda->destroy(forgotten);
	}
	else
	{
		work_on(line, id);
		id->destroy(id);
	}
	return JOB_REQUEUE_FAIR;
}

/**
 * Have one more job if there may be, the mutex must be held.
 */
static void add_worker(line_t *line)
{
	if (line->workers < line->limit)
	{
		line->workers++;
		line->starting++;
	}
}

/**
 * Queue jobs of a line.
 */
static void start_workers(line_t *line, u_int count)
{
	while (count--)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create_with_prio(
							(callback_job_cb_t)work_job, line,
							NULL, NULL, JOB_PRIO_HIGH));
	}
}

/**
 * Unlock the mutex, then queue the jobs that are needed.
 */
static void unlock(private_mobility_agenda_t *this)
{
	u_int working = this->work.starting, failing = this->failing.starting;

	this->work.starting = this->failing.starting = 0;
	this->mutex->unlock(this->mutex);

	start_workers(&this->work, working);
	start_workers(&this->failing, failing);
}

/**
 * Queue work, the mutex must be held.
 */
static void queue_locked(private_mobility_agenda_t *this, mobility_turn_t *turn,
						 mobility_work_t flags)
{
	if (turn->ended || turn->given_up)
	{	/* but the next IKE_SA may go on with it */
		turn->work |= flags & MOBILITY_WORK_RELOAD;
		return;
	}
	if (!turn->work)
	{
		enter_line(&this->work, turn);
		add_worker(&this->work);
	}
	turn->work |= flags;
}

METHOD(mobility_agenda_t, queue, void,
	private_mobility_agenda_t *this, mobility_turn_t *turn,
	mobility_work_t work)
{
	this->mutex->lock(this->mutex);
	queue_locked(this, turn, work);
	unlock(this);
}

METHOD(mobility_agenda_t, give_up, void,
	private_mobility_agenda_t *this, mobility_turn_t *turn)
{
	this->mutex->lock(this->mutex);
	if (!turn->ended && !turn->given_up)
	{	/* nobody is to wait for its IKE_SA */
		leave_line(turn);
		turn->given_up = TRUE;
		enter_line(&this->failing, turn);
		add_worker(&this->failing);
	}
	unlock(this);
}

METHOD(mobility_agenda_t, take_work, mobility_work_t,
	private_mobility_agenda_t *this, mobility_turn_t *turn)
{
	mobility_work_t work;

	this->mutex->lock(this->mutex);
	work = turn->work;
	turn->work = 0;
	this->mutex->unlock(this->mutex);
	return work;
}

/**
 * Check if there is much to do, the mutex must be held.
 */
static bool is_crowded(private_mobility_agenda_t *this)
{
	return this->work.waiting->get_count(this->work.waiting) >= CROWD;
}

/**
 * Set the clock, the mutex must be held.
 */
static void set_clock(private_mobility_agenda_t *this, uint64_t when)
{
	if (when && is_crowded(this))
	{
		when = max(when, mobility_now() + CROWD_INTERVAL);
		if (this->alarm && this->alarm <= when)
		{
			return;
		}
	}
	this->alarm = when;
	this->clock->set(this->clock, when);
}

/**
 * Set the clock to the earliest deadline, the mutex must be held.
 */
static void set_alarm(private_mobility_agenda_t *this)
{
	mobility_deadline_t *first;

	first = this->deadlines->get_first(this->deadlines);
	this->alarm = 0;
	set_clock(this, first ? first->when : 0);
}

/**
 * mobility_clock_cb_t
 */
static void time_has_come(void *data, uint64_t now)
{
	private_mobility_agenda_t *this = data;
	mobility_deadline_t *first;

	this->mutex->lock(this->mutex);
	first = this->deadlines->get_first(this->deadlines);
	while (first && first->when <= now)
	{
		this->deadlines->set(this->deadlines, first, 0);
		queue_locked(this, turn_of(first), MOBILITY_WORK_TICK);
		first = this->deadlines->get_first(this->deadlines);
	}
	set_alarm(this);
	unlock(this);
}

METHOD(mobility_agenda_t, arm, void,
	private_mobility_agenda_t *this, mobility_turn_t *turn,
	uint64_t deadline)
{
	bool was_first;

	this->mutex->lock(this->mutex);
	was_first = turn->deadline.when && turn->deadline.when == this->alarm;
	deadline = turn->ended ? 0 : deadline;
	this->deadlines->set(this->deadlines, &turn->deadline, deadline);
	if (was_first && !is_crowded(this))
	{	/* do not wake the host for a time that is not meant anymore */
		set_alarm(this);
	}
	else if (deadline && (!this->alarm || deadline < this->alarm))
	{
		set_clock(this, deadline);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_agenda_t, end, void,
	private_mobility_agenda_t *this, mobility_turn_t *turn)
{
	this->mutex->lock(this->mutex);
	leave_line(turn);
	this->deadlines->set(this->deadlines, &turn->deadline, 0);
	turn->ended = TRUE;
	turn->work &= MOBILITY_WORK_RELOAD;
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_agenda_t, forget, void,
	private_mobility_agenda_t *this, mobility_turn_t *turn)
{
	this->mutex->lock(this->mutex);
	this->forgotten->insert_last(this->forgotten, turn);
	add_worker(&this->work);
	unlock(this);
}

METHOD(mobility_agenda_t, rebind, void,
	private_mobility_agenda_t *this, mobility_turn_t *turn, ike_sa_id_t *id)
{
	mobility_work_t work;

	this->mutex->lock(this->mutex);
	leave_line(turn);
	mobility_turn_set_id(turn, id);
	turn->ended = turn->given_up = FALSE;
	work = turn->work;
	turn->work = 0;
	if (work)
	{	/* a job may have taken the id of the previous IKE_SA */
		queue_locked(this, turn, work);
	}
	unlock(this);
}

METHOD(mobility_agenda_t, flush, void,
	private_mobility_agenda_t *this)
{
	mobility_turn_t *turn;

	while (this->forgotten->remove_first(this->forgotten,
										 (void**)&turn) == SUCCESS)
	{
		this->destroy(turn);
	}
}

METHOD(mobility_agenda_t, destroy, void,
	private_mobility_agenda_t *this)
{
	DESTROY_IF(this->clock);
	this->deadlines->destroy(this->deadlines);
	this->work.waiting->destroy_function(this->work.waiting, free);
	this->failing.waiting->destroy_function(this->failing.waiting, free);
	this->forgotten->destroy(this->forgotten);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_agenda_t *mobility_agenda_create(mobility_agenda_cb_t cb,
										  mobility_agenda_cb_t give_up,
										  void *data, mobility_turn_cb_t destroy)
{
	private_mobility_agenda_t *this;

	INIT(this,
		.public = {
			.queue = _queue,
			.give_up = _give_up,
			.take_work = _take_work,
			.arm = _arm,
			.rebind = _rebind,
			.end = _end,
			.forget = _forget,
			.flush = _flush,
			.destroy = _destroy,
		},
		.data = data,
		.destroy = destroy,
		.work = {
			.agenda = this,
			.cb = cb,
			.waiting = linked_list_create(),
			.limit = WORKERS,
		},
		.failing = {
			.agenda = this,
			.cb = give_up,
			.waiting = linked_list_create(),
			.limit = WORKERS,
		},
		.forgotten = linked_list_create(),
		.deadlines = mobility_deadlines_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->clock = mobility_clock_create(time_has_come, this);
	if (!this->clock)
	{
		_destroy(this);
		return NULL;
	}
	return &this->public;
}
