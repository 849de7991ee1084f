/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/drain.h"
#include "net/clock.h"

#include <processing/jobs/callback_job.h>

/**
 * Sessions that are to be ended.
 */
typedef struct {
	/** what has to be true of them still */
	mobility_filter_t filter;
	/** their numbers, uint32_t */
	array_t *numbers;
	/** checks them out */
	mobility_roster_checkout_t checkout;
	/** user data for it */
	void *data;
} termination_t;

/**
 * Destroy a termination_t.
 */
static void termination_destroy(termination_t *this)
{
	array_destroy(this->numbers);
	free(this);
}

/**
 * End a session, unless it is dormant no longer.
 */
static status_t end(termination_t *this, mobility_session_t *session)
{
	mobility_status_t *status;
	bool meant;

	status = session->get_status(session);
	meant = mobility_filter_matches_status(&this->filter, status);
	mobility_status_destroy(status);
	return meant ? session->terminate(session) : SUCCESS;
}

/**
 * Job that ends the next session.
 */
static job_requeue_t terminate_next(termination_t *this)
{
	mobility_session_t *session;
	ike_sa_t *ike_sa;
	uint32_t number;
	uint64_t start;

	if (!array_remove(this->numbers, ARRAY_HEAD, &number))
	{
		return JOB_REQUEUE_NONE;
	}
	start = mobility_now();
	session = this->checkout(this->data, number, &ike_sa);
	if (session)
	{
		mobility_checkin(ike_sa, end(this, session));
	}
	start = MOBILITY_DRAIN_PAUSE * (mobility_now() - start);
	return start ? JOB_RESCHEDULE_MS(start) : JOB_REQUEUE_FAIR;
}

/*
 * Described in header.
 */
u_int mobility_drain_terminate(mobility_registry_t *registry,
							   const mobility_filter_t *filter,
							   mobility_roster_checkout_t checkout, void *data)
{
	mobility_filter_t dormant = *filter;
	termination_t *this;
	u_int count;

	dormant.states = 1 << MOBILITY_DORMANT;
	INIT(this,
		.filter = {
			.states = dormant.states,
			.since = dormant.since,
		},
		.numbers = mobility_roster_get_numbers(registry, &dormant),
		.checkout = checkout,
		.data = data,
	);
	count = array_count(this->numbers);
	lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create((callback_job_cb_t)terminate_next, this,
										(void*)termination_destroy, NULL));
	return count;
}

/**
 * Redirect a client.  Returns FALSE if it can't be.
 */
static bool redirect(ike_sa_t *ike_sa, identification_t *gateway)
{
	status_t status = FAILED;

	if (ike_sa->supports_extension(ike_sa, EXT_IKE_REDIRECTION))
	{
		status = ike_sa->redirect(ike_sa, gateway);
	}
	mobility_checkin(ike_sa, status);
	return status == SUCCESS;
}

/*
 * Described in header.
 */
u_int mobility_drain_redirect(mobility_registry_t *registry,
							  const mobility_filter_t *filter,
							  identification_t *gateway,
							  mobility_roster_checkout_t checkout, void *data,
							  u_int *unable)
{
	mobility_filter_t anchors = *filter;
	ike_sa_t *ike_sa;
	array_t *numbers;
	uint32_t number;
	u_int count = 0;

	anchors.anchor = TRUE;
	anchors.mobile = FALSE;
	*unable = 0;
	numbers = mobility_roster_get_numbers(registry, &anchors);
	while (array_remove(numbers, ARRAY_HEAD, &number))
	{
		if (checkout(data, number, &ike_sa))
		{
			if (redirect(ike_sa, gateway))
			{
				count++;
			}
			else
			{
				(*unable)++;
			}
		}
	}
	array_destroy(numbers);
	return count;
}
