/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_registry mobility_registry
 * @{ @ingroup mobility_manager
 *
 * Table of the sessions: which IKE_SA they have, when they want to be woken,
 * and what there is to do for them.  A few jobs do that, each for one session
 * after the other, with its IKE_SA checked out.
 *
 * An IKE_SA that replaces another one by reauthentication goes on with its
 * session.  The two are never checked out at the same time: what is known about
 * one is noted here for the other.  If the old one is gone when the new one is
 * established, as always with break-before-make, the session is handed over as it
 * is.  With make-before-break both are there: the new one has to be hooked before
 * anything else is sent, the old one has to be held until it is deleted, and the
 * session is used by whoever has that checked out, which may be another thread.
 * So there are two sessions then, with the same number and records, until the old
 * IKE_SA is gone; the new one is shown.
 */

#ifndef MOBILITY_REGISTRY_H_
#define MOBILITY_REGISTRY_H_

#include <collections/linked_list.h>
#include <sa/ike_sa.h>

#include "path/history.h"

typedef struct mobility_registry_t mobility_registry_t;
typedef struct mobility_entry_t mobility_entry_t;
typedef enum mobility_work_t mobility_work_t;

struct mobility_session_t;

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
	/** there is a new verdict about its traffic */
	MOBILITY_WORK_TRAFFIC = (1<<5),
	/** something hints that its path may not work */
	MOBILITY_WORK_SUSPECT = (1<<6),
};

/**
 * Entry of a session.  The session is used with its IKE_SA checked out only,
 * session, number and connection do not change, the other members are the
 * registry's or read by functions passed to for_each().
 */
struct mobility_entry_t {

	/**
	 * Session, is destroyed with the entry.
	 */
	struct mobility_session_t *session;

	/**
	 * Connection it belongs to.
	 */
	char *connection;

	/**
	 * IKE_SA it has, only to compare; NULL if that was destroyed, and none goes
	 * on with the session yet.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Id to check out the IKE_SA with.
	 */
	ike_sa_id_t *id;

	/**
	 * Unique id of the IKE_SA that is going to replace this one by
	 * reauthentication, 0 if none.
	 */
	uint32_t successor;

	/**
	 * The IKE_SA is gone or going, no work for this session anymore.
	 */
	bool ended;

	/**
	 * Another entry, of the IKE_SA that replaced this one's by
	 * reauthentication, is shown as this session.  This one is only shown to
	 * its IKE_SA, until that is destroyed.
	 */
	bool replaced;

	/**
	 * When the session wants to be woken, 0 for never.
	 */
	uint64_t deadline;

	/**
	 * Work to do; if not 0, it waits for a job or has one.
	 */
	mobility_work_t work;

	/**
	 * A job gives it up, there is no other work for it anymore.
	 */
	bool given_up;
};

/**
 * Does what there is to do for a session, called by jobs.
 *
 * @param data			user data
 * @param ike_sa		IKE_SA, checked out
 * @return				DESTROY_ME to destroy the IKE_SA
 */
typedef status_t (*mobility_registry_cb_t)(void *data, ike_sa_t *ike_sa);

/**
 * Called for each entry, with the registry locked: must not call anything but
 * queue_locked().
 *
 * @param data			user data
 * @param entry			entry
 */
typedef void (*mobility_entry_cb_t)(void *data, mobility_entry_t *entry);

/**
 * Registry.  Methods may be called from any thread, also by listeners.  The
 * mutex is a leaf: nothing of charon is called with it held.
 *
 * It owns the sessions.  One is found by the hooks of its IKE_SA, with that
 * checked out, or by its entry while that is in the table.  Who takes it out of
 * the table has unhooked it before, and is the only one that could; so nobody
 * knows of it anymore when a job destroys it.  Nor does anybody while it waits for
 * the IKE_SA that is to replace its own, which is gone: who has that one checked
 * out may take it.
 */
struct mobility_registry_t {

	/**
	 * Add a session.
	 *
	 * @param session	session, gets owned by the registry
	 * @param connection	name of its connection
	 * @param ike_sa	its IKE_SA
	 * @return			entry
	 */
	mobility_entry_t *(*add)(mobility_registry_t *this,
							 struct mobility_session_t *session,
							 const char *connection, ike_sa_t *ike_sa);

	/**
	 * Forget a session: it is not in the table anymore on return, and a job
	 * destroys it.  It must not be hooked.
	 *
	 * @param entry		entry
	 */
	void (*forget)(mobility_registry_t *this, mobility_entry_t *entry);

	/**
	 * A session got another IKE_SA: jobs for the previous one are void.  If it
	 * has ended, that was not its end.
	 *
	 * @param entry		entry
	 * @param ike_sa	IKE_SA
	 */
	void (*rebind)(mobility_registry_t *this, mobility_entry_t *entry,
				   ike_sa_t *ike_sa);

	/**
	 * Another IKE_SA is going to replace one by reauthentication.
	 *
	 * @param ike_sa	IKE_SA that is replaced, which may have ended
	 * @param successor	unique id of the one that does
	 */
	void (*expect)(mobility_registry_t *this, ike_sa_t *ike_sa,
				   uint32_t successor);

	/**
	 * An IKE_SA got no answer to its first requests: if it was to replace that of
	 * a session, reauthentication has to be tried again, stock won't.
	 *
	 * @param successor	its unique id
	 */
	void (*retry)(mobility_registry_t *this, uint32_t successor);

	/**
	 * An IKE_SA was established: if it was to replace that of a session, it goes
	 * on with it.
	 *
	 * @param ike_sa	IKE_SA
	 * @param number	gets the number of that session, and
	 * @param records	a reference to what experience says about its paths, if
	 *					it can't be handed over
	 * @return			entry of the session if it is handed over, to rebind()
	 */
	mobility_entry_t *(*succeed)(mobility_registry_t *this, ike_sa_t *ike_sa,
								 uint32_t *number,
								 mobility_path_history_t **records);

	/**
	 * An IKE_SA is destroyed: forget the session that has ended with it, or the
	 * one that has waited for it, unless that has something else to wait for.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*gone)(mobility_registry_t *this, ike_sa_t *ike_sa);

	/**
	 * A session has ended, its IKE_SA is gone or going: there is no work for
	 * it anymore.
	 *
	 * @param entry		entry
	 */
	void (*set_ended)(mobility_registry_t *this, mobility_entry_t *entry);

	/**
	 * Get the number of sessions that have not ended.
	 *
	 * @return			number of sessions
	 */
	u_int (*get_active)(mobility_registry_t *this);

	/**
	 * Call a function for all entries.  Jobs that it queues by queue_locked() are
	 * run later.
	 *
	 * @param cb		function to call
	 * @param data		user data for cb
	 */
	void (*for_each)(mobility_registry_t *this, mobility_entry_cb_t cb,
					 void *data);

	/**
	 * Queue work, to be called by functions passed to for_each() only.
	 *
	 * @param entry		entry
	 * @param work		what to do
	 */
	void (*queue_locked)(mobility_registry_t *this, mobility_entry_t *entry,
						 mobility_work_t work);

	/**
	 * Queue work for a session.
	 *
	 * @param entry		entry, NULL for all sessions
	 * @param work		what to do
	 */
	void (*queue)(mobility_registry_t *this, mobility_entry_t *entry,
				  mobility_work_t work);

	/**
	 * Queue work for the session that is shown with a number, if there is one.
	 *
	 * @param number	number of the session
	 * @param work		what to do
	 */
	void (*queue_number)(mobility_registry_t *this, uint32_t number,
						 mobility_work_t work);

	/**
	 * Have a session given up.  This is done by jobs of their own, as it may wait
	 * for DNS, and other sessions should not.
	 *
	 * @param entry		entry
	 */
	void (*give_up)(mobility_registry_t *this, mobility_entry_t *entry);

	/**
	 * Take the work there is to do for a session, called by the job that has it.
	 *
	 * @param entry		entry
	 * @return			what to do
	 */
	mobility_work_t (*take_work)(mobility_registry_t *this,
								 mobility_entry_t *entry);

	/**
	 * Set the time at which a session gets MOBILITY_WORK_TICK; while many
	 * sessions wait for a job it may be a little later.
	 *
	 * @param entry		entry
	 * @param deadline	time as of mobility_now(), 0 for never
	 */
	void (*arm)(mobility_registry_t *this, mobility_entry_t *entry,
				uint64_t deadline);

	/**
	 * Get the ids of the IKE_SAs of the sessions of a connection that are shown.
	 *
	 * @param connection	name of the connection
	 * @return			list of ike_sa_id_t*
	 */
	linked_list_t *(*get_ids)(mobility_registry_t *this,
							  const char *connection);

	/**
	 * Get the id of the IKE_SA of the session that is shown with a number.
	 *
	 * @param number	number
	 * @return			id, has to be destroyed; NULL if there is none
	 */
	ike_sa_id_t *(*get_id)(mobility_registry_t *this, uint32_t number);

	/**
	 * Destroy all sessions, those that a job was to destroy, too.  Charon has
	 * no threads anymore that run jobs, and nobody has an IKE_SA checked out.
	 */
	void (*flush)(mobility_registry_t *this);

	/**
	 * Destroy a mobility_registry_t, which must have been flushed.
	 */
	void (*destroy)(mobility_registry_t *this);
};

/**
 * Create a registry.
 *
 * @param cb			does the work, called by jobs
 * @param give_up		gives a session up, called by jobs
 * @param data			user data for both
 * @return				registry, NULL if there is no timer (logged)
 */
mobility_registry_t *mobility_registry_create(mobility_registry_cb_t cb,
											  mobility_registry_cb_t give_up,
											  void *data);

/**
 * Check in an IKE_SA, or destroy it.
 *
 * @param ike_sa		IKE_SA
 * @param status		DESTROY_ME to destroy it
 */
void mobility_checkin(ike_sa_t *ike_sa, status_t status);

#endif /** MOBILITY_REGISTRY_H_ @}*/
