/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/pmtu.h"
#include "mobile/filled_request.h"
#include "mobile/pmtu_probe.h"
#include "net/clock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <daemon.h>

/** When to measure a path if the peer is busy with other sessions, in ms; up to
 * twice that.  And how often that is put off, as there may be sessions enough to
 * keep it busy forever. */
#define MEASURE_LATER 5000
#define MEASURE_POSTPONED 6

typedef struct private_mobility_pmtu_t private_mobility_pmtu_t;

/**
 * Private data of a mobility_pmtu_t object.
 */
struct private_mobility_pmtu_t {

	/**
	 * Public interface.
	 */
	mobility_pmtu_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Sends requests again.
	 */
	mobility_retransmission_t *retransmission;

	/**
	 * What peers are busy with.
	 */
	mobility_peer_load_t *load;

	/**
	 * When to measure the path in use, 0 if that is done.
	 */
	uint64_t due;

	/**
	 * How often that was put off.
	 */
	u_int postponed;

	/**
	 * Measurement under way.
	 */
	mobility_pmtu_probe_t probe;

	/**
	 * Parts of packets get through on the path in use.
	 */
	bool passable;

	/**
	 * A measurement has said that large packets get lost.
	 */
	bool doubt;
};

/**
 * Connect a socket over a path, and get the MTU of it.
 */
static uint32_t get_mtu(int fd, const mobility_path_t *path)
{
	int family = path->remote->get_family(path->remote), mtu = 0;
	socklen_t len = sizeof(mtu);

	/* without the policies that would have it go through the tunnel */
	if (!charon->kernel->bypass_socket(charon->kernel, fd, family) ||
		bind(fd, path->local->get_sockaddr(path->local),
			 *path->local->get_sockaddr_len(path->local)) != 0 ||
		connect(fd, path->remote->get_sockaddr(path->remote),
				*path->remote->get_sockaddr_len(path->remote)) != 0 ||
		getsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
				   family == AF_INET ? IP_MTU : IPV6_MTU, &mtu, &len) != 0)
	{
		return 0;
	}
	return max(0, mtu);
}

/**
 * Get the MTU that the kernel believes a path has, 0 if unknown.
 */
static uint32_t get_believed(const mobility_path_t *path)
{
	uint32_t mtu;
	int fd;

	fd = socket(path->remote->get_family(path->remote),
				SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
	{
		return 0;
	}
	mtu = get_mtu(fd, path);
	if (!mtu)
	{
		DBG2(DBG_NET, "getting the MTU from %H to %H failed: %s", path->local,
			 path->remote, strerror(errno));
	}
	close(fd);
	return mtu;
}

METHOD(mobility_pmtu_t, is_due, bool,
	private_mobility_pmtu_t *this, uint64_t now)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *path = this->course->heading.path;

	if (!path || !this->due || now < this->due)
	{
		return FALSE;
	}
	if (this->postponed < MEASURE_POSTPONED &&
		this->load->is_busy(this->load, path->local, path->remote, now))
	{	/* others have to move first, and not all are to come back at once */
		this->due = now + MEASURE_LATER + random() % MEASURE_LATER;
		this->postponed++;
		return FALSE;
	}
	this->due = 0;
	/* else there is nothing to limit, or no way to */
	return candidates->is_pinned(candidates, path) &&
		   get_believed(path) > MOBILITY_MTU_FLOOR;
}

METHOD(mobility_pmtu_t, moved, void,
	private_mobility_pmtu_t *this, uint64_t now)
{
	this->due = now;
	this->postponed = 0;
	this->passable = this->doubt = FALSE;
}

METHOD(mobility_pmtu_t, repeat, void,
	private_mobility_pmtu_t *this, uint64_t now)
{
	if (this->probe.size)
	{
		this->due = now;
	}
	this->probe = (mobility_pmtu_probe_t){};
	this->passable = FALSE;
}

/**
 * Begin to measure the path in use, FALSE if that is not possible.
 */
static bool begin(private_mobility_pmtu_t *this, message_t *message)
{
	mobility_path_history_t *records = this->course->candidates->records;
	mobility_path_t *path = this->course->heading.path;
	mobility_record_t record = {};
	uint64_t now = mobility_now();

	if (!path)
	{
		return FALSE;
	}
	records->get(records, path, now, &record);
	if (!mobility_pmtu_probe_begin(&this->probe, !this->passable,
								   get_believed(path), record.rtt, now))
	{
		return FALSE;
	}
	this->probe.size = mobility_filled_request(this->course->ike_sa, message,
											   this->probe.size);
	return this->probe.size != 0;
}

METHOD(mobility_exchange_t, build, void,
	private_mobility_pmtu_t *this, message_t *message)
{
	mobility_request_t *request = this->retransmission->request;
	ike_sa_t *ike_sa = this->course->ike_sa;
	packet_t *packet;

	if (begin(this, message) &&
		/* by ourselves, as charon would have a large one in IKE fragments */
		ike_sa->generate_message(ike_sa, message, &packet) == SUCCESS)
	{
		packet->destroy(packet);
		request->begin_with(request,
							this->probe.trial ? MOBILITY_REQUEST_PARTS
											  : MOBILITY_REQUEST_WHOLE);
	}
	else
	{	/* whatever is answered, it says nothing */
		this->probe = (mobility_pmtu_probe_t){};
	}
}

/**
 * Note if the request was sent in both forms.
 */
static void note_both(private_mobility_pmtu_t *this)
{
	mobility_request_t *request = this->retransmission->request;
	uint64_t time = request->get_both(request);

	if (time)
	{
		mobility_pmtu_probe_both(&this->probe, time);
	}
}

/**
 * Conclude if parts of packets get through on the path in use.
 */
static void conclude_trial(private_mobility_pmtu_t *this)
{
	mobility_path_t *path = this->course->heading.path;
	bool again;

	this->passable = mobility_pmtu_probe_answered(&this->probe,
										get_believed(path), &again) != 0;
	if (this->passable || again)
	{
		this->due = mobility_now();
	}
}

/**
 * Conclude what the path in use takes.
 */
static void conclude(private_mobility_pmtu_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *path = this->course->heading.path;
	uint32_t size = this->probe.size, takes;
	bool again;

	takes = mobility_pmtu_probe_answered(&this->probe, get_believed(path),
										 &again);
	if (takes == MOBILITY_MTU_FLOOR && !this->doubt)
	{	/* nothing else may have got through for a moment, either */
		this->doubt = again = TRUE;
		takes = 0;
	}
	else if (!again)
	{
		this->doubt = FALSE;
	}
	if (again)
	{
		this->due = mobility_now();
	}
	if (takes && candidates->limit(candidates, path, takes))
	{
		dbg(DBG_IKE, takes < size ? 1 : 2, "mobility: %s: packets of %u bytes "
			"%s over %s, sending none larger than %u", this->course->name, size,
			takes < size ? "get lost" : "arrive", path->ifname, takes);
	}
}

METHOD(mobility_exchange_t, answered, bool,
	private_mobility_pmtu_t *this, message_t *answer, bool echoed,
	ike_natd_t *natd)
{
	mobility_heading_t *heading = &this->course->heading;

	note_both(this);
	if (heading->target ||
		!mobility_path_has(heading->path, answer->get_destination(answer),
						   answer->get_source(answer)))
	{
		this->probe = (mobility_pmtu_probe_t){};
	}
	else if (this->probe.trial)
	{
		conclude_trial(this);
	}
	else if (this->probe.size)
	{
		conclude(this);
	}
	return FALSE;
}

METHOD(mobility_exchange_t, get_deadline, uint64_t,
	private_mobility_pmtu_t *this)
{
	note_both(this);
	/* what is due already waits for the IKE_SA, not for the clock */
	if (!this->probe.next && this->due > mobility_now())
	{
		return this->due;
	}
	return this->probe.next;
}

METHOD(mobility_exchange_t, tick, void,
	private_mobility_pmtu_t *this, uint64_t now)
{
	mobility_retransmission_t *retransmission = this->retransmission;
	mobility_request_t *request = retransmission->request;
	mobility_path_t *path = this->course->heading.path;

	note_both(this);
	if (!path)
	{
		this->probe = (mobility_pmtu_probe_t){};
	}
	if (this->probe.next && now >= this->probe.next &&
		retransmission->is_queued(retransmission, now))
	{
		this->probe.next = now + this->probe.interval;
		return;
	}
	switch (mobility_pmtu_probe_tick(&this->probe, now))
	{
		case MOBILITY_MTU_FIRST:
			request->send_first(request, path, this->course->ike_sa);
			break;
		case MOBILITY_MTU_BOTH:
			retransmission->again(retransmission, path);
			break;
		case MOBILITY_MTU_NONE:
			break;
	}
}

/*
 * Described in header.
 */
mobility_pmtu_t *mobility_pmtu_create(mobility_course_t *course,
									  mobility_retransmission_t *retransmission,
									  mobility_peer_load_t *load)
{
	private_mobility_pmtu_t *this;

	INIT(this,
		.public = {
			.exchange = {
				.detects_nat = (void*)return_false,
				.build = _build,
				.answered = _answered,
				.get_deadline = _get_deadline,
				.tick = _tick,
			},
			.is_due = _is_due,
			.moved = _moved,
			.repeat = _repeat,
		},
		.course = course,
		.retransmission = retransmission,
		.load = load,
	);

	return &this->public;
}
