/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mock_xfrm.h"
#include "fake_clock.h"
#include "mobility_suite.h"

#include <errno.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <linux/xfrm.h>

#include <collections/array.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

/** thresholds an SA has at first: packets, and ms */
#define SEQ 2
#define AGE 1000

/**
 * An SA
 */
typedef struct {
	/** what is told about it */
	mobility_sa_t sa;
	/** thresholds of its events */
	uint32_t seq, age;
	/** what it had counted at its last event */
	uint64_t oseq, iseq;
	/** when it is the time for another one, 0 if none is set */
	uint64_t timer;
	/** that time is over, and nothing was counted */
	bool deferred;
} mock_sa_t;

/**
 * The kernel
 */
static struct {
	mobility_xfrm_t xfrm;
	mobility_xfrm_events_t events;
	/** everything below is locked */
	mutex_t *mutex;
	/** SAs, mock_sa_t* */
	array_t *sas;
	/** events that nobody has read, mobility_sa_t* */
	array_t *queue;
	/** some of them were lost */
	bool lost;
	/** somebody listens to them */
	bool listening;
	/** SPIs in the filter, uint32_t, NULL if there is none */
	array_t *filter;
	/** what requests, and listening, fail with */
	int error, listen_error;
	/** number of requests */
	u_int requests;
	/** no request is answered */
	bool blocked;
	/** threads that wait for an answer */
	u_int waiting;
	/** signaled when one of these two changes */
	condvar_t *condvar;
	/** socket that is watched */
	int fd;
	/** by whom */
	watcher_cb_t cb;
	void *data;
	/** watcher as it was */
	watcher_t watcher;
} kernel;

/**
 * Find an SA
 */
static mock_sa_t *find(const mobility_sa_id_t *id)
{
	mock_sa_t *sa;
	int i;

	for (i = 0; i < array_count(kernel.sas); i++)
	{
		array_get(kernel.sas, i, &sa);
		if (mobility_sa_id_equals(&sa->sa.id, id))
		{
			return sa;
		}
	}
	return NULL;
}

/**
 * Queue an event about an SA, unless the filter drops it
 */
static void queue_event(mock_sa_t *sa, uint32_t flags)
{
	mobility_sa_t *event;
	uint32_t spi;
	bool passes = !kernel.filter;
	int i;

	for (i = 0; i < array_count(kernel.filter); i++)
	{
		array_get(kernel.filter, i, &spi);
		passes |= spi == sa->sa.id.spi;
	}
	if (kernel.listening && passes)
	{
		INIT(event);
		*event = sa->sa;
		event->flags = flags;
		array_insert(kernel.queue, ARRAY_TAIL, event);
	}
}

/**
 * Have an event about an SA if it is time for one, as xfrm_replay_notify() does
 */
static void notify(mock_sa_t *sa, bool timeout)
{
	bool changed = sa->sa.oseq != sa->oseq || sa->sa.seq != sa->iseq;

	if (!timeout && (!sa->seq || (sa->sa.oseq - sa->oseq < sa->seq &&
								  sa->sa.seq - sa->iseq < sa->seq)))
	{
		if (!sa->deferred)
		{
			return;
		}
		timeout = TRUE;
	}
	if (timeout && !changed)
	{
		sa->deferred = TRUE;
		return;
	}
	sa->oseq = sa->sa.oseq;
	sa->iseq = sa->sa.seq;
	queue_event(sa, timeout ? XFRM_AE_CE : XFRM_AE_CR);
	if (sa->age)
	{
		sa->deferred &= sa->timer != 0;
		sa->timer = fake_clock_now() + sa->age;
	}
}

/**
 * Check if a request is answered, wait if that takes its time
 */
static int begin_request(const mobility_sa_id_t *id, mock_sa_t **sa)
{
	kernel.requests++;
	kernel.waiting++;
	kernel.condvar->broadcast(kernel.condvar);
	while (kernel.blocked)
	{
		kernel.condvar->wait(kernel.condvar, kernel.mutex);
	}
	kernel.waiting--;
	*sa = find(id);
	return kernel.error ?: *sa ? 0 : ESRCH;
}

METHOD(mobility_xfrm_t, get_sa, int,
	mobility_xfrm_t *this, const mobility_sa_id_t *id, mobility_sa_t *sa)
{
	mock_sa_t *found;
	int error;

	kernel.mutex->lock(kernel.mutex);
	error = begin_request(id, &found);
	if (!error)
	{
		*sa = found->sa;
		sa->threshold = found->seq;
	}
	kernel.mutex->unlock(kernel.mutex);
	return error;
}

METHOD(mobility_xfrm_t, set_thresholds, int,
	mobility_xfrm_t *this, const mobility_sa_id_t *id, uint32_t seq,
	uint32_t age)
{
	mock_sa_t *found;
	int error;

	kernel.mutex->lock(kernel.mutex);
	error = begin_request(id, &found);
	if (!error)
	{
		found->seq = seq;
		found->age = age;
	}
	kernel.mutex->unlock(kernel.mutex);
	return error;
}

METHOD(mobility_xfrm_events_t, get_fd, int,
	mobility_xfrm_events_t *this)
{
	return kernel.fd;
}

METHOD(mobility_xfrm_events_t, listen_, int,
	mobility_xfrm_events_t *this, bool listen)
{
	int error;

	kernel.mutex->lock(kernel.mutex);
	error = kernel.listen_error;
	if (!error)
	{
		kernel.listening = listen;
	}
	kernel.mutex->unlock(kernel.mutex);
	return error;
}

METHOD(mobility_xfrm_events_t, filter, void,
	mobility_xfrm_events_t *this, uint32_t *spis, u_int count)
{
	kernel.mutex->lock(kernel.mutex);
	array_destroy(kernel.filter);
	kernel.filter = NULL;
	while (count--)
	{
		array_insert_create_value(&kernel.filter, sizeof(uint32_t), ARRAY_TAIL,
								  spis++);
	}
	kernel.mutex->unlock(kernel.mutex);
}

METHOD(mobility_xfrm_events_t, receive, bool,
	mobility_xfrm_events_t *this, mobility_xfrm_events_cb_t cb, void *data)
{
	mobility_sa_t *event;
	bool complete;

	kernel.mutex->lock(kernel.mutex);
	while (array_remove(kernel.queue, ARRAY_HEAD, &event))
	{
		kernel.mutex->unlock(kernel.mutex);
		cb(data, event);
		free(event);
		kernel.mutex->lock(kernel.mutex);
	}
	complete = !kernel.lost;
	kernel.lost = FALSE;
	kernel.mutex->unlock(kernel.mutex);
	return complete;
}

METHOD(watcher_t, add, void,
	watcher_t *this, int fd, watcher_event_t events, watcher_cb_t cb,
	void *data)
{
	ck_assert_int_eq(fd, kernel.fd);
	ck_assert(!kernel.cb);
	kernel.cb = cb;
	kernel.data = data;
}

METHOD(watcher_t, remove_, void,
	watcher_t *this, int fd)
{
	ck_assert_int_eq(fd, kernel.fd);
	kernel.cb = NULL;
}

/*
 * Described in header
 */
void mock_xfrm_setup(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	kernel.condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
	kernel.sas = array_create(0, 0);
	kernel.queue = array_create(0, 0);
	kernel.fd = eventfd(0, 0);
	kernel.watcher = *lib->watcher;
	lib->watcher->add = _add;
	lib->watcher->remove = (void*)_remove_;
}

/*
 * Described in header
 */
void mock_xfrm_teardown(void)
{
	ck_assert(!kernel.cb);
	*lib->watcher = kernel.watcher;
	close(kernel.fd);
	array_destroy_function(kernel.sas, (void*)free, NULL);
	array_destroy_function(kernel.queue, (void*)free, NULL);
	array_destroy(kernel.filter);
	kernel.condvar->destroy(kernel.condvar);
	kernel.mutex->destroy(kernel.mutex);
}

/*
 * Described in header
 */
mobility_xfrm_t *mock_xfrm_create(void)
{
	kernel.xfrm = (mobility_xfrm_t){
		.get_sa = _get_sa,
		.set_thresholds = _set_thresholds,
	};
	return &kernel.xfrm;
}

/*
 * Described in header
 */
mobility_xfrm_events_t *mock_xfrm_create_events(void)
{
	kernel.events = (mobility_xfrm_events_t){
		.get_fd = _get_fd,
		.listen = _listen_,
		.filter = _filter,
		.receive = _receive,
		.destroy = (void*)nop,
	};
	return &kernel.events;
}

/*
 * Described in header
 */
mobility_sa_id_t mock_xfrm_id(char *dst, uint32_t spi)
{
	mobility_sa_id_t id;
	host_t *host;

	host = host_create_from_string(dst, 0);
	id = mobility_sa_id_create(host, IPPROTO_ESP, htonl(spi), (mark_t){});
	host->destroy(host);
	return id;
}

/*
 * Described in header
 */
void mock_xfrm_add(mobility_sa_id_t id)
{
	mock_sa_t *sa;

	INIT(sa,
		.sa = {
			.id = id,
		},
		.seq = SEQ,
		.age = AGE,
	);
	kernel.mutex->lock(kernel.mutex);
	ck_assert(!find(&id));
	array_insert(kernel.sas, ARRAY_TAIL, sa);
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_del(mobility_sa_id_t id)
{
	mock_sa_t *sa;
	int i;

	kernel.mutex->lock(kernel.mutex);
	for (i = array_count(kernel.sas) - 1; i >= 0; i--)
	{
		array_get(kernel.sas, i, &sa);
		if (mobility_sa_id_equals(&sa->sa.id, &id))
		{
			array_remove(kernel.sas, i, NULL);
			free(sa);
		}
	}
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_send(mobility_sa_id_t id, u_int count)
{
	mock_sa_t *sa;

	kernel.mutex->lock(kernel.mutex);
	sa = find(&id);
	ck_assert(sa);
	while (count--)
	{
		sa->sa.oseq++;
		sa->sa.packets++;
		notify(sa, FALSE);
	}
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_receive(mobility_sa_id_t id, u_int count, u_int lost)
{
	mock_sa_t *sa;

	kernel.mutex->lock(kernel.mutex);
	sa = find(&id);
	ck_assert(sa);
	sa->sa.packets += count;
	sa->sa.seq += count + lost;
	notify(sa, FALSE);
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
bool mock_xfrm_run(void)
{
	mock_sa_t *sa;
	bool any;
	int i;

	kernel.mutex->lock(kernel.mutex);
	for (i = 0; i < array_count(kernel.sas); i++)
	{
		array_get(kernel.sas, i, &sa);
		if (sa->timer && fake_clock_now() >= sa->timer)
		{
			sa->timer = 0;
			notify(sa, TRUE);
		}
	}
	any = array_count(kernel.queue) || kernel.lost;
	kernel.mutex->unlock(kernel.mutex);
	if (any && kernel.cb)
	{
		ck_assert(kernel.cb(kernel.data, kernel.fd, WATCHER_READ));
	}
	return any;
}

/*
 * Described in header
 */
void mock_xfrm_overrun(void)
{
	mobility_sa_t *event;

	kernel.mutex->lock(kernel.mutex);
	while (array_remove(kernel.queue, ARRAY_HEAD, &event))
	{
		free(event);
	}
	kernel.lost = TRUE;
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_fail(int error)
{
	kernel.mutex->lock(kernel.mutex);
	kernel.error = error;
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_fail_listen(int error)
{
	kernel.mutex->lock(kernel.mutex);
	kernel.listen_error = error;
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
u_int mock_xfrm_requests(void)
{
	u_int requests;

	kernel.mutex->lock(kernel.mutex);
	requests = kernel.requests;
	kernel.requests = 0;
	kernel.mutex->unlock(kernel.mutex);
	return requests;
}

/*
 * Described in header
 */
int mock_xfrm_filter(void)
{
	int count;

	kernel.mutex->lock(kernel.mutex);
	count = !kernel.listening ? -2 :
			!kernel.filter ? -1 : array_count(kernel.filter);
	kernel.mutex->unlock(kernel.mutex);
	return count;
}

/*
 * Described in header
 */
void mock_xfrm_block(void)
{
	kernel.mutex->lock(kernel.mutex);
	kernel.blocked = TRUE;
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_wait(void)
{
	kernel.mutex->lock(kernel.mutex);
	while (!kernel.waiting)
	{
		kernel.condvar->wait(kernel.condvar, kernel.mutex);
	}
	kernel.mutex->unlock(kernel.mutex);
}

/*
 * Described in header
 */
void mock_xfrm_unblock(void)
{
	kernel.mutex->lock(kernel.mutex);
	kernel.blocked = FALSE;
	kernel.condvar->broadcast(kernel.condvar);
	kernel.mutex->unlock(kernel.mutex);
}
