/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/inheritance.h"
#include "ike/mobike_task.h"
#include "session/agenda.h"
#include "compat.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

/**
 * Check if two IKE_SAs have the same virtual IP addresses.
 */
static bool equal_vips(ike_sa_t *a, ike_sa_t *b)
{
	linked_list_t *mine, *theirs;
	bool equal;

	mine = linked_list_create_from_enumerator(
									a->create_virtual_ip_enumerator(a, TRUE));
	theirs = linked_list_create_from_enumerator(
									b->create_virtual_ip_enumerator(b, TRUE));
	equal = mine->equals_offset(mine, theirs, offsetof(host_t, ip_equals));
	mine->destroy(mine);
	theirs->destroy(theirs);
	return equal;
}

/*
 * Described in header.
 */
const char *mobility_inheritance_describe(ike_sa_t *old, ike_sa_t *new,
										  bool expired)
{
	static const char *texts[2][2] = {
		{ "gateway had forgotten the session, logged in anew and got another "
		  "virtual IP",
		  "gateway had forgotten the session, logged in anew" },
		{ "lifetime of the IKE_SA was over, logged in anew and got another "
		  "virtual IP",
		  "lifetime of the IKE_SA was over, logged in anew" },
	};

	return texts[expired ? 1 : 0][equal_vips(old, new) ? 1 : 0];
}

/**
 * Get the CHILD_SA that an IKE_SA has asked for, NULL if there is none.
 */
static child_sa_t *get_pending(ike_sa_t *ike_sa)
{
	child_sa_t *child_sa = NULL;
	enumerator_t *enumerator;
	child_create_t *create;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_ACTIVE);
	while (!child_sa && enumerator->enumerate(enumerator, &task))
	{
		if (task->get_type(task) == TASK_CHILD_CREATE)
		{
			create = (child_create_t*)task;
			child_sa = create->get_child(create);
		}
	}
	enumerator->destroy(enumerator);
	return child_sa;
}

/**
 * Find the CHILD_SAs that an IKE_SA has, and that it has asked for.
 */
static linked_list_t *find_children(ike_sa_t *ike_sa)
{
	child_sa_t *child_sa, *pending = get_pending(ike_sa);
	linked_list_t *list = linked_list_create();
	enumerator_t *enumerator;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		switch (child_sa->get_state(child_sa))
		{
			case CHILD_DELETING:
				/* nobody wants it, or there is a task that creates it again */
			case CHILD_REKEYED:
			case CHILD_DELETED:
				break;
			default:
				list->insert_last(list, child_sa);
				break;
		}
	}
	enumerator->destroy(enumerator);
	if (pending)
	{
		list->insert_last(list, pending);
	}
	return list;
}

/**
 * Queue a task that creates a CHILD_SA like another one.
 */
static void queue_like(ike_sa_t *ike_sa, child_sa_t *child_sa)
{
	child_cfg_t *config = child_sa->get_config(child_sa);
	child_create_t *task;

	task = child_create_create(ike_sa, config->get_ref(config), FALSE, NULL,
							   NULL MOBILITY_COMPAT_SEQ(0));
	mobility_compat_recreate(task, child_sa);
	task->use_marks(task, child_sa->get_mark(child_sa, TRUE).value,
					child_sa->get_mark(child_sa, FALSE).value);
	task->use_label(task, child_sa->get_label(child_sa));
	ike_sa->queue_task(ike_sa, &task->task);
}

/**
 * Check if an IKE_SA has a CHILD_SA with the config of another one.
 */
static bool has_like(ike_sa_t *ike_sa, child_sa_t *child_sa)
{
	enumerator_t *enumerator;
	child_sa_t *current;
	bool found = FALSE;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = current->get_config(current) == child_sa->get_config(child_sa);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Take tasks that create CHILD_SAs from a queue, but the first ones.
 */
static void take_from(ike_sa_t *ike_sa, task_queue_t queue, u_int *skip,
					  linked_list_t *tasks)
{
	enumerator_t *enumerator;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, queue);
	while (enumerator->enumerate(enumerator, &task))
	{
		if (task->get_type(task) != TASK_CHILD_CREATE)
		{
			continue;
		}
		if (*skip)
		{
			(*skip)--;
			continue;
		}
		ike_sa->remove_task(ike_sa, enumerator);
		tasks->insert_last(tasks, task);
	}
	enumerator->destroy(enumerator);
}

/**
 * Take tasks that create CHILD_SAs from an IKE_SA, but the first ones.
 */
static linked_list_t *take(ike_sa_t *ike_sa, u_int skip)
{
	linked_list_t *tasks = linked_list_create();

	take_from(ike_sa, TASK_QUEUE_ACTIVE, &skip, tasks);
	take_from(ike_sa, TASK_QUEUE_QUEUED, &skip, tasks);
	return tasks;
}

/**
 * Give tasks to an IKE_SA.
 */
static void give(ike_sa_t *ike_sa, linked_list_t *tasks)
{
	task_t *task;

	while (tasks->remove_first(tasks, (void**)&task) == SUCCESS)
	{
		task->migrate(task, ike_sa);
		ike_sa->queue_task(ike_sa, task);
	}
}

/**
 * Move tasks that create CHILD_SAs from an IKE_SA to another one, but the first
 * ones.
 */
static void move(ike_sa_t *from, ike_sa_t *to, u_int skip)
{
	linked_list_t *tasks = take(from, skip);

	give(to, tasks);
	tasks->destroy(tasks);
}

/*
 * Described in header.
 */
bool mobility_inheritance_exists(ike_sa_t *old)
{
	linked_list_t *children = find_children(old);
	bool exists;

	exists = children->get_count(children) ||
			 mobility_task_queued(old, TASK_QUEUE_QUEUED, TASK_CHILD_CREATE);
	children->destroy(children);
	return exists;
}

/**
 * Have an IKE_SA ask for the virtual IPs that another one has.
 */
static void ask_for_vips(ike_sa_t *old, ike_sa_t *new)
{
	enumerator_t *enumerator;
	host_t *vip;

	enumerator = old->create_virtual_ip_enumerator(old, TRUE);
	while (enumerator->enumerate(enumerator, &vip))
	{
		new->add_virtual_ip(new, TRUE, vip);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
u_int mobility_inheritance_ask(ike_sa_t *old, ike_sa_t *new)
{
	linked_list_t *children = find_children(old);
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	u_int count;

	enumerator = children->create_enumerator(children);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		queue_like(new, child_sa);
	}
	enumerator->destroy(enumerator);
	count = children->get_count(children);
	children->destroy(children);
	ask_for_vips(old, new);
	move(old, new, get_pending(old) ? 1 : 0);
	return count;
}

/*
 * Described in header.
 */
bool mobility_inheritance_has_vip(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	host_t *vip;
	bool found;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	found = enumerator->enumerate(enumerator, &vip);
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
bool mobility_inheritance_is_complete(ike_sa_t *new)
{
	return new->get_state(new) == IKE_ESTABLISHED &&
		   !mobility_task_queued(new, TASK_QUEUE_ACTIVE, TASK_CHILD_CREATE) &&
		   !mobility_task_queued(new, TASK_QUEUE_QUEUED, TASK_CHILD_CREATE);
}

/**
 * Count the established IKE_SAs of two identities, which charon keeps by the
 * address family that they were established over.
 */
static u_int count_ike_sas(identification_t *me, identification_t *other)
{
	static const int families[] = { AF_INET, AF_INET6 };
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	enumerator_t *enumerator;
	ike_sa_id_t *id;
	u_int i, count = 0;

	for (i = 0; i < countof(families); i++)
	{
		enumerator = manager->create_id_enumerator(manager, me, other,
												   families[i]);
		while (enumerator->enumerate(enumerator, &id))
		{
			count++;
		}
		enumerator->destroy(enumerator);
	}
	return count;
}

/*
 * Described in header.
 */
void mobility_inheritance_announce(ike_sa_t *new, message_t *message,
								   identification_t *me,
								   identification_t *other)
{
	peer_cfg_t *peer_cfg = new->get_peer_cfg(new);

	if (peer_cfg->get_unique_policy(peer_cfg) != UNIQUE_NEVER &&
		!message->get_notify(message, INITIAL_CONTACT) &&
		count_ike_sas(me, other) <= 1)
	{
		message->add_notify(message, FALSE, INITIAL_CONTACT, chunk_empty);
	}
}

/*
 * Described in header.
 */
void mobility_inheritance_adopt(ike_sa_t *old, ike_sa_t *new)
{
	child_sa_t *pending = get_pending(old);

	move(old, new, pending && has_like(new, pending) ? 1 : 0);
}

/*
 * Described in header.
 */
void mobility_inheritance_delete(ike_sa_t *ike_sa, linked_list_t *configs)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	child_cfg_t *config;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		config = child_sa->get_config(child_sa);
		if (configs->find_first(configs, NULL, (void**)&config))
		{
			ike_sa->delete_child_sa(ike_sa, child_sa->get_protocol(child_sa),
									child_sa->get_spi(child_sa, TRUE), FALSE);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Tasks on their way to an IKE_SA.
 */
typedef struct {
	/** task_t* */
	linked_list_t *tasks;
	/** its unique id */
	uint32_t heir;
} legacy_t;

/**
 * Destroy a legacy_t.
 */
static void legacy_destroy(legacy_t *legacy)
{
	legacy->tasks->destroy_offset(legacy->tasks, offsetof(task_t, destroy));
	free(legacy);
}

/**
 * Job that gives tasks to an IKE_SA.
 */
static job_requeue_t give_job(legacy_t *legacy)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													legacy->heir);
	if (ike_sa)
	{
		give(ike_sa, legacy->tasks);
		mobility_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
	}
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header.
 */
void mobility_inheritance_return(ike_sa_t *ike_sa, u_int skip, uint32_t heir)
{
	legacy_t *legacy;

	INIT(legacy,
		.tasks = take(ike_sa, skip),
		.heir = heir,
	);
	if (legacy->tasks->get_count(legacy->tasks))
	{
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create((callback_job_cb_t)give_job, legacy,
										(void*)legacy_destroy, NULL));
	}
	else
	{
		legacy_destroy(legacy);
	}
}

/*
 * Described in header.
 */
void mobility_inheritance_leave(ike_sa_t *old, uint32_t heir)
{
	mobility_inheritance_return(old, get_pending(old) ? 1 : 0, heir);
}
