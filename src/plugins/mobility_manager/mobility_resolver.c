/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_resolver.h"

#include <collections/array.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_mobility_resolver_t private_mobility_resolver_t;
typedef struct query_t query_t;
typedef struct result_t result_t;

/**
 * A name to resolve.
 */
struct query_t {
	/** the resolver */
	private_mobility_resolver_t *resolver;
	/** session it is for */
	uint32_t number;
	/** name, or several */
	char *name;
	/** address family */
	int family;
};

/**
 * An address that was found.
 */
struct result_t {
	/** session it is for */
	uint32_t number;
	/** address */
	host_t *host;
};

/**
 * Private data of a mobility_resolver_t object.
 */
struct private_mobility_resolver_t {

	/**
	 * Public interface.
	 */
	mobility_resolver_t public;

	/**
	 * Queries under way, query_t*.
	 */
	array_t *queries;

	/**
	 * What was found and not taken yet, result_t.
	 */
	array_t *results;

	/**
	 * Locks these.
	 */
	mutex_t *mutex;

	/**
	 * Queries under way, and the owner.
	 */
	refcount_t refs;

	/**
	 * Called when a name was resolved.
	 */
	mobility_resolver_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * No results are wanted anymore.
	 */
	bool stopped;
};

/**
 * Drop a reference: DNS may take long, or its job never be run.
 */
static void put(private_mobility_resolver_t *this)
{
	result_t result;

	if (ref_put(&this->refs))
	{
		while (array_remove(this->results, ARRAY_TAIL, &result))
		{
			result.host->destroy(result.host);
		}
		array_destroy(this->results);
		array_destroy(this->queries);
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/**
 * Keep what was found, if somebody still wants to know.
 */
static void add_result(query_t *query, host_t *host)
{
	private_mobility_resolver_t *this = query->resolver;
	result_t result = {
		.number = query->number,
		.host = host,
	};

	this->mutex->lock(this->mutex);
	if (this->stopped || host->is_anyaddr(host))
	{
		host->destroy(host);
	}
	else
	{
		array_insert(this->results, ARRAY_TAIL, &result);
		this->cb(this->data, query->number);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a peer may be at any of many addresses.
 */
static bool is_many(char *name)
{
	host_t *from, *to;

	if (name[0] == '%' || strchr(name, '/'))
	{	/* %any, or a subnet */
		return TRUE;
	}
	if (host_create_from_range(name, &from, &to))
	{
		from->destroy(from);
		to->destroy(to);
		return TRUE;
	}
	return FALSE;
}

/**
 * Resolve all names of a query.
 */
static void resolve_names(query_t *query)
{
	enumerator_t *enumerator;
	host_t *host;
	char *name;

	enumerator = enumerator_create_token(query->name, ",", " ");
	while (enumerator->enumerate(enumerator, &name))
	{
		if (!*name || is_many(name))
		{
			continue;
		}
		host = host_create_from_dns(name, query->family, 0);
		if (host)
		{
			add_result(query, host);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Job that resolves a name, which may take long.
 */
static job_requeue_t run_query(query_t *query)
{
	resolve_names(query);
	return JOB_REQUEUE_NONE;
}

/**
 * A query is done, or was never run.
 */
static void query_done(query_t *query)
{
	private_mobility_resolver_t *this = query->resolver;
	enumerator_t *enumerator;
	query_t *current;

	this->mutex->lock(this->mutex);
	enumerator = array_create_enumerator(this->queries);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current == query)
		{
			array_remove_at(this->queries, enumerator);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	free(query->name);
	free(query);
	put(this);
}

/**
 * Check if a query is under way.
 */
static bool is_under_way(private_mobility_resolver_t *this, uint32_t number,
						 int family)
{
	query_t *query;
	int i;

	for (i = 0; i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &query);
		if (query->number == number && query->family == family)
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_resolver_t, resolve, void,
	private_mobility_resolver_t *this, uint32_t number, const char *name,
	int family)
{
	query_t *query = NULL;

	this->mutex->lock(this->mutex);
	if (!this->stopped && !is_under_way(this, number, family))
	{
		INIT(query,
			.resolver = this,
			.number = number,
			.name = strdup(name),
			.family = family,
		);
		array_insert(this->queries, ARRAY_TAIL, query);
		ref_get(&this->refs);
	}
	this->mutex->unlock(this->mutex);
	if (query)
	{
		lib->processor->queue_job(lib->processor,
					(job_t*)callback_job_create((callback_job_cb_t)run_query,
							query, (callback_job_cleanup_t)query_done, NULL));
	}
}

METHOD(mobility_resolver_t, take, host_t*,
	private_mobility_resolver_t *this, uint32_t number)
{
	result_t result;
	host_t *host = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !host && i < array_count(this->results); i++)
	{
		array_get(this->results, i, &result);
		if (result.number == number)
		{
			array_remove(this->results, i, &result);
			host = result.host;
		}
	}
	this->mutex->unlock(this->mutex);
	return host;
}

METHOD(mobility_resolver_t, forget, void,
	private_mobility_resolver_t *this, uint32_t number)
{
	host_t *host;

	while ((host = take(this, number)))
	{
		host->destroy(host);
	}
}

METHOD(mobility_resolver_t, destroy, void,
	private_mobility_resolver_t *this)
{
	this->mutex->lock(this->mutex);
	this->stopped = TRUE;
	this->mutex->unlock(this->mutex);
	put(this);
}

/*
 * Described in header.
 */
mobility_resolver_t *mobility_resolver_create(mobility_resolver_cb_t cb,
											  void *data)
{
	private_mobility_resolver_t *this;

	INIT(this,
		.public = {
			.resolve = _resolve,
			.take = _take,
			.forget = _forget,
			.destroy = _destroy,
		},
		.queries = array_create(0, 0),
		.results = array_create(sizeof(result_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.refs = 1,
		.cb = cb,
		.data = data,
	);
	return &this->public;
}
