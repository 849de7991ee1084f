/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_ike_hooks mobility_ike_hooks
 * @{ @ingroup mobility_manager
 *
 * The only file that touches the method table of an ike_sa_t.
 *
 * charon's jobs call an IKE_SA through the function pointers in ike_sa_t.
 * Hooking replaces those pointers in a single object, all others stay stock.
 */

#ifndef MOBILITY_IKE_HOOKS_H_
#define MOBILITY_IKE_HOOKS_H_

#include <sa/ike_sa.h>

typedef struct mobility_ike_handler_t mobility_ike_handler_t;
typedef struct mobility_ike_methods_t mobility_ike_methods_t;
typedef struct mobility_ike_hooks_t mobility_ike_hooks_t;
typedef struct mobility_ike_stock_t mobility_ike_stock_t;

/**
 * Stock methods of a hooked IKE_SA.
 */
struct mobility_ike_stock_t {
	/** ike_sa_t.retransmit() */
	status_t (*retransmit)(ike_sa_t *this, uint32_t mid);
	/** ike_sa_t.roam() */
	status_t (*roam)(ike_sa_t *this, bool address);
	/** ike_sa_t.send_dpd() */
	status_t (*send_dpd)(ike_sa_t *this);
	/** ike_sa_t.delete() */
	status_t (*delete)(ike_sa_t *this, bool force);
	/** ike_sa_t.delete_child_sa() */
	status_t (*delete_child_sa)(ike_sa_t *this, protocol_id_t protocol,
								uint32_t spi, bool expired);
	/** ike_sa_t.reauth() */
	status_t (*reauth)(ike_sa_t *this);
	/** ike_sa_t.process_message() */
	status_t (*process_message)(ike_sa_t *this, message_t *message);
	/** ike_sa_t.update_hosts() */
	void (*update_hosts)(ike_sa_t *this, host_t *me, host_t *other,
						 update_hosts_flag_t flags);
};

/**
 * Gets the calls of a hooked IKE_SA, with it checked out.
 */
struct mobility_ike_handler_t {

	/** session the IKE_SA belongs to, NULL if to none */
	void *session;

	/** what to call, which all handlers of a kind share: there are thousands */
	const mobility_ike_methods_t *methods;
};

/**
 * Methods of a handler.  Those that are NULL are left to stock.
 */
struct mobility_ike_methods_t {

	/** replaces ike_sa_t.retransmit() */
	status_t (*retransmit)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						   const mobility_ike_stock_t *stock, uint32_t mid);

	/** replaces ike_sa_t.roam() */
	status_t (*roam)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
					 const mobility_ike_stock_t *stock, bool address);

	/** replaces ike_sa_t.send_dpd() */
	status_t (*send_dpd)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock);

	/** replaces ike_sa_t.delete() */
	status_t (*delete)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
					   const mobility_ike_stock_t *stock, bool force);

	/** called before ike_sa_t.delete_child_sa(), unless it has expired */
	void (*child_deleted)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						  child_sa_t *child_sa);

	/** called before ike_sa_t.reauth() */
	void (*reauth)(mobility_ike_handler_t *this, ike_sa_t *ike_sa);

	/** called after ike_sa_t.process_message(), unless that returned
	 * DESTROY_ME */
	status_t (*processed)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						  status_t status);

	/** replaces ike_sa_t.update_hosts() */
	void (*update_hosts)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock, host_t *me,
						 host_t *other, update_hosts_flag_t flags);

	/** a message was sent or received, as by listener_t.message(), called by
	 * whoever is that listener; if NULL it is not */
	void (*message)(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
					message_t *message, bool incoming, bool plain);

	/** the IKE_SA was replaced by rekeying, called by a listener with both
	 * checked out; if NULL it is not */
	void (*rekeyed)(mobility_ike_handler_t *this, ike_sa_t *old, ike_sa_t *new);

	/** the IKE_SA is destroyed, called by a listener and to be unhooked; if
	 * NULL it is not */
	void (*gone)(mobility_ike_handler_t *this, ike_sa_t *ike_sa);
};

/**
 * Hooks.  Methods may be called from any thread, with the IKE_SA in question
 * checked out.  The mutex is a leaf.
 */
struct mobility_ike_hooks_t {

	/**
	 * Hook an IKE_SA, or change the handler of a hooked one.
	 *
	 * @param ike_sa	IKE_SA
	 * @param handler	handler, must live until unhook()
	 */
	void (*hook)(mobility_ike_hooks_t *this, ike_sa_t *ike_sa,
				 mobility_ike_handler_t *handler);

	/**
	 * Give an IKE_SA its stock methods back; nothing happens if it is not
	 * hooked.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*unhook)(mobility_ike_hooks_t *this, ike_sa_t *ike_sa);

	/**
	 * Get the handler of an IKE_SA.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			handler, NULL if it is not hooked
	 */
	mobility_ike_handler_t *(*get_handler)(mobility_ike_hooks_t *this,
										   ike_sa_t *ike_sa);

	/**
	 * Destroy; no IKE_SA may be hooked anymore.
	 */
	void (*destroy)(mobility_ike_hooks_t *this);
};

/**
 * Create the hooks, there can be only one instance.
 *
 * @return				hooks
 */
mobility_ike_hooks_t *mobility_ike_hooks_create();

#endif /** MOBILITY_IKE_HOOKS_H_ @}*/
