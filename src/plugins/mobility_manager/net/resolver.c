/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/resolver.h"

#include <collections/array.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** Jobs that wait for DNS at the same time: without a network that may answer
 * all of charon's threads would otherwise. */
#define JOBS 2

typedef struct private_mobility_resolver_t private_mobility_resolver_t;
typedef struct query_t query_t;
typedef struct result_t result_t;

/**
 * A name to resolve.
 */
struct query_t {
	/** session it is for, 0 if that does not want to know anymore */
	uint32_t id;
	/** name, or several */
	char *name;
	/** address family */
	int family;
	/** a job resolves it */
	bool running;
};

/**
 * An address that was found.
 */
struct result_t {
	/** session it is for */
	uint32_t id;
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
	 * Queries that wait or are under way, in the order they came, query_t*.
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
	 * Number of jobs.
	 */
	u_int jobs;

	/**
	 * Jobs, and the owner.
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
 * Destroy a query.
 */
static void query_destroy(query_t *query)
{
	free(query->name);
	free(query);
}

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
		array_destroy_function(this->queries, (void*)query_destroy, NULL);
		this->mutex->destroy(this->mutex);
		free(this);
	}
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
static array_t *resolve_names(query_t *query)
{
	enumerator_t *enumerator;
	array_t *hosts = NULL;
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
		if (host && !host->is_anyaddr(host))
		{
			array_insert_create(&hosts, ARRAY_TAIL, host);
		}
		else
		{
			DESTROY_IF(host);
		}
	}
	enumerator->destroy(enumerator);
	return hosts;
}

/**
 * Take the next query that waits.  Returns NULL if there is none, and the job is
 * to end.
 */
static query_t *take_query(private_mobility_resolver_t *this)
{
	query_t *query, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !this->stopped && !found && i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &query);
		if (!query->running)
		{
			query->running = TRUE;
			found = query;
		}
	}
	if (!found)
	{
		this->jobs--;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Keep what was found for a query, if somebody still wants to know.
 */
static void add_results(private_mobility_resolver_t *this, query_t *query,
						array_t *hosts)
{
	result_t result = {
		.id = query->id,
	};
	host_t *host;
	int i;

	for (i = 0; query->id && !this->stopped && i < array_count(hosts); i++)
	{
		array_get(hosts, i, &host);
		result.host = host->clone(host);
		array_insert(this->results, ARRAY_TAIL, &result);
		this->cb(this->data, query->id);
	}
}

/**
 * A query is done, and with it those that wait with the same question.
 */
static void query_done(private_mobility_resolver_t *this, query_t *done,
					   array_t *hosts)
{
	query_t *query;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->queries) - 1; i >= 0; i--)
	{
		array_get(this->queries, i, &query);
		if (query == done ||
			(!query->running && query->family == done->family &&
			 streq(query->name, done->name)))
		{
			add_results(this, query, hosts);
			array_remove(this->queries, i, NULL);
			if (query != done)
			{
				query_destroy(query);
			}
		}
	}
	this->mutex->unlock(this->mutex);
	query_destroy(done);
}

/**
 * Job that resolves names, one after the other, each of which may take long.
 */
static job_requeue_t run_queries(private_mobility_resolver_t *this)
{
	query_t *query;
	array_t *hosts;

	query = take_query(this);
	if (!query)
	{
		return JOB_REQUEUE_NONE;
	}
	hosts = resolve_names(query);
	query_done(this, query, hosts);
	array_destroy_offset(hosts, offsetof(host_t, destroy));
	return JOB_REQUEUE_FAIR;
}

/**
 * Check if a session has a query that is not done.
 */
static bool is_under_way(private_mobility_resolver_t *this, uint32_t id,
						 int family)
{
	query_t *query;
	int i;

	for (i = 0; i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &query);
		if (query->id == id && query->family == family)
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_resolver_t, resolve, void,
	private_mobility_resolver_t *this, uint32_t id, const char *name,
	int family)
{
	query_t *query;
	bool start = FALSE;

	this->mutex->lock(this->mutex);
	if (!this->stopped && !is_under_way(this, id, family))
	{
		INIT(query,
			.id = id,
			.name = strdup(name),
			.family = family,
		);
		array_insert(this->queries, ARRAY_TAIL, query);
		start = this->jobs < JOBS;
	}
	if (start)
	{
		this->jobs++;
		ref_get(&this->refs);
	}
	this->mutex->unlock(this->mutex);
	if (start)
	{
		lib->processor->queue_job(lib->processor,
					(job_t*)callback_job_create((callback_job_cb_t)run_queries,
							this, (callback_job_cleanup_t)put, NULL));
	}
}

METHOD(mobility_resolver_t, take, host_t*,
	private_mobility_resolver_t *this, uint32_t id)
{
	result_t result;
	host_t *host = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !host && i < array_count(this->results); i++)
	{
		array_get(this->results, i, &result);
		if (result.id == id)
		{
			array_remove(this->results, i, &result);
			host = result.host;
		}
	}
	this->mutex->unlock(this->mutex);
	return host;
}

METHOD(mobility_resolver_t, forget, void,
	private_mobility_resolver_t *this, uint32_t id)
{
	query_t *query;
	host_t *host;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->queries) - 1; i >= 0; i--)
	{
		array_get(this->queries, i, &query);
		if (query->id == id)
		{
			query->id = 0;
			if (!query->running)
			{
				array_remove(this->queries, i, NULL);
				query_destroy(query);
			}
		}
	}
	this->mutex->unlock(this->mutex);
	while ((host = take(this, id)))
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
