/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/listener.h"
#include "ike/address_list.h"
#include "ike/end.h"
#include "ike/mobike_task.h"
#include "net/vpn_daemon.h"
#include "compat.h"

#include <daemon.h>

typedef struct private_mobility_listener_t private_mobility_listener_t;

/**
 * Private data of a mobility_listener_t object.
 */
struct private_mobility_listener_t {

	/**
	 * Public interface.
	 */
	mobility_listener_t public;

	/**
	 * What sessions share.
	 */
	mobility_context_t *context;

	/**
	 * Sessions.
	 */
	mobility_registry_t *registry;

	/**
	 * Number of the last session.
	 */
	refcount_t numbers;

	/**
	 * Called when a session ended.
	 */
	mobility_listener_cb_t ended;

	/**
	 * User data for ended.
	 */
	void *data;
};

/**
 * Get the handler of an IKE_SA, NULL if there is none.
 */
static mobility_ike_handler_t *get_handler(private_mobility_listener_t *this,
										   ike_sa_t *ike_sa)
{
	mobility_ike_hooks_t *hooks = this->context->hooks;

	return ike_sa ? hooks->get_handler(hooks, ike_sa) : NULL;
}

/**
 * Get the entry of the session that a handler belongs to, NULL if to none.
 */
static mobility_entry_t *get_entry(mobility_ike_handler_t *handler)
{
	mobility_session_t *session = handler ? handler->session : NULL;

	return session ? session->entry : NULL;
}

METHOD(mobility_listener_t, find, mobility_entry_t*,
	private_mobility_listener_t *this, ike_sa_t *ike_sa)
{
	return get_entry(get_handler(this, ike_sa));
}

/**
 * Queue work for a session.
 */
static void queue(private_mobility_listener_t *this, mobility_entry_t *entry,
				  mobility_work_t work)
{
	mobility_agenda_t *agenda = this->registry->agenda;

	agenda->queue(agenda, &entry->turn, work);
}

/**
 * Have a session look at the network and its CHILD_SAs, if it does so at all.
 */
static void queue_look(private_mobility_listener_t *this,
					   mobility_entry_t *entry)
{
	if (!entry->session->follows)
	{
		queue(this, entry, MOBILITY_WORK_LOOK);
	}
}

/**
 * Have a session work for an IKE_SA.
 */
static void bind_session(private_mobility_listener_t *this,
						 mobility_entry_t *entry, ike_sa_t *ike_sa)
{
	this->registry->rebind(this->registry, entry, ike_sa);
	entry->session->bind(entry->session, ike_sa);
	this->registry->note(this->registry, entry, NULL);
	/* we are called by listeners: look around when the IKE_SA is free */
	queue_look(this, entry);
}

/**
 * Add a session that was created for an IKE_SA.
 */
static mobility_entry_t *add_session(private_mobility_listener_t *this,
									 ike_sa_t *ike_sa,
									 mobility_session_t *session)
{
	session->entry = this->registry->add(this->registry, session, ike_sa);
	return session->entry;
}

/**
 * Create a session of the mobile end, with what it goes on with from another one.
 */
static mobility_entry_t *add_mobile(private_mobility_listener_t *this,
									ike_sa_t *ike_sa, uint32_t number,
									mobility_path_history_t *records)
{
	return add_session(this, ike_sa, this->context->create_session(
									this->context,
									number ?: ref_get(&this->numbers),
									ike_sa->get_name(ike_sa),
									records ?: mobility_path_history_create()));
}

/**
 * Create a session of the anchor end.
 */
static mobility_entry_t *add_anchor(private_mobility_listener_t *this,
									ike_sa_t *ike_sa)
{
	return add_session(this, ike_sa, this->context->create_anchor(
									this->context, ref_get(&this->numbers),
									ike_sa->get_name(ike_sa)));
}

METHOD(mobility_listener_t, connect_, mobility_entry_t*,
	private_mobility_listener_t *this, ike_sa_t *ike_sa)
{
	mobility_ike_handler_t *handler = get_handler(this, ike_sa);
	mobility_entry_t *entry;

	if (handler)
	{
		return get_entry(handler);
	}
	if (mobility_end_get(this->context->settings, ike_sa) !=
														MOBILITY_END_MOBILE)
	{
		return NULL;
	}
	entry = add_mobile(this, ike_sa, 0, NULL);
	entry->session->connect(entry->session, ike_sa);
	this->registry->note(this->registry, entry, NULL);
	return entry;
}

METHOD(mobility_listener_t, drop, void,
	private_mobility_listener_t *this, mobility_entry_t *entry)
{
	this->registry->forget(this->registry, entry);
	this->ended(this->data);
}

/**
 * An IKE_SA is managed from now on.
 */
static void begin(private_mobility_listener_t *this, mobility_entry_t *entry,
				  ike_sa_t *ike_sa)
{
	bind_session(this, entry, ike_sa);
	DBG1(DBG_IKE, "mobility: managing %s[%u]", ike_sa->get_name(ike_sa),
		 ike_sa->get_unique_id(ike_sa));
}

/**
 * Start to manage an IKE_SA, with the session of the one that it replaces, else
 * with the one that it has since it was connecting, if any.
 */
static void manage(private_mobility_listener_t *this, ike_sa_t *ike_sa,
				   mobility_entry_t *login)
{
	mobility_path_history_t *records = NULL;
	mobility_entry_t *entry;
	uint32_t number = 0;

	entry = this->registry->succeed(this->registry, ike_sa, &number, &records);
	if (login && (entry || number))
	{
		login->session->release(login->session);
		drop(this, login);
		login = NULL;
	}
	entry = entry ?: login;
	begin(this, entry ?: add_mobile(this, ike_sa, number, records), ike_sa);
}

/**
 * Stop to manage an IKE_SA that is going to be destroyed, or is not ours after
 * all.  The session itself lives as long as the IKE_SA: its task manager may have
 * tasks of it, and packets need the pin of the path it has logged in over.
 */
static void end_session(private_mobility_listener_t *this,
						mobility_entry_t *entry)
{
	entry->session->release(entry->session);
	this->registry->set_ended(this->registry, entry);
	this->ended(this->data);
}

/**
 * An IKE_SA was established, which end of it is ours?
 */
static void established(private_mobility_listener_t *this, ike_sa_t *ike_sa)
{
	mobility_ike_handler_t *handler = get_handler(this, ike_sa);
	mobility_entry_t *login = get_entry(handler);

	if (handler && !(login && login->session->connecting))
	{
		return;
	}
	if (ike_sa->supports_extension(ike_sa, EXT_MOBIKE))
	{
		switch (mobility_end_get(this->context->settings, ike_sa))
		{
			case MOBILITY_END_MOBILE:
				manage(this, ike_sa, login);
				return;
			case MOBILITY_END_ANCHOR:
				begin(this, add_anchor(this, ike_sa), ike_sa);
				return;
			default:
				break;
		}
	}
	if (login)
	{
		end_session(this, login);
	}
}

METHOD(mobility_listener_t, take, void,
	private_mobility_listener_t *this, ike_sa_t *ike_sa)
{
	established(this, ike_sa);
}

METHOD(mobility_listener_t, take_over, status_t,
	private_mobility_listener_t *this, mobility_entry_t *entry,
	ike_sa_t *ike_sa)
{
	mobility_session_t *session = entry->session;
	ike_sa_t *new;

	new = session->get_login(session);
	if (!new)
	{
		return SUCCESS;
	}
	/* else the session ends, as it would have if the old one was deleted */
	if (new->supports_extension(new, EXT_MOBIKE))
	{
		session->release(session);
		if (mobility_is_vpn_daemon())
		{	/* it follows IKE_SAs that are rekeyed, and has to end this one */
			charon->bus->ike_rekey(charon->bus, ike_sa, new);
		}
		bind_session(this, entry, new);
	}
	/* what it has adopted */
	mobility_checkin(new, new->initiate(new, NULL, NULL));
	/* whoever has forgotten it is not asked to delete it */
	charon->bus->set_sa(charon->bus, ike_sa);
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	return DESTROY_ME;
}

METHOD(listener_t, ike_updown, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, bool up)
{
	mobility_entry_t *entry;

	if (up)
	{
		established(this, ike_sa);
		return TRUE;
	}
	entry = find(this, ike_sa);
	if (entry)
	{
		end_session(this, entry);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_mobility_listener_t *this, ike_sa_t *old, ike_sa_t *new)
{
	mobility_ike_handler_t *handler = get_handler(this, old);
	mobility_entry_t *entry = get_entry(handler);

	if (entry)
	{
		bind_session(this, entry, new);
	}
	else if (handler && handler->methods->rekeyed)
	{
		handler->methods->rekeyed(handler, old, new);
	}
	return TRUE;
}

/**
 * Have a session look which CHILD_SAs it has.
 */
static void children_changed(private_mobility_listener_t *this,
							 ike_sa_t *ike_sa)
{
	mobility_entry_t *entry;

	entry = find(this, ike_sa);
	if (entry)
	{	/* with the first of them virtual IPs have been assigned */
		this->registry->note(this->registry, entry, NULL);
		queue_look(this, entry);
	}
}

METHOD(listener_t, child_updown, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	bool up)
{
	children_changed(this, ike_sa);
	return TRUE;
}

METHOD(listener_t, child_rekey, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, child_sa_t *old,
	child_sa_t *new)
{
	children_changed(this, ike_sa);
	return TRUE;
}

METHOD(listener_t, ike_reestablish_pre, bool,
	private_mobility_listener_t *this, ike_sa_t *old, ike_sa_t *new)
{
	if (!old->has_condition(old, COND_REAUTHENTICATING) &&
		mobility_end_get(this->context->settings, new) == MOBILITY_END_MOBILE)
	{	/* it logs in as any other one does, so what charon asks and tells from
		 * now on has to be for it; charon itself sets the old one again */
		charon->bus->set_sa(charon->bus, new);
	}
	return TRUE;
}

METHOD(listener_t, ike_reestablish_post, bool,
	private_mobility_listener_t *this, ike_sa_t *old, ike_sa_t *new,
	bool initiated)
{
	if (initiated && (old->has_condition(old, COND_REAUTHENTICATING) ||
					  /* redirected to another gateway */
					  mobility_task_queued(new, TASK_QUEUE_QUEUED,
										   TASK_IKE_REAUTH_COMPLETE)))
	{
		this->registry->expect(this->registry, old, new->get_unique_id(new));
	}
	return TRUE;
}

/**
 * An IKE_SA sends its first request, or sends another one instead.
 */
static void connecting(private_mobility_listener_t *this, ike_sa_t *ike_sa)
{
	ike_sa_t *old = charon->bus->get_sa(charon->bus);
	mobility_entry_t *entry;

	if (!mobility_task_queued(ike_sa, TASK_QUEUE_ACTIVE, TASK_IKE_INIT))
	{	/* it is only to replace one by rekeying */
		return;
	}
	if (old && old != ike_sa && old->has_condition(old, COND_REAUTHENTICATING))
	{	/* not every charon calls ike_reestablish_post() if it makes before it
		 * breaks, but the thread that does has checked out the old one */
		this->registry->expect(this->registry, old,
							   ike_sa->get_unique_id(ike_sa));
		if (old->get_state(old) != IKE_DELETING)
		{	/* which is held until this one is established */
			return;
		}
	}
	entry = connect_(this, ike_sa);
	if (entry && entry->session->connecting)
	{	/* its SPI may be another one now */
		this->registry->rebind(this->registry, entry, ike_sa);
		queue(this, entry, MOBILITY_WORK_LOOK);
	}
}

METHOD(listener_t, ike_state_change, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	mobility_ike_handler_t *handler;
	mobility_entry_t *entry;

	if (state == IKE_CONNECTING)
	{
		connecting(this, ike_sa);
	}
	else if (state == IKE_DESTROYING)
	{
		handler = get_handler(this, ike_sa);
		entry = get_entry(handler);
		if (entry)
		{	/* without having been reported down, e.g. on shutdown */
			end_session(this, entry);
		}
		else if (handler && handler->methods->gone)
		{
			handler->methods->gone(handler, ike_sa);
		}
		this->registry->gone(this->registry, ike_sa);
	}
	return TRUE;
}

/**
 * Check if a session decides itself what its peer is told of our addresses.
 */
static bool is_steered(mobility_entry_t *entry)
{
	return entry && !entry->session->connecting && !entry->session->follows;
}

METHOD(listener_t, message, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	mobility_ike_handler_t *handler = get_handler(this, ike_sa);
	mobility_entry_t *entry = get_entry(handler);

	if (handler && handler->methods->message)
	{
		handler->methods->message(handler, ike_sa, message, incoming, plain);
	}
	if (plain && !incoming && !is_steered(entry))
	{
		mobility_address_list(this->context->settings, this->context->monitor,
							  ike_sa, message);
	}
	if (entry)
	{
		entry->session->message(entry->session, message, incoming, plain);
	}
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	mobility_entry_t *entry;

	entry = find(this, ike_sa);
	if (entry)
	{	/* the peer or stock may have moved it, the pin has to follow */
		queue_look(this, entry);
	}
	return TRUE;
}

/**
 * Check if stock itself tries once more to establish an IKE_SA.
 */
static bool tries_again(ike_sa_t *ike_sa, uint32_t keyingtry)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	uint32_t tries = peer_cfg->get_keyingtries(peer_cfg);

	return tries == 0 || tries > keyingtry + 1;
}

METHOD(listener_t, alert, bool,
	private_mobility_listener_t *this, ike_sa_t *ike_sa, alert_t alert,
	va_list args)
{
	mobility_entry_t *entry;

	if (alert == ALERT_IKE_SA_EXPIRED)
	{
		entry = find(this, ike_sa);
		if (entry)
		{
			entry->session->expired(entry->session);
		}
	}
	else if (alert == ALERT_RETRANSMIT_RECEIVE)
	{
		entry = find(this, ike_sa);
		if (entry && !entry->session->follows)
		{	/* what we answered may not have got there */
			queue(this, entry, MOBILITY_WORK_SUSPECT);
		}
	}
	else if (alert == ALERT_PEER_INIT_UNREACHABLE && ike_sa &&
			 !tries_again(ike_sa, va_arg(args, uint32_t)))
	{
		this->registry->retry(this->registry, ike_sa->get_unique_id(ike_sa));
	}
	return TRUE;
}

METHOD(mobility_listener_t, destroy, void,
	private_mobility_listener_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
mobility_listener_t *mobility_listener_create(mobility_context_t *context,
											  mobility_registry_t *registry,
											  mobility_listener_cb_t ended,
											  void *data)
{
	private_mobility_listener_t *this;

	INIT(this,
		.public = {
			.listener = {
				.alert = _alert,
				.ike_state_change = _ike_state_change,
				.message = _message,
				.ike_updown = _ike_updown,
				.ike_rekey = _ike_rekey,
				.child_updown = _child_updown,
				.child_rekey = _child_rekey,
				.ike_update = _ike_update,
				.ike_reestablish_pre = _ike_reestablish_pre,
				.ike_reestablish_post = _ike_reestablish_post,
			},
			.connect = _connect_,
			.find = _find,
			.take = _take,
			.take_over = _take_over,
			.drop = _drop,
			.destroy = _destroy,
		},
		.context = context,
		.registry = registry,
		.ended = ended,
		.data = data,
	);
	return &this->public;
}
