/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/login_names.h"
#include "compat.h"
#include "ike/end.h"
#include "net/clock.h"

#include <daemon.h>
#include <collections/array.h>
#include <processing/jobs/acquire_job.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/retry_initiate_job.h>
#include <threading/mutex.h>
#include <threading/thread_value.h>

typedef struct private_mobility_login_names_t private_mobility_login_names_t;
typedef struct answer_t answer_t;
typedef struct waiter_t waiter_t;

/**
 * What was found for a name.
 */
struct answer_t {
	/** name */
	char *name;
	/** address family that was asked for */
	int family;
	/** address */
	host_t *host;
	/** until when this is good, as of mobility_now() */
	uint64_t until;
};

/**
 * What waits for a name.
 */
struct waiter_t {
	/** name, NULL if none was asked for yet */
	char *name;
	/** address family that was asked for */
	int family;
	/** address that was found */
	host_t *host;
	/** IKE_SA that is to be initiated, NULL to initiate a connection */
	ike_sa_id_t *id;
	/** connection, NULL as soon as it is initiated */
	peer_cfg_t *peer_cfg;
	/** it was loaded by whoever loads connections, who may remove it */
	bool loaded;
	/** its CHILD_SA, may be NULL */
	child_cfg_t *child_cfg;
	/** what initiates it if packets have matched a trap, else NULL */
	job_t *acquire;
	/** whether limits apply to it */
	bool limits;
	/** how many of its addresses were asked for */
	u_int asked;
};

/**
 * Private data of a mobility_login_names_t object.
 */
struct private_mobility_login_names_t {

	/**
	 * Public interface.
	 */
	mobility_login_names_t public;

	/**
	 * Tells which thread replaces an IKE_SA.
	 */
	listener_t listener;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Resolves names.
	 */
	mobility_resolver_t *resolver;

	/**
	 * What was found lately for IKE_SAs, answer_t.
	 */
	array_t *answers;

	/**
	 * What waits, waiter_t*.
	 */
	array_t *waiters;

	/**
	 * Locks these, a leaf.
	 */
	mutex_t *mutex;

	/**
	 * What the calling thread initiates, waiter_t.
	 */
	thread_value_t *current;

	/**
	 * Stock methods.
	 */
	host_t *(*resolve)(host_resolver_t *this, char *name, int family);
	typeof(((controller_t*)0)->initiate) initiate;
	void (*acquire)(trap_manager_t *this, uint32_t reqid,
					kernel_acquire_data_t *data);
};

/**
 * The methods that are replaced have no place for user data.
 */
static private_mobility_login_names_t *instance;

/**
 * What a thread has as current that replaces an IKE_SA: the next one keeps the
 * address that the gateway has, and looks for others by and by.
 */
static waiter_t keep_address;

/**
 * Destroy a waiter, and what it owns.
 */
static void waiter_destroy(waiter_t *waiter)
{
	DESTROY_IF(waiter->id);
	DESTROY_IF(waiter->peer_cfg);
	DESTROY_IF(waiter->child_cfg);
	DESTROY_IF(waiter->acquire);
	DESTROY_IF(waiter->host);
	free(waiter->name);
	free(waiter);
}

/**
 * Forget answers that are old.
 */
static void expire(private_mobility_login_names_t *this, uint64_t now)
{
	answer_t answer;
	int i;

	for (i = array_count(this->answers) - 1; i >= 0; i--)
	{
		array_get(this->answers, i, &answer);
		if (now >= answer.until)
		{
			array_remove(this->answers, i, NULL);
			answer.host->destroy(answer.host);
			free(answer.name);
		}
	}
}

/**
 * Get what was found for a name, NULL if that was nothing, or long ago.
 */
static host_t *find_answer(private_mobility_login_names_t *this, char *name,
						   int family)
{
	host_t *host = NULL;
	answer_t answer;
	int i;

	this->mutex->lock(this->mutex);
	expire(this, mobility_now());
	for (i = 0; !host && i < array_count(this->answers); i++)
	{
		array_get(this->answers, i, &answer);
		if (answer.family == family && streq(answer.name, name))
		{
			host = answer.host->clone(answer.host);
		}
	}
	this->mutex->unlock(this->mutex);
	return host;
}

/**
 * Keep what was found for an IKE_SA.
 */
static void add_answer(private_mobility_login_names_t *this, const char *name,
					   int family, host_t *host)
{
	uint64_t now = mobility_now();
	answer_t answer = {
		.name = strdup(name),
		.family = family,
		.host = host->clone(host),
		.until = now + MOBILITY_ANSWER_TIME,
	};

	expire(this, now);
	/* it is found before an older one */
	array_insert(this->answers, ARRAY_HEAD, &answer);
}

/**
 * Check if an IKE_SA waits already, which is not initiated more than once.
 */
static bool is_waiting(private_mobility_login_names_t *this, ike_sa_id_t *id)
{
	waiter_t *waiter;
	int i;

	for (i = 0; id && i < array_count(this->waiters); i++)
	{
		array_get(this->waiters, i, &waiter);
		if (waiter->id && id->equals(id, waiter->id))
		{
			return TRUE;
		}
	}
	return FALSE;
}

static void done(void *data, const char *name, int family, host_t *host);

/**
 * Have a name looked up for a waiter, which is adopted.
 */
static void wait_for(private_mobility_login_names_t *this, waiter_t *waiter,
					 const char *name, int family)
{
	bool waiting;

	free(waiter->name);
	waiter->name = strdup(name);
	waiter->family = family;
	this->mutex->lock(this->mutex);
	waiting = is_waiting(this, waiter->id);
	if (!waiting)
	{
		array_insert(this->waiters, ARRAY_TAIL, waiter);
	}
	this->mutex->unlock(this->mutex);
	if (waiting)
	{
		waiter_destroy(waiter);
		return;
	}
	/* the waiter may be gone when this returns */
	this->resolver->look_up(this->resolver, name, family, done, this);
}

/**
 * Get the address family that an IKE_SA of a connection is going to ask for.
 */
static int get_family(ike_cfg_t *ike_cfg)
{
	switch (charon->socket->supported_families(charon->socket))
	{
		case SOCKET_FAMILY_IPV4:
			return AF_INET;
		case SOCKET_FAMILY_IPV6:
			return AF_INET6;
		default:
			return ike_cfg_get_family(ike_cfg, TRUE);
	}
}

/**
 * Get the name that an IKE_SA of a connection is going to ask for next, if there
 * was no answer for those before, NULL if that is none.
 */
static char *next_name(waiter_t *waiter)
{
	ike_cfg_t *ike_cfg;
	enumerator_t *enumerator;
	char *address, *name = NULL;
	host_t *host = NULL;
	u_int i;

	ike_cfg = waiter->peer_cfg->get_ike_cfg(waiter->peer_cfg);
	enumerator = enumerator_create_token(ike_cfg->get_other_addr(ike_cfg), ",",
										 " ");
	for (i = 0; !host && !name && enumerator->enumerate(enumerator, &address);
		 i++)
	{
		if (i >= waiter->asked && mobility_resolver_is_single(address))
		{
			waiter->asked = i + 1;
			host = host_create_from_string(address, 0);
			name = host ? NULL : strdup(address);
		}
	}
	enumerator->destroy(enumerator);
	DESTROY_IF(host);
	return name;
}

/**
 * Have the next name of a connection looked up.  Returns FALSE if there is none, so
 * that it may be initiated.
 */
static bool wait_for_next(private_mobility_login_names_t *this,
						  waiter_t *waiter)
{
	peer_cfg_t *peer_cfg = waiter->peer_cfg;
	char *name = next_name(waiter);

	if (!name)
	{
		return FALSE;
	}
	wait_for(this, waiter, name, get_family(peer_cfg->get_ike_cfg(peer_cfg)));
	free(name);
	return TRUE;
}

/**
 * Check if a connection is loaded, and that one.
 */
static bool is_loaded(peer_cfg_t *peer_cfg)
{
	peer_cfg_t *current;
	bool loaded;

	current = charon->backends->get_peer_cfg_by_name(charon->backends,
											peer_cfg->get_name(peer_cfg));
	loaded = current == peer_cfg;
	DESTROY_IF(current);
	return loaded;
}

/**
 * Job that initiates a connection, with what was found, unless it was removed
 * meanwhile.  Replaced methods that this calls go on as stock does.
 */
static job_requeue_t initiate(waiter_t *waiter)
{
	private_mobility_login_names_t *this = instance;
	controller_t *controller = charon->controller;
	peer_cfg_t *peer_cfg = waiter->peer_cfg;
	child_cfg_t *child_cfg = waiter->child_cfg;

	if (this && waiter->acquire)
	{	/* if the trap is still there */
		this->current->set(this->current, waiter);
		waiter->acquire->execute(waiter->acquire);
		this->current->set(this->current, NULL);
	}
	else if (this && (!waiter->loaded || is_loaded(peer_cfg)))
	{
		waiter->peer_cfg = NULL;
		waiter->child_cfg = NULL;
		this->current->set(this->current, waiter);
		controller->initiate(controller, peer_cfg, child_cfg, NULL, NULL,
							 MOBILITY_COMPAT_LEVEL(LEVEL_CTRL) 0,
							 waiter->limits);
		this->current->set(this->current, NULL);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Have jobs go on with what waits no longer.
 */
static void resume(private_mobility_login_names_t *this, waiter_t *waiter)
{
	job_t *job;

	if (!waiter->id)
	{
		if (!waiter->host && wait_for_next(this, waiter))
		{
			return;
		}
		job = (job_t*)callback_job_create((callback_job_cb_t)initiate, waiter,
								(callback_job_cleanup_t)waiter_destroy, NULL);
		lib->processor->queue_job(lib->processor, job);
		return;
	}
	if (waiter->host)
	{	/* else it is tried again some time after */
		job = (job_t*)retry_initiate_job_create(waiter->id);
		lib->processor->queue_job(lib->processor, job);
	}
	waiter_destroy(waiter);
}

/**
 * mobility_resolver_done_t
 */
static void done(void *data, const char *name, int family, host_t *host)
{
	private_mobility_login_names_t *this = data;
	array_t *resumed = array_create(0, 0);
	waiter_t *waiter;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->waiters) - 1; i >= 0; i--)
	{
		array_get(this->waiters, i, &waiter);
		if (waiter->family == family && streq(waiter->name, name))
		{
			array_remove(this->waiters, i, NULL);
			array_insert(resumed, ARRAY_HEAD, waiter);
			waiter->host = host ? host->clone(host) : NULL;
		}
	}
	if (host)
	{
		add_answer(this, name, family, host);
	}
	this->mutex->unlock(this->mutex);
	while (array_remove(resumed, ARRAY_HEAD, &waiter))
	{
		resume(this, waiter);
	}
	array_destroy(resumed);
}

/**
 * Check if IKE_SAs of a connection are to be managed if we initiate them.
 */
static bool is_ours(private_mobility_login_names_t *this, peer_cfg_t *peer_cfg)
{
	mobility_config_t config;

	if (peer_cfg->get_ike_version(peer_cfg) == IKEV1)
	{	/* if it may be any, charon initiates IKEv2 */
		return FALSE;
	}
	this->settings->get(this->settings, peer_cfg->get_name(peer_cfg), &config);
	return config.mobility;
}

/**
 * Check if there is an IKE_SA of a connection, so that no name is needed to
 * initiate another CHILD_SA.  Those that are checked out are not waited for.
 */
static bool has_ike_sa(peer_cfg_t *peer_cfg)
{
	ike_cfg_t *ike_cfg = peer_cfg->get_ike_cfg(peer_cfg);
	enumerator_t *enumerator;
	peer_cfg_t *current;
	bool found = FALSE;
	ike_sa_t *ike_sa;

	enumerator = charon->ike_sa_manager->create_enumerator(
											charon->ike_sa_manager, FALSE);
	while (!found && enumerator->enumerate(enumerator, &ike_sa))
	{
		current = ike_sa->get_peer_cfg(ike_sa);
		/* the names are of the latter only */
		found = current && current->equals(current, peer_cfg) &&
				ike_cfg->equals(ike_cfg, current->get_ike_cfg(current));
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Hook for controller_t.initiate()
 */
static status_t hook_initiate(controller_t *controller, peer_cfg_t *peer_cfg,
							  child_cfg_t *child_cfg, controller_cb_t callback,
							  void *param, MOBILITY_COMPAT_LEVEL(level_t level)
							  u_int timeout, bool limits)
{
	private_mobility_login_names_t *this = instance;
	waiter_t *waiter;

	if (!callback && !this->current->get(this->current) &&
		is_ours(this, peer_cfg) && !has_ike_sa(peer_cfg))
	{
		INIT(waiter,
			.peer_cfg = peer_cfg,
			.child_cfg = child_cfg,
			.limits = limits,
			.loaded = is_loaded(peer_cfg),
		);
		if (wait_for_next(this, waiter))
		{
			return SUCCESS;
		}
		free(waiter);
	}
	return this->initiate(controller, peer_cfg, child_cfg, callback, param,
						  MOBILITY_COMPAT_LEVEL(level) timeout, limits);
}

/**
 * Get the connection of a trap, NULL if there is none.
 */
static peer_cfg_t *get_trapped(trap_manager_t *traps, uint32_t reqid)
{
	peer_cfg_t *peer_cfg, *found = NULL;
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	enumerator = traps->create_enumerator(traps);
	while (!found && enumerator->enumerate(enumerator, &peer_cfg, &child_sa))
	{
		if (child_sa->get_reqid(child_sa) == reqid)
		{
			found = peer_cfg->get_ref(peer_cfg);
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Hook for trap_manager_t.acquire()
 */
static void hook_acquire(trap_manager_t *traps, uint32_t reqid,
						 kernel_acquire_data_t *data)
{
	private_mobility_login_names_t *this = instance;
	peer_cfg_t *peer_cfg = NULL;
	waiter_t *waiter;

	if (!this->current->get(this->current))
	{
		peer_cfg = get_trapped(traps, reqid);
	}
	if (peer_cfg && is_ours(this, peer_cfg) && !has_ike_sa(peer_cfg))
	{
		INIT(waiter,
			.peer_cfg = peer_cfg->get_ref(peer_cfg),
			.acquire = (job_t*)acquire_job_create(reqid, data),
		);
		if (wait_for_next(this, waiter))
		{
			peer_cfg->destroy(peer_cfg);
			return;
		}
		waiter_destroy(waiter);
	}
	DESTROY_IF(peer_cfg);
	this->acquire(traps, reqid, data);
}

/**
 * Check if a name is one of the gateway that an IKE_SA logs in at.
 */
static bool is_gateway(ike_sa_t *ike_sa, char *name)
{
	ike_cfg_t *ike_cfg = ike_sa->get_ike_cfg(ike_sa);
	enumerator_t *enumerator;
	bool found = FALSE;
	char *address;

	if (ike_cfg)
	{
		enumerator = enumerator_create_token(ike_cfg->get_other_addr(ike_cfg),
											 ",", " ");
		while (!found && enumerator->enumerate(enumerator, &address))
		{
			found = streq(address, name);
		}
		enumerator->destroy(enumerator);
	}
	return found;
}

/**
 * Check if the gateway's address is not known yet.
 */
static bool is_any(ike_sa_t *ike_sa)
{
	host_t *other = ike_sa->get_other_host(ike_sa);

	return other->is_anyaddr(other);
}

/**
 * Have an IKE_SA initiated when a name was looked up, if charon does so later.
 */
static bool defer(private_mobility_login_names_t *this, ike_sa_t *ike_sa,
				  char *name, int family)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	waiter_t *waiter;

	if (!lib->settings->get_time(lib->settings, "%s.retry_initiate_interval",
								 0, lib->ns))
	{
		return FALSE;
	}
	INIT(waiter,
		.id = id->clone(id),
	);
	wait_for(this, waiter, name, family);
	return TRUE;
}

/**
 * Hook for host_resolver_t.resolve()
 */
static host_t *hook_resolve(host_resolver_t *resolver, char *name, int family)
{
	private_mobility_login_names_t *this = instance;
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);
	waiter_t *waiter;
	host_t *host;

	if (!ike_sa || !is_gateway(ike_sa, name) ||
		mobility_end_get(this->settings, ike_sa) != MOBILITY_END_MOBILE)
	{
		return this->resolve(resolver, name, family);
	}
	waiter = this->current->get(this->current);
	if (waiter == &keep_address)
	{
		return host_create_any(family ?: AF_INET);
	}
	if (waiter && family == waiter->family)
	{	/* all others it has asked for before have no address */
		return waiter->host && streq(name, waiter->name) ?
							waiter->host->clone(waiter->host) : NULL;
	}
	host = find_answer(this, name, family);
	if (host)
	{
		return host;
	}
	if (ike_sa->get_state(ike_sa) == IKE_CREATED &&
		!ike_sa->get_redirected_from(ike_sa) &&
		(!is_any(ike_sa) || defer(this, ike_sa, name, family)))
	{	/* charon then asks for no other one, and keeps the address it has */
		return host_create_any(family ?: AF_INET);
	}
	return this->resolve(resolver, name, family);
}

METHOD(listener_t, ike_reestablish_pre, bool,
	listener_t *listener, ike_sa_t *old, ike_sa_t *new)
{
	private_mobility_login_names_t *this = instance;

	if (!new->get_redirected_from(new))
	{	/* where it is redirected to has to be found */
		this->current->set(this->current, &keep_address);
	}
	return TRUE;
}

METHOD(listener_t, ike_reestablish_post, bool,
	listener_t *listener, ike_sa_t *old, ike_sa_t *new, bool initiated)
{
	private_mobility_login_names_t *this = instance;

	this->current->set(this->current, NULL);
	return TRUE;
}

METHOD(mobility_login_names_t, destroy, void,
	private_mobility_login_names_t *this)
{
	lib->hosts->resolve = this->resolve;
	charon->controller->initiate = this->initiate;
	charon->traps->acquire = this->acquire;
	charon->bus->remove_listener(charon->bus, &this->listener);
	this->resolver->leave(this->resolver, this);
	expire(this, UINT64_MAX);
	array_destroy(this->answers);
	array_destroy_function(this->waiters, (void*)waiter_destroy, NULL);
	this->current->destroy(this->current);
	this->mutex->destroy(this->mutex);
	instance = NULL;
	free(this);
}

/*
 * Described in header.
 */
mobility_login_names_t *mobility_login_names_create(
											mobility_settings_t *settings,
											mobility_resolver_t *resolver)
{
	private_mobility_login_names_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.listener = {
			.ike_reestablish_pre = _ike_reestablish_pre,
			.ike_reestablish_post = _ike_reestablish_post,
		},
		.settings = settings,
		.resolver = resolver,
		.answers = array_create(sizeof(answer_t), 0),
		.waiters = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.current = thread_value_create(NULL),
		.resolve = lib->hosts->resolve,
		.initiate = charon->controller->initiate,
		.acquire = charon->traps->acquire,
	);
	instance = this;
	lib->hosts->resolve = hook_resolve;
	charon->controller->initiate = hook_initiate;
	charon->traps->acquire = hook_acquire;
	charon->bus->add_listener(charon->bus, &this->listener);
	return &this->public;
}
