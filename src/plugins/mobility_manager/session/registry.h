/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_registry mobility_registry
 * @{ @ingroup mobility_manager
 *
 * Table of the sessions: which IKE_SA each has, and which one gets it next.
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
#include "session/agenda.h"
#include "session/digest.h"

typedef struct mobility_registry_t mobility_registry_t;
typedef struct mobility_entry_t mobility_entry_t;

struct mobility_session_t;

/**
 * Entry of a session.  The session is used with its IKE_SA checked out only, but
 * for what does not change: which one it is, its number, its connection, and which
 * end it is.  The other members are the registry's or
 * read by functions passed to for_each().
 */
struct mobility_entry_t {

	/**
	 * What there is to do for it; must be the first member.
	 */
	mobility_turn_t turn;

	/**
	 * Session, is destroyed with the entry.
	 */
	struct mobility_session_t *session;

	/**
	 * IKE_SA it has, only to compare; NULL if that was destroyed, and none goes
	 * on with the session yet.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Unique id of the IKE_SA that is going to replace this one by
	 * reauthentication, 0 if none.
	 */
	uint32_t successor;

	/**
	 * Its IKE_SA was rekeyed since that is known.
	 */
	bool rekeyed;

	/**
	 * Another entry, of the IKE_SA that replaced this one's by
	 * reauthentication, is shown as this session.  This one is only shown to
	 * its IKE_SA, until that is destroyed.
	 */
	bool replaced;

	/**
	 * What it was like when that was noted last.
	 */
	mobility_digest_t digest;
};

/**
 * Called for each entry, with the registry locked: must not call anything but
 * the agenda.
 *
 * @param data			user data
 * @param entry			entry
 */
typedef void (*mobility_entry_cb_t)(void *data, mobility_entry_t *entry);

/**
 * Registry.  Methods may be called from any thread, also by listeners.  But for
 * the agenda nothing is called with the mutex held.
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
	 * What there is to do for the sessions.
	 */
	mobility_agenda_t *agenda;

	/**
	 * Add a session.
	 *
	 * @param session	session, gets owned by the registry
	 * @param ike_sa	its IKE_SA
	 * @return			entry
	 */
	mobility_entry_t *(*add)(mobility_registry_t *this,
							 struct mobility_session_t *session,
							 ike_sa_t *ike_sa);

	/**
	 * Forget a session: it is not in the table anymore on return, and a job
	 * destroys it.  It must not be hooked.
	 *
	 * @param entry		entry
	 */
	void (*forget)(mobility_registry_t *this, mobility_entry_t *entry);

	/**
	 * A session got another IKE_SA: jobs for the previous one are void.  If it
	 * has ended, that was not its end.  If another one is going to replace it by
	 * reauthentication, or has done so, that does so with this one; stock does
	 * not know that, so a job deletes it.
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
	 * Note what a session is like now, for those who look at all of them.
	 *
	 * @param entry		entry of the session, whose IKE_SA is checked out
	 * @param status	what it is like, NULL to ask the session
	 */
	void (*note)(mobility_registry_t *this, mobility_entry_t *entry,
				 const mobility_status_t *status);

	/**
	 * An IKE_SA was established: if it was to replace that of a session, it goes
	 * on with it.  If that was rekeyed meanwhile stock does not find it, to delete
	 * it: so a job has to.
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
	 * Get the number of sessions that have not ended and are of the mobile end: for
	 * the others the network of this host does not matter.
	 *
	 * @return			number of sessions
	 */
	u_int (*get_active)(mobility_registry_t *this);

	/**
	 * Call a function for all entries.
	 *
	 * @param cb		function to call
	 * @param data		user data for cb
	 */
	void (*for_each)(mobility_registry_t *this, mobility_entry_cb_t cb,
					 void *data);

	/**
	 * Queue work for all sessions of the mobile end.
	 *
	 * @param work		what to do
	 */
	void (*queue_all)(mobility_registry_t *this, mobility_work_t work);

	/**
	 * Queue work for the session that is shown with a number, if there is one.
	 *
	 * @param number	number of the session
	 * @param work		what to do
	 */
	void (*queue_number)(mobility_registry_t *this, uint32_t number,
						 mobility_work_t work);

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
mobility_registry_t *mobility_registry_create(mobility_agenda_cb_t cb,
											  mobility_agenda_cb_t give_up,
											  void *data);

#endif /** MOBILITY_REGISTRY_H_ @}*/
