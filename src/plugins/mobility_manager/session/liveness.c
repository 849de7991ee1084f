/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/liveness.h"

typedef struct private_mobility_liveness_t private_mobility_liveness_t;

/**
 * Private data of a mobility_liveness_t object.
 */
struct private_mobility_liveness_t {

	/**
	 * Public interface.
	 */
	mobility_liveness_t public;

	/**
	 * Watches traffic, or NULL.
	 */
	mobility_traffic_t *traffic;

	/**
	 * What it has watched by that.
	 */
	uint32_t watch;

	/**
	 * Round-trip time of the path in use in ms, 0 if unknown.
	 */
	uint32_t rtt;
};

/**
 * Check if the kernel counts the packets of a CHILD_SA.
 */
static bool is_watchable(child_sa_t *child_sa)
{
	return child_sa->get_protocol(child_sa) == PROTO_ESP &&
		   child_sa->get_state(child_sa) == CHILD_INSTALLED;
}

/**
 * Get one of the SAs of a CHILD_SA.
 */
static mobility_sa_id_t get_sa(ike_sa_t *ike_sa, child_sa_t *child_sa,
							   bool inbound)
{
	return mobility_sa_id_create(inbound ? ike_sa->get_my_host(ike_sa)
										 : ike_sa->get_other_host(ike_sa),
								 IPPROTO_ESP,
								 child_sa->get_spi(child_sa, inbound),
								 child_sa->get_mark(child_sa, inbound));
}

METHOD(mobility_liveness_t, watch, void,
	private_mobility_liveness_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	mobility_traffic_sas_t current;
	array_t *sas;

	if (!this->traffic)
	{
		return;
	}
	sas = array_create(sizeof(current), 0);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (is_watchable(child_sa))
		{
			current.in = get_sa(ike_sa, child_sa, TRUE);
			current.out = get_sa(ike_sa, child_sa, FALSE);
			array_insert(sas, ARRAY_TAIL, &current);
		}
	}
	enumerator->destroy(enumerator);
	this->traffic->watch(this->traffic, this->watch, sas);
	array_destroy(sas);
}

METHOD(mobility_liveness_t, stop, void,
	private_mobility_liveness_t *this)
{
	if (this->traffic)
	{
		this->traffic->end(this->traffic, this->watch);
	}
}

/**
 * Set the round-trip time.
 */
static void set_rtt(private_mobility_liveness_t *this, uint32_t rtt)
{
	this->rtt = rtt;
	if (this->traffic)
	{
		this->traffic->set_rtt(this->traffic, this->watch, rtt);
	}
}

METHOD(mobility_liveness_t, answered, void,
	private_mobility_liveness_t *this, uint32_t rtt)
{
	if (rtt)
	{
		set_rtt(this, rtt);
	}
	if (this->traffic)
	{
		this->traffic->refuted(this->traffic, this->watch);
	}
}

METHOD(mobility_liveness_t, moved, void,
	private_mobility_liveness_t *this, uint32_t rtt)
{
	if (this->traffic)
	{
		this->traffic->moved(this->traffic, this->watch);
	}
	set_rtt(this, rtt);
}

METHOD(mobility_liveness_t, tell_leaving, void,
	private_mobility_liveness_t *this, bool tell)
{
	if (this->traffic)
	{
		this->traffic->tell_leaving(this->traffic, this->watch, tell);
	}
}

METHOD(mobility_liveness_t, get_rtt, uint32_t,
	private_mobility_liveness_t *this)
{
	return this->rtt;
}

METHOD(mobility_liveness_t, get_verdict, mobility_health_t,
	private_mobility_liveness_t *this)
{
	if (!this->traffic)
	{
		return MOBILITY_HEALTH_HEALTHY;
	}
	return this->traffic->get_verdict(this->traffic, this->watch);
}

METHOD(mobility_liveness_t, sample, void,
	private_mobility_liveness_t *this)
{
	if (this->traffic)
	{
		this->traffic->sample(this->traffic, this->watch);
	}
}

METHOD(mobility_liveness_t, get_facts, void,
	private_mobility_liveness_t *this, mobility_path_health_facts_t *facts)
{
	*facts = (mobility_path_health_facts_t){};
	if (this->traffic)
	{
		this->traffic->get_facts(this->traffic, this->watch, facts);
	}
}

METHOD(mobility_liveness_t, get_counters, void,
	private_mobility_liveness_t *this, mobility_path_health_sample_t *counters)
{
	*counters = (mobility_path_health_sample_t){};
	if (this->traffic)
	{
		this->traffic->get_counters(this->traffic, this->watch, counters);
	}
}

METHOD(mobility_liveness_t, destroy, void,
	private_mobility_liveness_t *this)
{
	stop(this);
	free(this);
}

/*
 * Described in header.
 */
mobility_liveness_t *mobility_liveness_create(mobility_traffic_t *traffic,
											  uint32_t number)
{
	private_mobility_liveness_t *this;

	INIT(this,
		.public = {
			.watch = _watch,
			.stop = _stop,
			.answered = _answered,
			.moved = _moved,
			.tell_leaving = _tell_leaving,
			.get_rtt = _get_rtt,
			.get_verdict = _get_verdict,
			.sample = _sample,
			.get_facts = _get_facts,
			.get_counters = _get_counters,
			.destroy = _destroy,
		},
		.traffic = traffic,
		.watch = traffic ? traffic->begin(traffic, number) : 0,
	);
	return &this->public;
}
