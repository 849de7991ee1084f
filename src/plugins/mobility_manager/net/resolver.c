/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/resolver.h"

#include <collections/array.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** Threads that wait for DNS at the same time at most, libstrongswan's resolver has
 * as many by default. */
#define THREADS 3

typedef struct private_mobility_resolver_t private_mobility_resolver_t;
typedef struct query_t query_t;
typedef struct result_t result_t;

/**
 * A name to resolve.
 */
struct query_t {
	/** session it is for, 0 if it is for none, or one that does not want to know
	 * anymore */
	uint32_t id;
	/** called when it is done, NULL if it is for a session, or who asked has left */
	mobility_resolver_done_t done;
	/** user data for done */
	void *data;
	/** name, or several */
	char *name;
	/** address family */
	int family;
	/** others are to be asked first */
	bool others;
	/** a thread resolves it */
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
	 * Threads, thread_t*.
	 */
	array_t *threads;

	/**
	 * Number of these that have nothing to do.
	 */
	u_int idle;

	/**
	 * Number of callbacks under way, other than cb.
	 */
	u_int calls;

	/**
	 * There are more queries, or a callback is done.
	 */
	condvar_t *condvar;

	/**
	 * Asks others, NULL if there is nobody else.
	 */
	mobility_resolver_ask_t ask;

	/**
	 * User data for ask.
	 */
	void *ask_data;

	/**
	 * Called when a name was resolved.
	 */
	mobility_resolver_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * No results are wanted anymore, threads are to end.
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

/*
 * Described in header.
 */
bool mobility_resolver_is_single(char *name)
{
	host_t *from, *to;

	if (name[0] == '%' || strchr(name, '/'))
	{	/* %any, or a subnet */
		return FALSE;
	}
	if (host_create_from_range(name, &from, &to))
	{
		from->destroy(from);
		to->destroy(to);
		return FALSE;
	}
	return TRUE;
}

/**
 * Ask libstrongswan's resolver.
 */
static void ask_stock(private_mobility_resolver_t *this, char *name, int family,
					  array_t **hosts)
{
	host_t *host;

	host = host_create_from_dns(name, family, 0);
	if (host && !host->is_anyaddr(host))
	{
		array_insert_create(hosts, ARRAY_TAIL, host);
	}
	else
	{
		DESTROY_IF(host);
	}
}

/**
 * Ask others, unless it is an address.
 */
static void ask_others(private_mobility_resolver_t *this, char *name, int family,
					   array_t **hosts)
{
	array_t *found = NULL;
	host_t *host;

	host = host_create_from_string(name, 0);
	if (!host && this->ask)
	{
		found = this->ask(this->ask_data, name, family);
	}
	DESTROY_IF(host);
	while (array_remove(found, ARRAY_HEAD, &host))
	{
		array_insert_create(hosts, ARRAY_TAIL, host);
	}
	array_destroy(found);
}

/**
 * Resolve all names of a query, by whom there is to ask.
 */
static array_t *resolve_names(private_mobility_resolver_t *this, query_t *query,
							  void (*ask)(private_mobility_resolver_t*, char*,
										  int, array_t**))
{
	enumerator_t *enumerator;
	array_t *hosts = NULL;
	char *name;

	enumerator = enumerator_create_token(query->name, ",", " ");
	while (enumerator->enumerate(enumerator, &name))
	{
		if (*name && mobility_resolver_is_single(name))
		{
			ask(this, name, query->family, &hosts);
		}
	}
	enumerator->destroy(enumerator);
	return hosts;
}

/**
 * Check if two queries are about the same question.
 */
static bool is_same(const query_t *a, const query_t *b)
{
	return a->family == b->family && streq(a->name, b->name);
}

/**
 * Check if a thread asks the same for another query.
 */
static bool is_asked(private_mobility_resolver_t *this, const query_t *query)
{
	query_t *current;
	int i;

	for (i = 0; i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &current);
		if (current->running && current->others == query->others &&
			is_same(current, query))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Count the threads that ask libstrongswan's resolver, which may take long.
 */
static u_int count_stock(private_mobility_resolver_t *this)
{
	query_t *query;
	u_int count = 0;
	int i;

	for (i = 0; i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &query);
		count += query->running && !query->others;
	}
	return count;
}

/**
 * Get the next query for others, or for libstrongswan's resolver.
 */
static query_t *find_query(private_mobility_resolver_t *this, bool others)
{
	query_t *query;
	int i;

	for (i = 0; i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &query);
		if (!query->running && query->others == others &&
			!is_asked(this, query))
		{
			return query;
		}
	}
	return NULL;
}

/**
 * Get the next query to resolve, NULL if there is none.  If there are others to
 * ask, who are not in the tunnel, one thread is left for that.
 */
static query_t *next_query(private_mobility_resolver_t *this)
{
	query_t *query;

	query = find_query(this, TRUE);
	if (!query && count_stock(this) < (this->ask ? THREADS - 1 : THREADS))
	{
		query = find_query(this, FALSE);
	}
	return query;
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
 * Tell who has asked that a query is done; the lock is released meanwhile.
 */
static void tell(private_mobility_resolver_t *this, query_t *query,
				 array_t *hosts)
{
	mobility_resolver_done_t done = query->done;
	host_t *host = NULL;

	if (done && !this->stopped)
	{
		array_get(hosts, ARRAY_HEAD, &host);
		this->calls++;
		this->mutex->unlock(this->mutex);
		done(query->data, query->name, query->family, host);
		this->mutex->lock(this->mutex);
		this->calls--;
		this->condvar->broadcast(this->condvar);
	}
}

/**
 * A query is done, and with it those that wait with the same question.
 */
static void query_done(private_mobility_resolver_t *this, query_t *done,
					   array_t *hosts)
{
	array_t *all = array_create(0, 0);
	query_t *query;
	int i;

	for (i = array_count(this->queries) - 1; i >= 0; i--)
	{
		array_get(this->queries, i, &query);
		if (query == done || (!query->running && is_same(query, done)))
		{
			array_remove(this->queries, i, NULL);
			array_insert(all, ARRAY_HEAD, query);
		}
	}
	for (i = 0; i < array_count(all); i++)
	{
		array_get(all, i, &query);
		add_results(this, query, hosts);
	}
	while (array_remove(all, ARRAY_HEAD, &query))
	{
		tell(this, query, hosts);
		if (query != done)
		{
			query_destroy(query);
		}
	}
	array_destroy(all);
	query_destroy(done);
}

/**
 * Others were asked for a query, and with it for those with the same question,
 * unless they are asked again already: tell the sessions.
 */
static void others_done(private_mobility_resolver_t *this, query_t *asked,
						array_t *hosts)
{
	query_t *query;
	int i;

	asked->running = FALSE;
	for (i = array_count(this->queries) - 1; i >= 0; i--)
	{
		array_get(this->queries, i, &query);
		if (query->others && !query->running && is_same(query, asked))
		{
			query->others = FALSE;
			add_results(this, query, hosts);
		}
		if (query == asked && !query->id)
		{	/* nobody wants to know anymore */
			array_remove(this->queries, i, NULL);
		}
	}
	if (!asked->id)
	{
		query_destroy(asked);
	}
}

/**
 * Ask libstrongswan's resolver, and others if that knows nothing.
 */
static array_t *resolve_query(private_mobility_resolver_t *this, query_t *query,
							  bool session)
{
	array_t *hosts;

	hosts = resolve_names(this, query, ask_stock);
	if (!hosts && !session)
	{
		hosts = resolve_names(this, query, ask_others);
	}
	return hosts;
}

/**
 * Thread that resolves names, one after the other, each of which may take long.
 */
static void *run(private_mobility_resolver_t *this)
{
	query_t *query;
	array_t *hosts;
	bool session;

	this->mutex->lock(this->mutex);
	while (!this->stopped)
	{
		query = next_query(this);
		if (!query)
		{
			this->idle++;
			this->condvar->wait(this->condvar, this->mutex);
			this->idle--;
			continue;
		}
		query->running = TRUE;
		session = !query->done;
		this->mutex->unlock(this->mutex);
		hosts = query->others ? resolve_names(this, query, ask_others)
							  : resolve_query(this, query, session);
		this->mutex->lock(this->mutex);
		if (query->others)
		{
			others_done(this, query, hosts);
		}
		else
		{
			query_done(this, query, hosts);
		}
		array_destroy_offset(hosts, offsetof(host_t, destroy));
	}
	this->mutex->unlock(this->mutex);
	return NULL;
}

/**
 * Add a query, and see to it that it is resolved.
 */
static void add_query(private_mobility_resolver_t *this, query_t *query)
{
	thread_t *thread;
	u_int i, waiting = 0;

	array_insert(this->queries, ARRAY_TAIL, query);
	for (i = 0; i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &query);
		waiting += !query->running;
	}
	if (waiting > this->idle && array_count(this->threads) < THREADS)
	{
		thread = thread_create((thread_main_t)run, this);
		if (thread)
		{
			array_insert(this->threads, ARRAY_TAIL, thread);
		}
	}
	this->condvar->broadcast(this->condvar);
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

	this->mutex->lock(this->mutex);
	if (!is_under_way(this, id, family))
	{
		INIT(query,
			.id = id,
			.name = strdup(name),
			.family = family,
			.others = this->ask != NULL,
		);
		add_query(this, query);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_resolver_t, look_up, void,
	private_mobility_resolver_t *this, const char *name, int family,
	mobility_resolver_done_t done, void *data)
{
	query_t *query, *current;
	bool found = FALSE;
	int i;

	INIT(query,
		.done = done,
		.data = data,
		.name = strdup(name),
		.family = family,
	);
	this->mutex->lock(this->mutex);
	for (i = 0; !found && i < array_count(this->queries); i++)
	{
		array_get(this->queries, i, &current);
		found = current->data == data && is_same(current, query);
	}
	if (found)
	{
		query_destroy(query);
	}
	else
	{
		add_query(this, query);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_resolver_t, leave, void,
	private_mobility_resolver_t *this, void *data)
{
	query_t *query;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->queries) - 1; i >= 0; i--)
	{
		array_get(this->queries, i, &query);
		if (query->data == data)
		{
			query->done = NULL;
			query->data = NULL;
			if (!query->running)
			{
				array_remove(this->queries, i, NULL);
				query_destroy(query);
			}
		}
	}
	while (this->calls)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->mutex->unlock(this->mutex);
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

METHOD(mobility_resolver_t, set_source, void,
	private_mobility_resolver_t *this, mobility_resolver_ask_t ask, void *data)
{
	this->ask = ask;
	this->ask_data = data;
}

METHOD(mobility_resolver_t, destroy, void,
	private_mobility_resolver_t *this)
{
	thread_t *thread;
	result_t result;

	this->mutex->lock(this->mutex);
	this->stopped = TRUE;
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
	while (array_remove(this->threads, ARRAY_TAIL, &thread))
	{
		thread->join(thread);
	}
	array_destroy(this->threads);
	while (array_remove(this->results, ARRAY_TAIL, &result))
	{
		result.host->destroy(result.host);
	}
	array_destroy(this->results);
	array_destroy_function(this->queries, (void*)query_destroy, NULL);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
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
			.look_up = _look_up,
			.leave = _leave,
			.take = _take,
			.forget = _forget,
			.set_source = _set_source,
			.destroy = _destroy,
		},
		.queries = array_create(0, 0),
		.results = array_create(sizeof(result_t), 0),
		.threads = array_create(0, 0),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.cb = cb,
		.data = data,
	);
	return &this->public;
}
