/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/dpd.h"

typedef struct private_mobility_dpd_t private_mobility_dpd_t;

/**
 * Private data of a dead peer detection.
 */
struct private_mobility_dpd_t {

	/**
	 * Public interface.
	 */
	mobility_exchange_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;
};

METHOD(mobility_exchange_t, detects_nat, bool,
	private_mobility_dpd_t *this)
{
	/* it would tell that the NAT that was made up is not there */
	return !this->course->forced &&
		   this->course->ike_sa->has_condition(this->course->ike_sa,
											   COND_NAT_HERE);
}

METHOD(mobility_exchange_t, answered, bool,
	private_mobility_dpd_t *this, message_t *answer, bool echoed,
	ike_natd_t *natd)
{
	if (!natd)
	{
		return FALSE;
	}
	natd->task.process(&natd->task, answer);
	if (!natd->has_mapping_changed(natd))
	{
		return FALSE;
	}
	/* in the words that strongSwan's own tests look for */
	DBG1(DBG_IKE, "detected changes in NAT mappings, initiating MOBIKE update");
	return TRUE;
}

/*
 * Described in header.
 */
mobility_exchange_t *mobility_dpd_create(mobility_course_t *course)
{
	private_mobility_dpd_t *this;

	INIT(this,
		.public = {
			.detects_nat = _detects_nat,
			.build = (void*)nop,
			.answered = _answered,
			.get_deadline = (void*)return_null,
			.tick = (void*)nop,
		},
		.course = course,
	);

	return &this->public;
}
