/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/clock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/timerfd.h>

typedef struct private_mobility_clock_t private_mobility_clock_t;

/**
 * Private data of a mobility_clock_t object.
 */
struct private_mobility_clock_t {

	/**
	 * Public interface.
	 */
	mobility_clock_t public;

	/**
	 * Timer.
	 */
	int fd;

	/**
	 * Called when the time has come.
	 */
	mobility_clock_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;
};

/*
 * Described in header.
 */
uint64_t mobility_now()
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/**
 * watcher_cb_t
 */
static bool expired(void *data, int fd, watcher_event_t event)
{
	private_mobility_clock_t *this = data;
	uint64_t count;

	/* fails if the clock was set to another time just now */
	if (read(fd, &count, sizeof(count)) == sizeof(count))
	{
		this->cb(this->data, mobility_now());
	}
	return TRUE;
}

METHOD(mobility_clock_t, set, void,
	private_mobility_clock_t *this, uint64_t when)
{
	struct itimerspec spec = {
		.it_value = {
			.tv_sec = when / 1000,
			.tv_nsec = when % 1000 * 1000000,
		},
	};

	/* all zero disarms, a time that has passed expires at once */
	timerfd_settime(this->fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

METHOD(mobility_clock_t, destroy, void,
	private_mobility_clock_t *this)
{
	lib->watcher->remove(lib->watcher, this->fd);
	close(this->fd);
	free(this);
}

/*
 * Described in header.
 */
mobility_clock_t *mobility_clock_create(mobility_clock_cb_t cb, void *data)
{
	private_mobility_clock_t *this;
	int fd;

	fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd == -1)
	{
		DBG1(DBG_LIB, "mobility: creating timer failed: %s", strerror(errno));
		return NULL;
	}
	INIT(this,
		.public = {
			.set = _set,
			.destroy = _destroy,
		},
		.fd = fd,
		.cb = cb,
		.data = data,
	);
	lib->watcher->add(lib->watcher, fd, WATCHER_READ, expired, this);

	return &this->public;
}
