/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_agenda mobility_agenda
 * @{ @ingroup mobility_manager
 *
 * What there is to do for sessions, and when they want to be woken.  A few jobs do
 * that, each for one session after the other, with its IKE_SA checked out.
 */

#ifndef MOBILITY_AGENDA_H_
#define MOBILITY_AGENDA_H_

#include <sa/ike_sa.h>

#include "session/deadlines.h"

typedef struct mobility_agenda_t mobility_agenda_t;
typedef struct mobility_turn_t mobility_turn_t;
typedef struct mobility_place_t mobility_place_t;
typedef enum mobility_work_t mobility_work_t;

/**
 * What a session's job has to do, flags.
 */
enum mobility_work_t {
	/** the network has changed */
	MOBILITY_WORK_LOOK = (1<<0),
	/** the session's time has come */
	MOBILITY_WORK_TICK = (1<<1),
	/** settings have changed */
	MOBILITY_WORK_RELOAD = (1<<2),
	/** reauthentication got no answer */
	MOBILITY_WORK_REAUTH = (1<<3),
	/** give the IKE_SA back to stock */
	MOBILITY_WORK_GIVE_BACK = (1<<4),
	/** there is a new verdict about its traffic, or some although no path works or
	 * the peer sleeps */
	MOBILITY_WORK_TRAFFIC = (1<<5),
	/** something hints that its path may not work */
	MOBILITY_WORK_SUSPECT = (1<<6),
	/** another IKE_SA was established instead of its own */
	MOBILITY_WORK_LOGIN = (1<<7),
	/** another IKE_SA has replaced its own, which stock leaves alone */
	MOBILITY_WORK_REPLACED = (1<<8),
};

/**
 * What there is to do for a session.  All zero but for the SPIs at the start, then
 * the members are the agenda's; SPIs and ended only change in its methods.
 */
struct mobility_turn_t {

	/**
	 * SPIs of the IKE_SA and whether we have initiated it, see
	 * mobility_turn_get_id(): an ike_sa_id_t takes five times as much.
	 */
	uint64_t initiator_spi, responder_spi;
	bool initiator;

	/**
	 * The IKE_SA is gone or going, no work for this session anymore.
	 */
	bool ended;

	/**
	 * A job gives it up, there is no other work for it anymore.
	 */
	bool given_up;

	/**
	 * Work to do; if not 0, it waits for a job or has one.
	 */
	mobility_work_t work;

	/**
	 * Where it waits for a job, NULL if it does not.
	 */
	mobility_place_t *place;

	/**
	 * When the session wants to be woken.
	 */
	mobility_deadline_t deadline;
};

/**
 * Set which IKE_SA a session has.
 *
 * @param turn			its turn
 * @param id			id of the IKE_SA
 */
void mobility_turn_set_id(mobility_turn_t *turn, ike_sa_id_t *id);

/**
 * Get the id to check out the IKE_SA of a session with.
 *
 * @param turn			its turn
 * @return				id, has to be destroyed
 */
ike_sa_id_t *mobility_turn_get_id(const mobility_turn_t *turn);

/**
 * Does what there is to do for a session, called by jobs.
 *
 * @param data			user data
 * @param ike_sa		IKE_SA, checked out
 * @return				DESTROY_ME to destroy the IKE_SA
 */
typedef status_t (*mobility_agenda_cb_t)(void *data, ike_sa_t *ike_sa);

/**
 * Destroys a session that was forgotten, called by jobs.
 *
 * @param turn			its turn
 */
typedef void (*mobility_turn_cb_t)(mobility_turn_t *turn);

/**
 * Agenda.  Methods may be called from any thread, also by listeners.  The mutex is
 * a leaf: nothing of charon is called with it held.
 */
struct mobility_agenda_t {

	/**
	 * Queue work for a session.
	 *
	 * @param turn		its turn
	 * @param work		what to do
	 */
	void (*queue)(mobility_agenda_t *this, mobility_turn_t *turn,
				  mobility_work_t work);

	/**
	 * Have a session given up.  This is done by jobs of their own, as it may wait
	 * for DNS, and other sessions should not.
	 *
	 * @param turn		its turn
	 */
	void (*give_up)(mobility_agenda_t *this, mobility_turn_t *turn);

	/**
	 * Take the work there is to do for a session, called by the job that has it.
	 *
	 * @param turn		its turn
	 * @return			what to do
	 */
	mobility_work_t (*take_work)(mobility_agenda_t *this,
								 mobility_turn_t *turn);

	/**
	 * Set the time at which a session gets MOBILITY_WORK_TICK; while many
	 * sessions wait for a job it may be a little later.
	 *
	 * @param turn		its turn
	 * @param deadline	time as of mobility_now(), 0 for never
	 */
	void (*arm)(mobility_agenda_t *this, mobility_turn_t *turn,
				uint64_t deadline);

	/**
	 * A session got another IKE_SA: jobs for the previous one are void.  If it
	 * has ended, or was to be given up, that was not its end.
	 *
	 * @param turn		its turn
	 * @param id		id of the IKE_SA
	 */
	void (*rebind)(mobility_agenda_t *this, mobility_turn_t *turn,
				   ike_sa_id_t *id);

	/**
	 * A session has ended: there is no work for it anymore.
	 *
	 * @param turn		its turn
	 */
	void (*end)(mobility_agenda_t *this, mobility_turn_t *turn);

	/**
	 * Have a job destroy a session that has ended, of which nobody knows anymore.
	 *
	 * @param turn		its turn
	 */
	void (*forget)(mobility_agenda_t *this, mobility_turn_t *turn);

	/**
	 * Destroy the sessions that a job was to destroy.  Charon has no threads
	 * anymore that run jobs.
	 */
	void (*flush)(mobility_agenda_t *this);

	/**
	 * Destroy a mobility_agenda_t, which must have been flushed.
	 */
	void (*destroy)(mobility_agenda_t *this);
};

/**
 * Create an agenda.
 *
 * @param cb			does the work, called by jobs
 * @param give_up		gives a session up, called by jobs
 * @param data			user data for both
 * @param destroy		destroys a session, called by jobs
 * @return				agenda, NULL if there is no timer (logged)
 */
mobility_agenda_t *mobility_agenda_create(mobility_agenda_cb_t cb,
										  mobility_agenda_cb_t give_up,
										  void *data, mobility_turn_cb_t destroy);

/**
 * Check in an IKE_SA, or destroy it.
 *
 * @param ike_sa		IKE_SA
 * @param status		DESTROY_ME to destroy it
 */
void mobility_checkin(ike_sa_t *ike_sa, status_t status);

#endif /** MOBILITY_AGENDA_H_ @}*/
