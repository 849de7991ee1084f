/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_clock.h"
#include "mobility_suite.h"

#include <time.h>

#include <collections/array.h>
#include "net/clock.h"

/**
 * A job that waits
 */
typedef struct {
	/** when it is due, without suspends */
	uint64_t due;
	/** job */
	job_t *job;
} waiting_t;

/**
 * The clock
 */
static struct {
	/** replaces the real one */
	bool running;
	/** current time, and how much of it the host was suspended */
	uint64_t now, suspended;
	/** waiting_t, in the order they are due */
	array_t *jobs;
	/** what was replaced */
	scheduler_t scheduler;
	processor_t processor;
} fake;

/**
 * Read a real clock
 */
static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** what the linker has called in place of mobility_now() */
uint64_t __wrap_mobility_now(void);

uint64_t __wrap_mobility_now(void)
{
	return fake.running ? fake.now : read_clock(CLOCK_BOOTTIME);
}

/**
 * Takes precedence over libstrongswan's
 */
time_t time_monotonic(timeval_t *tv)
{
	uint64_t now;

	now = fake.running ? fake.now - fake.suspended
					   : read_clock(CLOCK_MONOTONIC);
	if (tv)
	{
		tv->tv_sec = now / 1000;
		tv->tv_usec = now % 1000 * 1000;
	}
	return now / 1000;
}

/**
 * Line up a job behind those that are due at the same time
 */
static void line_up(job_t *job, uint64_t delay)
{
	waiting_t *current, *waiting;
	int i;

	INIT(waiting,
		.due = fake.now - fake.suspended + delay,
		.job = job,
	);
	job->status = JOB_STATUS_QUEUED;
	for (i = array_count(fake.jobs); i > 0; i--)
	{
		array_get(fake.jobs, i - 1, &current);
		if (current->due <= waiting->due)
		{
			break;
		}
	}
	array_insert(fake.jobs, i == array_count(fake.jobs) ? ARRAY_TAIL : i,
				 waiting);
}

METHOD(scheduler_t, schedule_job, void,
	scheduler_t *this, job_t *job, uint32_t s)
{
	line_up(job, s * 1000ULL);
}

METHOD(scheduler_t, schedule_job_ms, void,
	scheduler_t *this, job_t *job, uint32_t ms)
{
	line_up(job, ms);
}

METHOD(scheduler_t, schedule_job_tv, void,
	scheduler_t *this, job_t *job, timeval_t tv)
{
	uint64_t due = tv.tv_sec * 1000ULL + tv.tv_usec / 1000;
	uint64_t now = fake.now - fake.suspended;

	line_up(job, due > now ? due - now : 0);
}

METHOD(processor_t, queue_job, void,
	processor_t *this, job_t *job)
{
	line_up(job, 0);
}

/**
 * Run a job, and line it up again if it wants to be
 */
static void execute(job_t *job)
{
	job_requeue_t requeue;

	job->status = JOB_STATUS_EXECUTING;
	requeue = job->execute(job);
	switch (requeue.type)
	{
		case JOB_REQUEUE_TYPE_NONE:
			job->status = JOB_STATUS_DONE;
			job->destroy(job);
			break;
		case JOB_REQUEUE_TYPE_SCHEDULE:
			ck_assert(requeue.schedule != JOB_SCHEDULE_TV);
			line_up(job, requeue.schedule == JOB_SCHEDULE ?
							requeue.time.rel * 1000ULL : requeue.time.rel);
			break;
		default:
			line_up(job, 0);
			break;
	}
}

/*
 * Described in header
 */
void fake_clock_start(uint64_t now)
{
	fake.now = now;
	fake.suspended = 0;
	fake.jobs = array_create(0, 0);
	fake.scheduler = *lib->scheduler;
	fake.processor = *lib->processor;
	lib->scheduler->schedule_job = _schedule_job;
	lib->scheduler->schedule_job_ms = _schedule_job_ms;
	lib->scheduler->schedule_job_tv = _schedule_job_tv;
	lib->processor->queue_job = _queue_job;
	fake.running = TRUE;
}

/*
 * Described in header
 */
void fake_clock_stop(void)
{
	waiting_t *waiting;

	fake.running = FALSE;
	*lib->scheduler = fake.scheduler;
	*lib->processor = fake.processor;
	while (array_remove(fake.jobs, ARRAY_HEAD, &waiting))
	{
		waiting->job->status = JOB_STATUS_CANCELED;
		waiting->job->destroy(waiting->job);
		free(waiting);
	}
	array_destroy(fake.jobs);
}

/*
 * Described in header
 */
uint64_t fake_clock_now(void)
{
	return fake.now;
}

/*
 * Described in header
 */
void fake_clock_set(uint64_t now)
{
	ck_assert(now >= fake.now);
	fake.now = now;
}

/*
 * Described in header
 */
void fake_clock_suspend(uint64_t ms)
{
	fake.now += ms;
	fake.suspended += ms;
}

/*
 * Described in header
 */
uint64_t fake_clock_next(void)
{
	waiting_t *waiting;

	return array_get(fake.jobs, ARRAY_HEAD, &waiting)
						? waiting->due + fake.suspended : UINT64_MAX;
}

/*
 * Described in header
 */
bool fake_clock_run(void)
{
	waiting_t *waiting;
	bool any = FALSE;

	while (fake_clock_next() <= fake.now &&
		   array_remove(fake.jobs, ARRAY_HEAD, &waiting))
	{
		execute(waiting->job);
		free(waiting);
		any = TRUE;
	}
	return any;
}
