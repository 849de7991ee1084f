/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/esp_proof.h"
#include "mobile/probation.h"
#include "mobile/switch_back.h"
#include "net/clock.h"

typedef struct private_mobility_esp_proof_t private_mobility_esp_proof_t;

/**
 * Private data of a mobility_esp_proof_t object.
 */
struct private_mobility_esp_proof_t {

	/**
	 * Public interface.
	 */
	mobility_esp_proof_t public;

	/**
	 * Moves the session.
	 */
	mobility_mover_t *mover;

	/**
	 * Knows its traffic.
	 */
	mobility_liveness_t *vigil;

	/**
	 * What the session has experienced.
	 */
	mobility_path_history_t *records;

	/**
	 * Decides.
	 */
	mobility_probation_t probation;

	/**
	 * The path in use when it was confirmed last, NULL if unknown.
	 */
	mobility_path_t *path;

	/**
	 * The peer has just answered over it.
	 */
	bool answered;

	/**
	 * It is being left without having tried UDP encapsulation.
	 */
	bool plain;
};

METHOD(mobility_esp_proof_t, moved, void,
	private_mobility_esp_proof_t *this)
{
	mobility_course_t *course = &this->mover->course;
	mobility_path_t *path = course->heading.path;
	mobility_path_health_facts_t traffic;
	mobility_probation_action_t why;

	this->vigil->get_facts(this->vigil, &traffic);
	why = mobility_probation_moved(&this->probation, path, &traffic,
								   this->vigil->get_rtt(this->vigil));
	if (why != MOBILITY_PROBATION_WAIT)
	{
		this->records->no_esp(this->records, this->path,
							  why == MOBILITY_PROBATION_RETURN, course->penalty,
							  mobility_now());
	}
	if (why == MOBILITY_PROBATION_RETURN && this->plain)
	{	/* the next time */
		this->records->encapsulate(this->records, this->path, TRUE);
	}
	mobility_path_destroy(this->path);
	this->path = path ? mobility_path_clone(path) : NULL;
}

METHOD(mobility_esp_proof_t, answered, void,
	private_mobility_esp_proof_t *this, bool certain)
{
	this->answered = certain;
}

/**
 * Check if a path is the next one: over an uplink that was not left for the same
 * reason.
 */
static bool is_next(private_mobility_esp_proof_t *this,
					const mobility_path_t *path, uint64_t now)
{
	mobility_record_t record;

	this->records->get(this->records, path, now, &record);
	return !record.left && path->ifindex != this->path->ifindex;
}

/**
 * Find the path to go back to, or without any the next one; NULL if there is
 * none.
 */
static mobility_path_t *find_path(private_mobility_esp_proof_t *this,
								  const mobility_path_id_t *origin)
{
	mobility_candidates_t *candidates = this->mover->course.candidates;
	mobility_path_t *path, *found = NULL;
	mobility_candidate_t *candidate;
	enumerator_t *enumerator;
	mobility_path_id_t id;
	uint64_t now = mobility_now();

	enumerator = candidates->create_enumerator(candidates, now);
	while (!found && enumerator->enumerate(enumerator, &candidate))
	{
		path = candidate->path;
		id = mobility_path_get_id(path);
		if (!candidate->aside &&
			(origin ? mobility_path_id_equals(&id, origin)
					: is_next(this, path, now)))
		{
			found = path;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Take another path.
 */
static status_t leave(private_mobility_esp_proof_t *this, mobility_path_t *path)
{
	char trigger[MOBILITY_TRIGGER_LEN];

	DBG1(DBG_IKE, "mobility: %s: no ESP returns over %s, where the peer "
		 "answers: trying %s", this->mover->course.name, this->path->ifname,
		 path->ifname);
	snprintf(trigger, sizeof(trigger), "no ESP over %s", this->path->ifname);
	return this->mover->test(this->mover, path, trigger);
}

/**
 * Have both ends use UDP encapsulation.
 */
static status_t force(private_mobility_esp_proof_t *this)
{
	return this->mover->renew(this->mover, "UDP encapsulation forced");
}

/**
 * Put no path aside, what is sent gets no answers.  Returns TRUE if any was.
 */
static bool give_up(private_mobility_esp_proof_t *this)
{
	if (!this->records->pardon(this->records, this->path))
	{
		return FALSE;
	}
	DBG1(DBG_IKE, "mobility: %s: no ESP returns over any path, what is sent "
		 "may get no answers", this->mover->course.name);
	return TRUE;
}

/**
 * Decide what to do about silence, and do it.
 */
static status_t decide(private_mobility_esp_proof_t *this,
					   mobility_probation_view_t *view, bool *pardoned)
{
	mobility_path_t *back, *next;

	mobility_course_look(&this->mover->course);
	back = find_path(this, &this->probation.origin);
	next = view->next ? find_path(this, NULL) : NULL;
	view->back = back != NULL;
	view->next = next != NULL;
	switch (mobility_probation_review(&this->probation, view))
	{
		case MOBILITY_PROBATION_RETURN:
			this->plain = !view->encapsulated;
			return leave(this, back);
		case MOBILITY_PROBATION_FORCE:
			DBG1(DBG_IKE, "mobility: %s: no ESP returns over %s, where the "
				 "peer answers: forcing UDP encapsulation",
				 this->mover->course.name, this->path->ifname);
			this->records->encapsulate(this->records, this->path, TRUE);
			return force(this);
		case MOBILITY_PROBATION_LEAVE:
			return leave(this, next);
		case MOBILITY_PROBATION_GIVE_UP:
			*pardoned = give_up(this);
			break;
		case MOBILITY_PROBATION_WAIT:
			break;
	}
	return SUCCESS;
}

METHOD(mobility_esp_proof_t, note, void,
	private_mobility_esp_proof_t *this)
{
	mobility_path_t *path = this->mover->course.heading.path;
	mobility_path_health_facts_t traffic;

	/* else what is known is of another path */
	if (path && mobility_path_equals(path, this->path))
	{
		this->vigil->get_facts(this->vigil, &traffic);
		if (traffic.proven)
		{
			this->records->esp(this->records, path);
		}
	}
}

/**
 * Check if nothing has returned for so long that it may matter.
 */
static bool is_silent(private_mobility_esp_proof_t *this,
					  mobility_path_health_facts_t *traffic)
{
	this->vigil->get_facts(this->vigil, traffic);
	if (traffic->silence >= MOBILITY_PROBATION_SILENCE)
	{	/* something may have come in since, if only with the answer */
		this->vigil->sample(this->vigil);
		this->vigil->get_facts(this->vigil, traffic);
	}
	note(this);
	return traffic->silence >= MOBILITY_PROBATION_SILENCE;
}

METHOD(mobility_esp_proof_t, review, status_t,
	private_mobility_esp_proof_t *this, bool *pardoned)
{
	mobility_course_t *course = &this->mover->course;
	mobility_probation_view_t view = {
		.rtt = this->vigil->get_rtt(this->vigil),
	};
	mobility_record_t record;
	bool encapsulated, answered = this->answered;

	*pardoned = FALSE;
	if (!course->heading.path || !this->mover->is_idle(this->mover))
	{
		return SUCCESS;
	}
	this->answered = FALSE;
	if (!mobility_path_equals(course->heading.path, this->path))
	{	/* after the login, or stock or the peer has changed it */
		moved(this);
	}
	this->records->get(this->records, this->path, mobility_now(), &record);
	encapsulated = course->ike_sa->has_condition(course->ike_sa, COND_NAT_ANY);
	if (record.encapsulate && !encapsulated && !record.until)
	{	/* after the login of an IKE_SA that replaces another one */
		return force(this);
	}
	if (!is_silent(this, &view.traffic) || !answered)
	{
		return SUCCESS;
	}
	view.encapsulated = encapsulated || record.encapsulated;
	view.next = !record.left;
	return decide(this, &view, pardoned);
}

METHOD(mobility_esp_proof_t, destroy, void,
	private_mobility_esp_proof_t *this)
{
	mobility_path_destroy(this->path);
	free(this);
}

/*
 * Described in header.
 */
mobility_esp_proof_t *mobility_esp_proof_create(mobility_mover_t *mover,
												mobility_liveness_t *vigil)
{
	private_mobility_esp_proof_t *this;

	INIT(this,
		.public = {
			.moved = _moved,
			.answered = _answered,
			.note = _note,
			.review = _review,
			.destroy = _destroy,
		},
		.mover = mover,
		.vigil = vigil,
		.records = mover->course.candidates->records,
	);
	return &this->public;
}
