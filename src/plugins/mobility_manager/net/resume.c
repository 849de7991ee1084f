/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/resume.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/timerfd.h>

/** Time until the timer expires anyway, in seconds. */
#define FAR_AWAY (10LL * 365 * 24 * 3600)

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

typedef struct private_mobility_resume_t private_mobility_resume_t;

/**
 * Private data of a mobility_resume_t object.
 */
struct private_mobility_resume_t {

	/**
	 * Public interface.
	 */
	mobility_resume_t public;

	/**
	 * Timer that is canceled if the time of day is set.
	 */
	int fd;

	/**
	 * Milliseconds the host had slept when we looked last.
	 */
	uint64_t asleep;

	/**
	 * Called when the host is back.
	 */
	mobility_resume_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;
};

/**
 * Read a clock.
 */
static uint64_t get_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Described in header.
 */
uint64_t mobility_resume_check(uint64_t *asleep, uint64_t boottime,
							   uint64_t monotonic)
{
	uint64_t before = *asleep, slept;

	/* both start at boot, and one is read after the other */
	*asleep = boottime > monotonic ? boottime - monotonic : 0;
	slept = *asleep > before ? *asleep - before : 0;
	return slept >= MOBILITY_RESUME_MIN ? slept : 0;
}

/**
 * Look how long the host has slept.
 */
static uint64_t check(private_mobility_resume_t *this)
{
	uint64_t monotonic;

	monotonic = get_clock(CLOCK_MONOTONIC);
	return mobility_resume_check(&this->asleep, get_clock(CLOCK_BOOTTIME),
								 monotonic);
}

/**
 * Start to wait.
 */
static bool wait_for_change(int fd)
{
	struct itimerspec spec = {
		.it_value = {
			.tv_sec = time(NULL) + FAR_AWAY,
		},
	};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
						   &spec, NULL) == 0;
}

/**
 * watcher_cb_t
 */
static bool changed(void *data, int fd, watcher_event_t event)
{
	private_mobility_resume_t *this = data;
	uint64_t count, slept;

	if (read(fd, &count, sizeof(count)) == -1 && errno == ECANCELED)
	{
		slept = check(this);
		if (slept)
		{
			this->cb(this->data, slept);
		}
	}
	wait_for_change(fd);
	return TRUE;
}

METHOD(mobility_resume_t, destroy, void,
	private_mobility_resume_t *this)
{
	lib->watcher->remove(lib->watcher, this->fd);
	close(this->fd);
	free(this);
}

/*
 * Described in header.
 */
mobility_resume_t *mobility_resume_create(mobility_resume_cb_t cb, void *data)
{
	private_mobility_resume_t *this;
	int fd;

	fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd == -1 || !wait_for_change(fd))
	{
		DBG1(DBG_LIB, "mobility: creating timer to notice suspends failed: %s",
			 strerror(errno));
		if (fd != -1)
		{
			close(fd);
		}
		return NULL;
	}
	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.fd = fd,
		.cb = cb,
		.data = data,
	);
	check(this);
	lib->watcher->add(lib->watcher, fd, WATCHER_READ, changed, this);

	return &this->public;
}
