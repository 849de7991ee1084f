/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "manager.h"
#include "anchor/anchor_session.h"
#include "anchor/crash_maker.h"
#include "anchor/uniqueness.h"
#include "anchor/way_back.h"
#include "ike/knock.h"
#include "ike/login_names.h"
#include "ike/source_address.h"
#include "nm/nm.h"
#include "session/registry.h"
#include "net/clock.h"
#include "net/resolver.h"
#include "net/resume.h"
#include "mobile/crash_taker.h"
#include "mobile/mobile_session.h"
#include "mobile/peer_load.h"
#include "mobile/uplink_names.h"
#include "path/tunnel_rules.h"
#include "session/drain.h"
#include "session/listener.h"

#include <daemon.h>
#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>
#include <threading/rwlock.h>

typedef struct private_mobility_manager_t private_mobility_manager_t;

/**
 * Private data of a mobility_manager_t object.
 */
struct private_mobility_manager_t {

	/**
	 * Public interface.
	 */
	mobility_manager_t public;

	/**
	 * What sessions share.
	 */
	mobility_context_t context;

	/**
	 * Requests about SAs, NULL if the kernel has no IPsec.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Sessions.
	 */
	mobility_registry_t *registry;

	/**
	 * Gives IKE_SAs their sessions.
	 */
	mobility_listener_t *listener;

	/**
	 * Asks for the addresses that IKE_SAs log in from.
	 */
	mobility_source_address_t *source;

	/**
	 * Looks up the names of gateways that IKE_SAs log in at.
	 */
	mobility_login_names_t *names;

	/**
	 * Looks up names over uplinks, NULL if nobody does.
	 */
	mobility_uplink_names_t *uplink_names;

	/**
	 * Tokens that tell clients of a crash.
	 */
	mobility_crash_maker_t *crash_maker;

	/**
	 * Clients that are dormant.
	 */
	mobility_dormant_table_t *dormant;

	/**
	 * Ends IKE_SAs of who sleeps, one at a time.
	 */
	mobility_endings_t *endings;

	/**
	 * Ends those of dormant clients before their time is over.
	 */
	mobility_eviction_t *eviction;

	/**
	 * Virtual addresses of clients that log in.
	 */
	mobility_leases_t *leases;

	/**
	 * What becomes of the IKE_SAs that they had.
	 */
	mobility_uniqueness_t *uniqueness;

	/**
	 * Tells of suspends, NULL if the kernel can't.
	 */
	mobility_resume_t *resume;

	/**
	 * Client of NetworkManager, runs as the monitor does; NULL if there is none.
	 */
	mobility_nm_t *nm;

	/**
	 * Rules that lead into tunnels before those of others.
	 */
	mobility_tunnel_rules_t *tunnel_rules;

	/**
	 * Rules by which clients are answered over the uplink that they use.
	 */
	mobility_way_back_t *way_back;

	/**
	 * Tells that clients come.
	 */
	mobility_knock_t *knock;

	/**
	 * Not 0 when one did.
	 */
	refcount_t serving;

	/**
	 * Held to start or stop the monitor.
	 */
	mutex_t *monitor_mutex;

	/**
	 * The monitor was started.
	 */
	bool running;

	/**
	 * When the host was back from a suspend last, 0 if it was not suspended, and
	 * how long that was.
	 */
	uint64_t resumed, slept;

	/**
	 * Observers, mobility_observer_t*.
	 */
	linked_list_t *observers;

	/**
	 * Locks observers, and the last suspend.
	 */
	rwlock_t *lock;
};

/**
 * Get the manager from the context of its sessions.
 */
static inline private_mobility_manager_t *manager_of(
												mobility_context_t *context)
{
	return (private_mobility_manager_t*)((char*)context -
							offsetof(private_mobility_manager_t, context));
}

/**
 * Tell the guard which uplinks there are: all that sockets may be bound to.
 */
static void update_uplinks(private_mobility_manager_t *this)
{
	mobility_monitor_t *monitor = this->context.monitor;
	mobility_uplink_report_t *report;
	enumerator_t *enumerator;
	array_t *uplinks;

	uplinks = array_create(IFNAMSIZ, 0);
	enumerator = monitor->create_link_enumerator(monitor);
	while (enumerator->enumerate(enumerator, &report))
	{	/* there may be a route as soon as there is an address */
		if (streq(report->state, "usable") || streq(report->state, "no route"))
		{
			array_insert(uplinks, ARRAY_TAIL, report->ifname);
		}
	}
	enumerator->destroy(enumerator);
	this->context.guard->set_uplinks(this->context.guard, uplinks);
}

/**
 * Have the rules of pins, and those that lead into tunnels, come before those of
 * others that would catch their packets.
 */
static void adjust_rules(private_mobility_manager_t *this)
{
	mobility_settings_t *settings = this->context.settings;
	mobility_monitor_t *monitor = this->context.monitor;
	uint32_t priority;

	priority = monitor->get_pin_priority(monitor);
	this->context.pins->set_priority(this->context.pins, priority);
	this->tunnel_rules->set_priority(this->tunnel_rules,
						priority < settings->get_pin_priority(settings) ?
						priority + 1 : 0);
}

/**
 * Have clients answered over the uplink that they use, once there are any.
 */
static void update_way_back(private_mobility_manager_t *this)
{
	if (ref_cur(&this->serving))
	{
		this->way_back->update(this->way_back);
	}
}

/**
 * Start the monitor if there are sessions, or clients may come, else stop it.
 * Stopping waits for its callback, which may wait for what listeners are called
 * with: so this is for jobs, and others that may wait.
 */
static bool adjust_monitor(private_mobility_manager_t *this)
{
	mobility_monitor_t *monitor = this->context.monitor;
	mobility_settings_t *settings = this->context.settings;
	bool running = FALSE;

	this->monitor_mutex->lock(this->monitor_mutex);
	if (ref_cur(&this->serving) || this->registry->get_active(this->registry))
	{
		running = monitor->start(monitor);
		if (running && !this->running)
		{	/* from now on it tells of others */
			update_uplinks(this);
			adjust_rules(this);
		}
		if (this->context.deletions)
		{
			this->context.deletions->listen(this->context.deletions, running);
		}
		if (this->nm && settings->use_networkmanager(settings))
		{
			this->nm->start(this->nm);
		}
	}
	else
	{
		monitor->stop(monitor);
		this->tunnel_rules->set_priority(this->tunnel_rules, 0);
		if (this->context.deletions)
		{
			this->context.deletions->listen(this->context.deletions, FALSE);
		}
		if (this->nm)
		{
			this->nm->stop(this->nm);
		}
	}
	this->running = running;
	this->monitor_mutex->unlock(this->monitor_mutex);
	return running;
}

/**
 * Job that stops the monitor if it still is not needed.
 */
static job_requeue_t adjust_monitor_job(private_mobility_manager_t *this)
{
	adjust_monitor(this);
	return JOB_REQUEUE_NONE;
}

/**
 * mobility_knock_cb_t, the monitor runs from then on: the answer to the next
 * client needs the rules as well, whether there is a session or not.
 */
static void client_comes(void *data)
{
	private_mobility_manager_t *this = data;

	if (!ref_cur(&this->serving) &&
		this->way_back->is_wanted(this->way_back))
	{
		ref_get(&this->serving);
		adjust_monitor(this);
		update_way_back(this);
	}
}

/**
 * mobility_listener_cb_t, the monitor runs while any session has not ended.
 */
static void session_ended(void *data)
{
	private_mobility_manager_t *this = data;

	if (!this->registry->get_active(this->registry))
	{
		lib->processor->queue_job(lib->processor,
					(job_t*)callback_job_create((callback_job_cb_t)adjust_monitor_job,
												this, NULL, NULL));
	}
}

/**
 * mobility_monitor_cb_t
 */
static void network_changed(void *data, mobility_change_t change)
{
	private_mobility_manager_t *this = data;

	if (change & MOBILITY_CHANGE_PIN_LOST)
	{
		this->context.pins->restore(this->context.pins);
		this->context.guard->restore(this->context.guard);
		this->tunnel_rules->restore(this->tunnel_rules);
		this->way_back->restore(this->way_back);
	}
	if (change & ~(MOBILITY_CHANGE_PIN_LOST | MOBILITY_CHANGE_TUNNEL))
	{
		update_way_back(this);
	}
	if (change & (MOBILITY_CHANGE_LINK | MOBILITY_CHANGE_ADDR))
	{
		update_uplinks(this);
	}
	if (change & MOBILITY_CHANGE_RULE)
	{
		adjust_rules(this);
	}
	if (change & MOBILITY_CHANGE_TUNNEL)
	{
		this->context.guard->set_passes(this->context.guard,
							this->context.routes->get_passes(this->context.routes));
	}
	if (change & MOBILITY_CHANGE_TUNNEL &&
		this->context.routes->look(this->context.routes))
	{	/* sessions put them back */
		change |= MOBILITY_CHANGE_ROUTE;
	}
	if (change & ~(MOBILITY_CHANGE_PIN_LOST | MOBILITY_CHANGE_TUNNEL))
	{
		this->registry->queue_all(this->registry, MOBILITY_WORK_LOOK);
	}
}

/**
 * mobility_xfrm_deletions_cb_t, mobility_nm_cb_t
 */
static void look_all(void *data)
{
	private_mobility_manager_t *this = data;

	this->registry->queue_all(this->registry, MOBILITY_WORK_LOOK);
}

/**
 * mobility_traffic_cb_t
 */
static void traffic_changed(void *data, uint32_t number,
							mobility_health_t verdict)
{
	private_mobility_manager_t *this = data;

	this->registry->queue_number(this->registry, number,
								 MOBILITY_WORK_TRAFFIC);
}

/**
 * mobility_sleepers_cb_t
 */
static void sleeper_returned(void *data, uint32_t number)
{
	private_mobility_manager_t *this = data;

	this->registry->queue_number(this->registry, number,
								 MOBILITY_WORK_TRAFFIC);
}

/**
 * mobility_resume_cb_t
 */
static void resumed(void *data, uint64_t slept)
{
	private_mobility_manager_t *this = data;

	DBG1(DBG_IKE, "mobility: back after %llus of suspend",
		 (unsigned long long)slept / 1000);
	this->lock->write_lock(this->lock);
	this->resumed = mobility_now();
	this->slept = slept;
	this->lock->unlock(this->lock);
	this->registry->queue_all(this->registry, MOBILITY_WORK_SUSPECT);
}

/**
 * mobility_resolver_cb_t
 */
static void resolved(void *data, uint32_t number)
{
	private_mobility_manager_t *this = data;

	this->registry->queue_number(this->registry, number, MOBILITY_WORK_LOOK);
}

/**
 * Implements mobility_context_t.arm()
 */
static void arm(mobility_context_t *context, mobility_session_t *session,
				uint64_t deadline)
{
	mobility_agenda_t *agenda = manager_of(context)->registry->agenda;
	mobility_entry_t *entry = session->entry;

	agenda->arm(agenda, &entry->turn, deadline);
}

/**
 * Implements mobility_context_t.get_resume()
 */
static uint64_t get_resume(mobility_context_t *context, uint64_t *slept)
{
	private_mobility_manager_t *this = manager_of(context);
	uint64_t when;

	this->lock->read_lock(this->lock);
	when = this->resumed;
	*slept = this->slept;
	this->lock->unlock(this->lock);
	return when;
}

/**
 * Implements mobility_context_t.give_up()
 */
static void give_up(mobility_context_t *context, mobility_session_t *session)
{
	mobility_agenda_t *agenda = manager_of(context)->registry->agenda;
	mobility_entry_t *entry = session->entry;

	agenda->give_up(agenda, &entry->turn);
}

/**
 * Implements mobility_context_t.retire()
 */
static void retire(mobility_context_t *context, mobility_session_t *session)
{
	mobility_endings_t *endings = manager_of(context)->endings;
	mobility_entry_t *entry = session->entry;
	ike_sa_id_t *id;

	id = mobility_turn_get_id(&entry->turn);
	endings->add(endings, id, MOBILITY_ENDING_OUTAGE);
	id->destroy(id);
}

/**
 * A session is not dormant anymore, whatever the reason was to end it.
 */
static void spare(private_mobility_manager_t *this, mobility_session_t *session)
{
	mobility_entry_t *entry = session->entry;
	ike_sa_id_t *id;

	id = mobility_turn_get_id(&entry->turn);
	this->endings->remove(this->endings, id);
	id->destroy(id);
}

/**
 * Destroy an array of path reports.
 */
static void destroy_reports(array_t *paths)
{
	mobility_path_report_t *report;

	while (array_remove(paths, ARRAY_TAIL, &report))
	{
		mobility_path_report_destroy(report);
	}
	array_destroy(paths);
}

/**
 * Implements mobility_context_t.tell()
 */
static void tell(mobility_context_t *context, enum mobility_event_kind_t kind,
				 mobility_state_t old, mobility_session_t *session)
{
	private_mobility_manager_t *this = manager_of(context);
	enumerator_t *enumerator;
	mobility_observer_t *observer;
	mobility_status_t *status;
	array_t *paths = NULL;

	status = session->get_status(session);
	this->registry->note(this->registry, session->entry, status);
	if (status->state == MOBILITY_CONNECTED && kind == MOBILITY_EVENT_STATE)
	{
		spare(this, session);
	}
	if (kind == MOBILITY_EVENT_PATH)
	{
		paths = session->get_paths(session, NULL);
	}
	this->lock->read_lock(this->lock);
	enumerator = this->observers->create_enumerator(this->observers);
	while (enumerator->enumerate(enumerator, &observer))
	{
		observer->event(observer, kind, old, status, paths);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	mobility_status_destroy(status);
	if (paths)
	{
		destroy_reports(paths);
	}
}

/**
 * mobility_source_address_cb_t
 */
static host_t *choose_source(void *data, ike_sa_t *ike_sa)
{
	private_mobility_manager_t *this = data;
	mobility_entry_t *entry;

	entry = this->listener->connect(this->listener, ike_sa);
	return entry && entry->session->connecting && adjust_monitor(this) ?
				entry->session->choose(entry->session) : NULL;
}

/**
 * Implements mobility_context_t.wake()
 */
static void wake(mobility_context_t *context, uint32_t number,
				 mobility_work_t work)
{
	private_mobility_manager_t *this = manager_of(context);

	this->registry->queue_number(this->registry, number, work);
}

/**
 * Implements mobility_context_t.set_dormant()
 */
static void set_dormant(mobility_context_t *context, ike_sa_t *ike_sa,
						bool dormant)
{
	private_mobility_manager_t *this = manager_of(context);

	if (dormant)
	{
		this->dormant->add(this->dormant, ike_sa);
	}
	else
	{
		this->dormant->remove(this->dormant, ike_sa->get_id(ike_sa));
	}
	this->eviction->limit(this->eviction);
}

/**
 * mobility_asleep_cb_t
 */
static bool is_asleep(void *data, ike_sa_t *ike_sa)
{
	private_mobility_manager_t *this = data;
	mobility_entry_t *entry;

	entry = this->listener->find(this->listener, ike_sa);
	return entry && entry->session->is_dormant(entry->session);
}

/**
 * Implements mobility_context_t.expect()
 */
static void expect(mobility_context_t *context, ike_sa_t *ike_sa,
				   uint32_t successor)
{
	private_mobility_manager_t *this = manager_of(context);

	this->registry->expect(this->registry, ike_sa, successor);
}

/**
 * Implements mobility_context_t.logged_in()
 */
static void logged_in(mobility_context_t *context, ike_sa_t *ike_sa)
{
	private_mobility_manager_t *this = manager_of(context);

	this->listener->take(this->listener, ike_sa);
}

/**
 * mobility_agenda_cb_t
 */
static status_t do_work(void *data, ike_sa_t *ike_sa)
{
	private_mobility_manager_t *this = data;
	mobility_agenda_t *agenda = this->registry->agenda;
	mobility_session_t *session;
	mobility_entry_t *entry;
	mobility_work_t work;
	status_t status = SUCCESS;

	entry = this->listener->find(this->listener, ike_sa);
	if (!entry)
	{
		return SUCCESS;
	}
	session = entry->session;
	work = agenda->take_work(agenda, &entry->turn);
	if (work & MOBILITY_WORK_REPLACED)
	{
		return ike_sa->delete(ike_sa, FALSE);
	}
	/* the monitor is not started where sessions begin, listeners must not
	 * block; without it there is nothing we could do better than stock */
	if (work & MOBILITY_WORK_GIVE_BACK ||
		(!session->follows && !adjust_monitor(this)))
	{
		status = session->give_back(session);
		this->listener->drop(this->listener, entry);
		return status;
	}
	if (work & MOBILITY_WORK_LOGIN &&
		this->listener->take_over(this->listener, entry, ike_sa) == DESTROY_ME)
	{	/* whatever else there is to do is done with the next one */
		return DESTROY_ME;
	}
	if (work & MOBILITY_WORK_RELOAD)
	{
		session->reload(session);
	}
	if (work & (MOBILITY_WORK_LOOK | MOBILITY_WORK_RELOAD))
	{
		status = session->look(session);
	}
	if (status != DESTROY_ME && work & MOBILITY_WORK_TICK)
	{
		status = session->tick(session);
	}
	if (status != DESTROY_ME && work & MOBILITY_WORK_SUSPECT)
	{
		status = session->suspect(session);
	}
	if (status != DESTROY_ME && work & MOBILITY_WORK_TRAFFIC)
	{
		status = session->judge(session);
	}
	if (status != DESTROY_ME && work & MOBILITY_WORK_REAUTH)
	{
		status = session->reauth(session);
	}
	if (status != DESTROY_ME)
	{
		this->registry->note(this->registry, entry, NULL);
	}
	return status;
}

/**
 * mobility_agenda_cb_t that gives sessions up
 */
static status_t do_give_up(void *data, ike_sa_t *ike_sa)
{
	private_mobility_manager_t *this = data;
	mobility_entry_t *entry;

	entry = this->listener->find(this->listener, ike_sa);
	return entry ? entry->session->give_up(entry->session,
										   MOBILITY_ENDING_OUTAGE) : SUCCESS;
}

/**
 * mobility_ending_cb_t
 */
static status_t do_end(void *data, ike_sa_t *ike_sa, mobility_ending_t reason)
{
	private_mobility_manager_t *this = data;
	mobility_entry_t *entry;

	entry = this->listener->find(this->listener, ike_sa);
	if (!entry || (reason == MOBILITY_ENDING_LIMIT &&
				   !this->eviction->is_due(this->eviction)))
	{
		return SUCCESS;
	}
	if (entry->session->give_up(entry->session, reason) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	if (reason == MOBILITY_ENDING_LIMIT)
	{	/* for instance stock is about to do it; it is the next one's turn */
		set_dormant(&this->context, ike_sa, FALSE);
	}
	return SUCCESS;
}

/**
 * Check out the session of an IKE_SA by the id of that, which is destroyed.
 * Returns NULL if there is none.
 */
static mobility_session_t *checkout(private_mobility_manager_t *this,
									ike_sa_id_t *id, ike_sa_t **ike_sa)
{
	mobility_entry_t *entry;

	*ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	entry = this->listener->find(this->listener, *ike_sa);
	if (!entry && *ike_sa)
	{
		mobility_checkin(*ike_sa, SUCCESS);
	}
	return entry ? entry->session : NULL;
}

/**
 * mobility_crash_taker_cb_t
 */
static void gateway_lost(void *data, ike_sa_id_t *id)
{
	private_mobility_manager_t *this = data;
	mobility_session_t *session;
	ike_sa_t *ike_sa;

	session = checkout(this, id, &ike_sa);
	if (session)
	{
		mobility_checkin(ike_sa, session->lost(session));
	}
}

/**
 * Check out a session by its number.
 */
static mobility_session_t *checkout_number(private_mobility_manager_t *this,
										   uint32_t number, ike_sa_t **ike_sa)
{
	ike_sa_id_t *id;

	id = this->registry->get_id(this->registry, number);
	return id ? checkout(this, id, ike_sa) : NULL;
}

METHOD(mobility_manager_t, get_listener, listener_t*,
	private_mobility_manager_t *this)
{
	return &this->listener->listener;
}

METHOD(mobility_manager_t, create_status_enumerator, enumerator_t*,
	private_mobility_manager_t *this, const mobility_filter_t *filter)
{
	return mobility_roster_enumerate(this->registry, filter,
							(mobility_roster_checkout_t)checkout_number, this);
}

METHOD(mobility_manager_t, create_count_enumerator, enumerator_t*,
	private_mobility_manager_t *this, const mobility_filter_t *filter)
{
	return mobility_roster_count(this->registry, filter);
}

METHOD(mobility_manager_t, create_path_enumerator, enumerator_t*,
	private_mobility_manager_t *this, uint32_t number,
	mobility_prospect_t *prospect)
{
	mobility_session_t *session;
	ike_sa_t *ike_sa;
	array_t *paths;

	session = checkout_number(this, number, &ike_sa);
	if (!session)
	{
		return NULL;
	}
	paths = session->get_paths(session, prospect);
	mobility_checkin(ike_sa, SUCCESS);
	return enumerator_create_cleaner(array_create_enumerator(paths),
									 (void*)destroy_reports, paths);
}

METHOD(mobility_manager_t, create_link_enumerator, enumerator_t*,
	private_mobility_manager_t *this)
{
	mobility_monitor_t *monitor = this->context.monitor;

	return monitor->create_link_enumerator(monitor);
}

METHOD(mobility_manager_t, switch_uplink, bool,
	private_mobility_manager_t *this, const char *connection,
	const char *uplink, char *error)
{
	mobility_session_t *session;
	linked_list_t *ids;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	status_t status;
	bool started = FALSE;

	snprintf(error, 128, "there is no session of a connection %s", connection);
	ids = this->registry->get_ids(this->registry, connection);
	while (ids->remove_first(ids, (void**)&id) == SUCCESS)
	{
		session = checkout(this, id, &ike_sa);
		if (session)
		{
			started |= session->switch_uplink(session, uplink, error, &status);
			mobility_checkin(ike_sa, status);
		}
	}
	ids->destroy(ids);
	return started;
}

METHOD(mobility_manager_t, terminate_, u_int,
	private_mobility_manager_t *this, const mobility_filter_t *filter)
{
	return mobility_drain_terminate(this->registry, this->endings, filter);
}

METHOD(mobility_manager_t, redirect_, u_int,
	private_mobility_manager_t *this, const mobility_filter_t *filter,
	identification_t *gateway, u_int *unable)
{
	return mobility_drain_redirect(this->registry, filter, gateway,
							(mobility_roster_checkout_t)checkout_number, this,
							unable);
}

METHOD(mobility_manager_t, add_observer, void,
	private_mobility_manager_t *this, mobility_observer_t *observer)
{
	this->lock->write_lock(this->lock);
	this->observers->insert_last(this->observers, observer);
	this->lock->unlock(this->lock);
}

METHOD(mobility_manager_t, remove_observer, void,
	private_mobility_manager_t *this, mobility_observer_t *observer)
{
	this->lock->write_lock(this->lock);
	this->observers->remove(this->observers, observer, NULL);
	this->lock->unlock(this->lock);
}

/**
 * Have a session apply changed settings.
 */
static void queue_reload(void *data, mobility_entry_t *entry)
{
	private_mobility_manager_t *this = data;
	mobility_settings_t *settings = this->context.settings;
	mobility_agenda_t *agenda = this->registry->agenda;
	mobility_gateway_config_t gateway;
	mobility_config_t config;

	settings->get(settings, entry->session->connection, &config);
	settings->get_gateway(settings, entry->session->connection, &gateway);
	agenda->queue(agenda, &entry->turn,
				  (entry->session->follows ? gateway.mobility :
											 config.mobility) ?
				  MOBILITY_WORK_RELOAD : MOBILITY_WORK_GIVE_BACK);
}

METHOD(mobility_manager_t, reload, void,
	private_mobility_manager_t *this)
{
	this->registry->for_each(this->registry, queue_reload, this);
	this->crash_maker->reload(this->crash_maker);
	update_way_back(this);
}

/**
 * Collect the IDs of all IKE_SAs that have a session.
 */
static void collect_id(void *data, mobility_entry_t *entry)
{
	linked_list_t *ids = data;

	if (!entry->turn.ended)
	{
		ids->insert_last(ids, mobility_turn_get_id(&entry->turn));
	}
}

/**
 * Give all IKE_SAs back to stock, also those that are being replaced; on
 * shutdown they are gone already.
 */
static void give_all_back(private_mobility_manager_t *this)
{
	mobility_session_t *session;
	linked_list_t *ids;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	ids = linked_list_create();
	this->registry->for_each(this->registry, collect_id, ids);
	while (ids->remove_first(ids, (void**)&id) == SUCCESS)
	{
		session = checkout(this, id, &ike_sa);
		if (session)
		{
			mobility_checkin(ike_sa, session->give_back(session));
		}
	}
	ids->destroy(ids);
	this->registry->flush(this->registry);
}

METHOD(mobility_manager_t, destroy, void,
	private_mobility_manager_t *this)
{
	this->context.settings->set_advisor(this->context.settings, NULL, NULL);
	DESTROY_IF(this->nm);
	DESTROY_IF(this->crash_maker);
	DESTROY_IF(this->context.crash_taker);
	DESTROY_IF(this->knock);
	DESTROY_IF(this->source);
	DESTROY_IF(this->names);
	DESTROY_IF(this->uniqueness);
	DESTROY_IF(this->leases);
	if (this->registry)
	{
		give_all_back(this);
	}
	/* its thread calls us, too, and nobody else has stopped it */
	this->context.monitor->stop(this->context.monitor);
	/* these call back, and sessions are gone */
	DESTROY_IF(this->resume);
	DESTROY_IF(this->context.deletions);
	if (this->uplink_names)
	{
		this->uplink_names->stop(this->uplink_names);
	}
	DESTROY_IF(this->context.resolver);
	DESTROY_IF(this->uplink_names);
	DESTROY_IF(this->context.traffic);
	DESTROY_IF(this->context.sleepers);
	DESTROY_IF(this->listener);
	DESTROY_IF(this->registry);
	DESTROY_IF(this->eviction);
	this->endings->destroy(this->endings);
	DESTROY_IF(this->dormant);
	this->context.monitor->destroy(this->context.monitor);
	DESTROY_IF(this->context.ports);
	DESTROY_IF(this->context.relocator);
	DESTROY_IF(this->context.vip_policies);
	this->context.lost_vips->destroy(this->context.lost_vips);
	this->context.routes->destroy(this->context.routes);
	DESTROY_IF(this->xfrm);
	this->way_back->destroy(this->way_back);
	this->tunnel_rules->destroy(this->tunnel_rules);
	this->context.guard->destroy(this->context.guard);
	this->context.pins->destroy(this->context.pins);
	this->context.rtnl->destroy(this->context.rtnl);
	this->context.backlog->destroy(this->context.backlog);
	this->context.callers->destroy(this->context.callers);
	this->context.hooks->destroy(this->context.hooks);
	this->observers->destroy(this->observers);
	this->monitor_mutex->destroy(this->monitor_mutex);
	this->lock->destroy(this->lock);
	free(this);
}

/**
 * Get charon's table, 0 if the rule for it is not for all packets.
 */
static uint32_t get_tunnel_table()
{
	if (lib->settings->get_str(lib->settings,
						"%s.plugins.kernel-netlink.fwmark", NULL, lib->ns))
	{	/* what has that mark is to get past tunnels */
		return 0;
	}
	return lib->settings->get_int(lib->settings, "%s.routing_table",
								  MOBILITY_CHARON_TABLE, lib->ns);
}

/*
 * Described in header.
 */
mobility_manager_t *mobility_manager_create(mobility_settings_t *settings)
{
	private_mobility_manager_t *this;
	mobility_rtnl_t *rtnl;

	rtnl = mobility_rtnl_create();
	if (!rtnl)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.get_listener = _get_listener,
			.create_status_enumerator = _create_status_enumerator,
			.create_count_enumerator = _create_count_enumerator,
			.create_path_enumerator = _create_path_enumerator,
			.create_link_enumerator = _create_link_enumerator,
			.switch_uplink = _switch_uplink,
			.terminate = _terminate_,
			.redirect = _redirect_,
			.add_observer = _add_observer,
			.remove_observer = _remove_observer,
			.reload = _reload,
			.destroy = _destroy,
		},
		.context = {
			.settings = settings,
			.rtnl = rtnl,
			.pins = mobility_pins_create(rtnl,
										 settings->get_pin_priority(settings),
										 settings->get_pin_table(settings)),
			.lost_vips = mobility_lost_vips_create(rtnl),
			.guard = mobility_guard_create(rtnl,
							lib->settings->get_int(lib->settings,
								"%s.routing_table_prio", MOBILITY_CHARON_TABLE,
								lib->ns) + 1,
							settings->get_pin_table(settings) +
							MOBILITY_PIN_TABLES - 1),
			.routes = mobility_tunnel_routes_create(rtnl),
			.backlog = mobility_peer_load_create(),
			.hooks = mobility_ike_hooks_create(),
			.ports = mobility_own_ports_create(),
			.callers = mobility_callers_create(),
			.create_session = mobility_session_create,
			.create_anchor = mobility_anchor_session_create,
			.arm = arm,
			.give_up = give_up,
			.retire = retire,
			.get_resume = get_resume,
			.wake = wake,
			.set_dormant = set_dormant,
			.expect = expect,
			.logged_in = logged_in,
			.tell = tell,
		},
		.endings = mobility_endings_create(do_end, this),
		.xfrm = mobility_xfrm_create(),
		.tunnel_rules = mobility_tunnel_rules_create(rtnl, get_tunnel_table()),
		.observers = linked_list_create(),
		.monitor_mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
	);
	this->context.monitor = mobility_monitor_create(rtnl, network_changed,
													this);
	this->context.monitor->set_pin_priority(this->context.monitor,
									settings->get_pin_priority(settings),
									settings->is_pin_priority_fixed(settings));
	this->way_back = mobility_way_back_create(rtnl, this->context.monitor,
											  settings);
	this->context.relocator = mobility_child_update_create(rtnl,
									mobility_xfrm_migrate_create(this->xfrm));
	this->context.traffic = mobility_traffic_create(this->xfrm,
												mobility_xfrm_events_create(),
													traffic_changed, this);
	this->context.sleepers = mobility_sleepers_create(this->xfrm,
												mobility_xfrm_events_create(),
													sleeper_returned, this);
	if (this->xfrm)
	{
		this->context.deletions = mobility_xfrm_deletions_create(
													look_all, this);
		this->context.vip_policies = mobility_vip_policies_create(this->xfrm,
													this->context.lost_vips);
	}
	this->context.resolver = mobility_resolver_create(resolved, this);
	this->uplink_names = mobility_uplink_names_create(this->context.monitor,
													  settings);
	if (this->uplink_names)
	{
		this->context.resolver->set_source(this->context.resolver,
							(mobility_resolver_ask_t)this->uplink_names->ask,
							this->uplink_names);
	}
	this->names = mobility_login_names_create(settings, this->context.resolver);
	this->registry = mobility_registry_create(do_work, do_give_up, this);
	if (!this->registry)
	{
		destroy(this);
		return NULL;
	}
	this->listener = mobility_listener_create(&this->context, this->registry,
							session_ended, this);
	this->dormant = mobility_dormant_table_create();
	this->eviction = mobility_eviction_create(this->dormant, this->endings,
											  settings, is_asleep, this);
	this->leases = mobility_leases_create(this->dormant, this->eviction,
										  settings);
	this->uniqueness = mobility_uniqueness_create(this->dormant, this->eviction,
												  this->leases, settings);
	this->source = mobility_source_address_create(choose_source, this);
	this->knock = mobility_knock_create(client_comes, this);
	this->crash_maker = mobility_crash_maker_create(settings,
													MOBILITY_CRASH_SECRET);
	this->context.crash_taker = mobility_crash_taker_create(settings,
													gateway_lost, this);
	this->resume = mobility_resume_create(resumed, this);
	this->nm = mobility_nm_create(NULL, look_all, this);
	if (this->nm)
	{
		settings->set_advisor(settings, (mobility_advisor_t)this->nm->get,
							  this->nm);
	}
	return &this->public;
}
