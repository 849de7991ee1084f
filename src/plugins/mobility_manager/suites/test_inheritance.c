/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_child.h"

#include "mobile/inheritance.h"
#include "compat.h"

/** virtual addresses of an IKE_SA at most, and CHILD_SAs */
#define VIPS 2
#define CHILDREN 3

/**
 * A task that creates a CHILD_SA
 */
typedef struct {
	child_create_t public;
	/** IKE_SA it works for */
	ike_sa_t *ike_sa;
	/** what it uses */
	child_cfg_t *config;
	uint32_t reqid, mark_in, mark_out;
	sec_label_t *label;
	/** the CHILD_SA it has asked for, NULL if none */
	child_sa_t *child_sa;
} mock_create_t;

/**
 * An IKE_SA
 */
typedef struct {
	ike_sa_t public;
	host_t *vips[VIPS];
	/** its CHILD_SAs, and how many there are */
	mock_child_t children[CHILDREN];
	int count;
	/** its tasks, task_t* */
	linked_list_t *active, *queued;
} mock_sa_t;

static mock_sa_t old, new;

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	mock_sa_t *this, bool local)
{
	linked_list_t *list = linked_list_create();
	int i;

	ck_assert(local);
	for (i = 0; i < VIPS && this->vips[i]; i++)
	{
		list->insert_last(list, this->vips[i]);
	}
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)list->destroy, list);
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	mock_sa_t *this)
{
	linked_list_t *list = linked_list_create();
	int i;

	for (i = 0; i < this->count; i++)
	{
		list->insert_last(list, &this->children[i].public);
	}
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)list->destroy, list);
}

/**
 * Get a queue of tasks
 */
static linked_list_t *get_queue(mock_sa_t *this, task_queue_t queue)
{
	return queue == TASK_QUEUE_ACTIVE ? this->active : this->queued;
}

/**
 * Enumerator over tasks
 */
typedef struct {
	enumerator_t public;
	/** tasks, and what enumerates them */
	linked_list_t *list;
	enumerator_t *inner;
} task_enumerator_t;

METHOD(enumerator_t, enumerate_tasks, bool,
	task_enumerator_t *this, va_list args)
{
	return this->inner->enumerate(this->inner, va_arg(args, task_t**));
}

METHOD(enumerator_t, destroy_tasks, void,
	task_enumerator_t *this)
{
	this->inner->destroy(this->inner);
	free(this);
}

METHOD(ike_sa_t, create_task_enumerator, enumerator_t*,
	mock_sa_t *this, task_queue_t queue)
{
	linked_list_t *list = get_queue(this, queue);
	task_enumerator_t *enumerator;

	INIT(enumerator,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _enumerate_tasks,
			.destroy = _destroy_tasks,
		},
		.list = list,
		.inner = list->create_enumerator(list),
	);
	return &enumerator->public;
}

METHOD(ike_sa_t, remove_task, void,
	mock_sa_t *this, enumerator_t *enumerator)
{
	task_enumerator_t *tasks = (task_enumerator_t*)enumerator;

	tasks->list->remove_at(tasks->list, tasks->inner);
}

METHOD(ike_sa_t, queue_task, void,
	mock_sa_t *this, task_t *task)
{
	ck_assert(((mock_create_t*)task)->ike_sa == &this->public);
	this->queued->insert_last(this->queued, task);
}

METHOD(task_t, get_type, task_type_t,
	mock_create_t *this)
{
	return TASK_CHILD_CREATE;
}

METHOD(task_t, get_other_type, task_type_t,
	mock_create_t *this)
{
	return TASK_IKE_DPD;
}

METHOD(task_t, migrate, void,
	mock_create_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
}

METHOD(child_create_t, get_child, child_sa_t*,
	mock_create_t *this)
{
	return this->child_sa;
}

METHOD(child_create_t, use_reqid, void,
	mock_create_t *this, uint32_t reqid)
{
	this->reqid = reqid;
}

METHOD(child_create_t, use_marks, void,
	mock_create_t *this, uint32_t in, uint32_t out)
{
	this->mark_in = in;
	this->mark_out = out;
}

METHOD(child_create_t, use_label, void,
	mock_create_t *this, sec_label_t *label)
{
	this->label = label;
}

#ifdef HAVE_CHILD_RECREATE
METHOD(child_create_t, use_per_cpu, void,
	mock_create_t *this, bool per_cpu, uint32_t cpu)
{
}
#endif

/*
 * In place of charon's
 */
child_create_t *child_create_create(ike_sa_t *ike_sa, child_cfg_t *config,
									bool rekey, traffic_selector_t *tsi,
									traffic_selector_t *tsr
									MOBILITY_COMPAT_SEQ(uint32_t seq))
{
	mock_create_t *this;

	ck_assert(!rekey && !tsi && !tsr);
	INIT(this,
		.public = {
			.task = {
				.get_type = _get_type,
				.migrate = _migrate,
				.destroy = (void*)free,
			},
			.get_child = _get_child,
			.use_reqid = _use_reqid,
			.use_marks = _use_marks,
			.use_label = _use_label,
#ifdef HAVE_CHILD_RECREATE
			.use_per_cpu = _use_per_cpu,
#endif
		},
		.ike_sa = ike_sa,
		.config = config,
	);
	return &this->public;
}

/**
 * Add a task that creates a CHILD_SA
 */
static mock_create_t *add_create(mock_sa_t *this, task_queue_t queue)
{
	linked_list_t *list = get_queue(this, queue);
	child_create_t *task;

	task = child_create_create(&this->public, NULL, FALSE, NULL,
							   NULL MOBILITY_COMPAT_SEQ(0));
	list->insert_last(list, task);
	return (mock_create_t*)task;
}

/**
 * Add a task of another kind
 */
static void add_other(mock_sa_t *this, task_queue_t queue)
{
	add_create(this, queue)->public.task.get_type = _get_other_type;
}

/**
 * Add a CHILD_SA
 */
static mock_child_t *add_child(mock_sa_t *this, child_sa_state_t state)
{
	mock_child_t *child = &this->children[this->count++];

	mock_child_init(child);
	child->state = state;
	return child;
}

/**
 * Take the first queued task
 */
static mock_create_t *get_first(mock_sa_t *this)
{
	mock_create_t *task;

	ck_assert(this->queued->remove_first(this->queued,
										 (void**)&task) == SUCCESS);
	ck_assert(task->ike_sa == &this->public);
	return task;
}

/**
 * Check how many tasks there are
 */
static void check_tasks(mock_sa_t *this, u_int active, u_int queued)
{
	ck_assert_uint_eq(this->active->get_count(this->active), active);
	ck_assert_uint_eq(this->queued->get_count(this->queued), queued);
}

/**
 * Prepare an IKE_SA with virtual addresses
 */
static void init(mock_sa_t *this, char *first, char *second)
{
	*this = (mock_sa_t){
		.public = {
			.create_virtual_ip_enumerator = _create_virtual_ip_enumerator,
			.create_child_sa_enumerator = _create_child_sa_enumerator,
			.create_task_enumerator = _create_task_enumerator,
			.remove_task = _remove_task,
			.queue_task = _queue_task,
		},
		.vips = {
			first ? host_create_from_string(first, 0) : NULL,
			second ? host_create_from_string(second, 0) : NULL,
		},
		.active = linked_list_create(),
		.queued = linked_list_create(),
	};
}

/**
 * Clean up after init()
 */
static void deinit(mock_sa_t *this)
{
	DESTROY_IF(this->vips[0]);
	DESTROY_IF(this->vips[1]);
	this->active->destroy_offset(this->active, offsetof(task_t, destroy));
	this->queued->destroy_offset(this->queued, offsetof(task_t, destroy));
}

/**
 * Virtual addresses before and after, and whether they are the same
 */
static struct {
	char *old[VIPS], *new[VIPS];
	bool same;
} vips[] = {
	{ { NULL }, { NULL }, TRUE },
	{ { "10.3.0.1" }, { "10.3.0.1" }, TRUE },
	{ { "10.3.0.1", "fec3::1" }, { "10.3.0.1", "fec3::1" }, TRUE },
	{ { "10.3.0.1" }, { "10.3.0.2" }, FALSE },
	{ { "10.3.0.1" }, { NULL }, FALSE },
	{ { NULL }, { "10.3.0.1" }, FALSE },
	{ { "10.3.0.1", "fec3::1" }, { "10.3.0.1" }, FALSE },
	{ { "10.3.0.1" }, { "10.3.0.1", "fec3::1" }, FALSE },
};

START_TEST(test_describe)
{
	const char *text;
	int expired;

	init(&old, vips[_i].old[0], vips[_i].old[1]);
	init(&new, vips[_i].new[0], vips[_i].new[1]);
	for (expired = 0; expired < 2; expired++)
	{
		text = mobility_inheritance_describe(&old.public, &new.public, expired);
		ck_assert_int_eq(strstr(text, "another virtual IP") == NULL,
						 vips[_i].same);
		ck_assert_int_eq(strstr(text, "lifetime") != NULL, expired);
		ck_assert(strstr(text, "logged in anew"));
	}
	deinit(&old);
	deinit(&new);
}
END_TEST

/**
 * Prepare both
 */
static void setup(void)
{
	mock_charon_setup("");
	init(&old, NULL, NULL);
	init(&new, NULL, NULL);
	add_other(&old, TASK_QUEUE_ACTIVE);
	add_other(&old, TASK_QUEUE_QUEUED);
}

/**
 * Clean up after setup()
 */
static void teardown(void)
{
	deinit(&old);
	deinit(&new);
	mock_charon_teardown();
}

START_TEST(test_nothing)
{
	ck_assert(!mobility_inheritance_exists(&old.public));
	ck_assert_uint_eq(mobility_inheritance_ask(&old.public, &new.public), 0);
	mobility_inheritance_adopt(&old.public, &new.public);
	check_tasks(&old, 1, 1);
	check_tasks(&new, 0, 0);
}
END_TEST

START_TEST(test_ask)
{
	sec_label_t *label = (sec_label_t*)&label;
	mock_child_t *child, *other;
	mock_create_t *task;

	child = add_child(&old, CHILD_INSTALLED);
	child->reqid = 7;
	child->mark_in = (mark_t){ 5, 0xff };
	child->mark_out = (mark_t){ 6, 0xff };
	child->if_id_in = child->if_id_out = 9;
	child->label = label;
	other = add_child(&old, CHILD_REKEYING);
	ck_assert(mobility_inheritance_exists(&old.public));
	ck_assert_uint_eq(mobility_inheritance_ask(&old.public, &new.public), 2);
	check_tasks(&old, 1, 1);
	check_tasks(&new, 0, 2);

	task = get_first(&new);
	ck_assert(task->config == &child->config);
	ck_assert_uint_eq(task->reqid, 7);
	ck_assert_uint_eq(task->mark_in, 5);
	ck_assert_uint_eq(task->mark_out, 6);
	ck_assert(task->label == label);
	free(task);
	task = get_first(&new);
	ck_assert(task->config == &other->config);
	ck_assert(!task->reqid && !task->mark_in && !task->mark_out);
	free(task);
}
END_TEST

/** States of CHILD_SAs that are not wanted again */
static child_sa_state_t unwanted[] = {
	CHILD_REKEYED,
	CHILD_DELETING,
	CHILD_DELETED,
};

START_TEST(test_unwanted)
{
	add_child(&old, unwanted[_i]);
	ck_assert(!mobility_inheritance_exists(&old.public));
	ck_assert_uint_eq(mobility_inheritance_ask(&old.public, &new.public), 0);
	check_tasks(&new, 0, 0);
	/* but what is to replace it */
	add_create(&old, TASK_QUEUE_QUEUED);
	ck_assert(mobility_inheritance_exists(&old.public));
	ck_assert_uint_eq(mobility_inheritance_ask(&old.public, &new.public), 0);
	check_tasks(&old, 1, 1);
	check_tasks(&new, 0, 1);
}
END_TEST

START_TEST(test_pending)
{
	mock_child_t pending;
	mock_create_t *active, *queued, *task;

	/* a packet wanted one that the peer does not know of yet */
	mock_child_init(&pending);
	pending.state = CHILD_CREATED;
	pending.reqid = 7;
	active = add_create(&old, TASK_QUEUE_ACTIVE);
	active->child_sa = &pending.public;
	queued = add_create(&old, TASK_QUEUE_QUEUED);
	ck_assert(mobility_inheritance_exists(&old.public));
	ck_assert_uint_eq(mobility_inheritance_ask(&old.public, &new.public), 1);
	check_tasks(&old, 2, 1);
	check_tasks(&new, 0, 2);
	task = get_first(&new);
	ck_assert(task != active && task->config == &pending.config);
	ck_assert_uint_eq(task->reqid, 7);
	free(task);
	task = get_first(&new);
	ck_assert(task == queued);
	free(task);
}
END_TEST

START_TEST(test_adopt)
{
	mock_create_t *active, *queued, *task;
	mock_child_t *child;

	child = add_child(&new, CHILD_INSTALLED);
	active = add_create(&old, TASK_QUEUE_ACTIVE);
	active->child_sa = &child->public;
	queued = add_create(&old, TASK_QUEUE_QUEUED);
	if (_i)
	{	/* that was asked for since */
		new.count = 0;
	}
	mobility_inheritance_adopt(&old.public, &new.public);
	check_tasks(&old, _i ? 1 : 2, 1);
	check_tasks(&new, 0, _i ? 2 : 1);
	if (_i)
	{
		task = get_first(&new);
		ck_assert(task == active);
		free(task);
	}
	task = get_first(&new);
	ck_assert(task == queued);
	free(task);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("inheritance");

	tc = tcase_create("logged in anew");
	tcase_add_loop_test(tc, test_describe, 0, countof(vips));
	suite_add_tcase(s, tc);

	tc = tcase_create("CHILD_SAs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_ask);
	tcase_add_loop_test(tc, test_unwanted, 0, countof(unwanted));
	tcase_add_test(tc, test_pending);
	tcase_add_loop_test(tc, test_adopt, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
