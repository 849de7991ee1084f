/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_ike.h"

#include "ike/mobike_task.h"

#include <encoding/payloads/notify_payload.h>

/** path of the IKE_SA, and the one the owner is heading for */
#define LOCAL "10.0.0.2"
#define REMOTE "192.0.2.1"
#define TARGET "10.1.0.2"

/** where the peer sees us behind a NAT */
#define MAPPED "198.51.100.7"

/** length of COOKIE2 */
#define COOKIE2_LEN 16

/**
 * Kinds of exchanges
 */
enum {
	PLAIN, TEST, NAT, UPDATE, KINDS,
};

/**
 * The owner of tasks: what it answers, and what it was told, a word for each
 */
static struct {
	mobility_task_owner_t public;
	mobility_exchange_t exchanges[KINDS];
	/** an update has to follow */
	bool again;
	char calls[256];
} owner;

static ike_sa_id_t *id;
static ike_sa_t *ike_sa;

/** there are random numbers */
static bool random_numbers;

/**
 * Note a call, with printf hooks
 */
#define note(fmt, ...) \
	snprintf(owner.calls + strlen(owner.calls), \
			 sizeof(owner.calls) - strlen(owner.calls), fmt " ", ##__VA_ARGS__)

/**
 * Check what the owner was told since the last time
 */
static void assert_calls(const char *expected)
{
	ck_assert_str_eq(owner.calls, expected);
	owner.calls[0] = '\0';
}

METHOD(mobility_task_owner_t, get_target, void,
	mobility_task_owner_t *this, host_t **local, host_t **remote)
{
	*local = host_create_from_string(TARGET, IKEV2_NATT_PORT);
	*remote = host_create_from_string(REMOTE, IKEV2_NATT_PORT);
}

METHOD(mobility_task_owner_t, transmit, void,
	mobility_task_owner_t *this)
{
	note("transmit");
}

/**
 * Note an answer, and how much of it is told
 */
static bool note_answer(message_t *message, bool echoed, ike_natd_t *natd)
{
	note("%H-%H%s", message->get_destination(message),
		 message->get_source(message), echoed ? "" : " silent");
	if (natd)
	{
		natd->task.process(&natd->task, message);
		note("%s", ike_sa && ike_sa->has_condition(ike_sa, COND_NAT_HERE)
						? "nat" : "direct");
	}
	return owner.again;
}

METHOD(mobility_exchange_t, answered, bool,
	mobility_exchange_t *this, message_t *message, bool echoed,
	ike_natd_t *natd)
{
	note("answered");
	ck_assert(this->cookie2 || echoed);
	ck_assert(this->detects_nat(this) == (natd != NULL));
	return note_answer(message, echoed, natd);
}

METHOD(mobility_exchange_t, build_plain, void,
	mobility_exchange_t *this, message_t *message)
{
	char addrs[128];

	/* it is known already where it goes */
	snprintf(addrs, sizeof(addrs), "%#H %#H", message->get_source(message),
			 message->get_destination(message));
	ck_assert_str_eq(addrs, TARGET "[4500] " REMOTE "[4500]");
	note("build");
}

METHOD(mobility_exchange_t, build_update, void,
	mobility_exchange_t *this, message_t *message)
{
	note("update");
	message->add_notify(message, FALSE, UPDATE_SA_ADDRESSES, chunk_empty);
}

METHOD(rng_t, allocate_bytes, bool,
	rng_t *this, size_t len, chunk_t *chunk)
{
	static uint8_t next;

	if (!random_numbers)
	{
		return FALSE;
	}
	*chunk = chunk_alloc(len);
	memset(chunk->ptr, ++next, len);
	return TRUE;
}

/**
 * Creates what COOKIE2 is made of
 */
static rng_t *create_rng(rng_quality_t quality)
{
	rng_t *this;

	INIT(this,
		.allocate_bytes = _allocate_bytes,
		.destroy = (void*)free,
	);
	return this;
}

static void setup(void)
{
	int i;

	mock_charon_setup("");
	random_numbers = TRUE;
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "test", create_rng);
	memset(&owner, 0, sizeof(owner));
	owner.public = (mobility_task_owner_t){
		.update = &owner.exchanges[UPDATE],
		.get_target = _get_target,
		.transmit = _transmit,
	};
	for (i = 0; i < KINDS; i++)
	{
		owner.exchanges[i] = (mobility_exchange_t){
			.cookie2 = i == TEST || i == UPDATE,
			.detects_nat = i == NAT || i == UPDATE ? (void*)return_true
												   : (void*)return_false,
			.build = i == UPDATE ? (void*)_build_update
								 : (void*)_build_plain,
			.answered = _answered,
		};
	}
	id = mock_ike_create(NULL);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	ck_assert(ike_sa);
}

static void teardown(void)
{
	if (ike_sa)
	{
		mock_ike_checkin(ike_sa, SUCCESS);
	}
	id->destroy(id);
	lib->crypto->remove_rng(lib->crypto, create_rng);
	mock_charon_teardown();
}

/**
 * Create a task
 */
static mobility_task_t *create(int kind)
{
	return mobility_task_create(ike_sa, &owner.public, &owner.exchanges[kind]);
}

/**
 * Get the kind of a task
 */
static int get_kind(mobility_task_t *task)
{
	return task->get_exchange(task) - owner.exchanges;
}

/**
 * Destroy a task
 */
static void destroy(mobility_task_t *task)
{
	task->mobike.task.destroy(&task->mobike.task);
}

/**
 * Have a task build its request
 */
static message_t *build(mobility_task_t *task)
{
	message_t *message;

	message = mock_ike_message(id, TRUE, INFORMATIONAL, 2, LOCAL, REMOTE);
	ck_assert_int_eq(task->mobike.task.build(&task->mobike.task, message),
					 NEED_MORE);
	return message;
}

/**
 * Create a response that echoes the COOKIE2 of a request, which is destroyed
 */
static message_t *respond(message_t *request)
{
	notify_payload_t *notify;
	message_t *message;

	message = mock_ike_message(id, FALSE, INFORMATIONAL, 2, TARGET, REMOTE);
	notify = request->get_notify(request, COOKIE2);
	if (notify)
	{
		message->add_notify(message, FALSE, COOKIE2,
							notify->get_notification_data(notify));
	}
	request->destroy(request);
	return message;
}

/**
 * Have a task process a response, which is destroyed
 */
static status_t process(mobility_task_t *task, message_t *message)
{
	status_t status;

	status = task->mobike.task.process(&task->mobike.task, message);
	message->destroy(message);
	return status;
}

/**
 * Get the types of all notifies, a word for each
 */
static char *get_notifies(message_t *message)
{
	static char types[256];
	enumerator_t *enumerator;
	payload_t *payload;
	int len = 0;

	types[0] = '\0';
	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		ck_assert_int_eq(payload->get_type(payload), PLV2_NOTIFY);
		len += snprintf(types + len, sizeof(types) - len, "%N ",
						notify_type_short_names,
						((notify_payload_t*)payload)->get_notify_type(
												(notify_payload_t*)payload));
	}
	enumerator->destroy(enumerator);
	return types;
}

/**
 * Get a copy of the COOKIE2 of a message
 */
static chunk_t get_cookie2(message_t *message)
{
	notify_payload_t *notify;

	notify = message->get_notify(message, COOKIE2);
	return notify ? chunk_clone(notify->get_notification_data(notify))
				  : chunk_empty;
}

START_TEST(test_build)
{
	static const struct {
		char *notifies, *calls;
	} cases[KINDS] = {
		[PLAIN] = { "", "build " },
		[TEST] = { "COOKIE2 ", "build " },
		[NAT] = { "NATD_S_IP NATD_D_IP ", "build " },
		[UPDATE] = { "UPD_SA_ADDR COOKIE2 NATD_S_IP NATD_D_IP ", "update " },
	};
	mobility_task_t *task;
	message_t *message;
	char addrs[128];

	task = create(_i);
	ck_assert_int_eq(get_kind(task), _i);
	message = build(task);
	ck_assert_str_eq(get_notifies(message), cases[_i].notifies);
	assert_calls(cases[_i].calls);
	snprintf(addrs, sizeof(addrs), "%#H %#H", message->get_source(message),
			 message->get_destination(message));
	ck_assert_str_eq(addrs, TARGET "[4500] " REMOTE "[4500]");
	snprintf(addrs, sizeof(addrs), "%#H", ike_sa->get_my_host(ike_sa));
	ck_assert_str_eq(addrs, LOCAL "[4500]");
	message->destroy(message);
	destroy(task);
}
END_TEST

/**
 * Get the hash of our address in a message
 */
static chunk_t get_source_hash(message_t *message)
{
	notify_payload_t *notify;

	notify = message->get_notify(message, NAT_DETECTION_SOURCE_IP);
	ck_assert(notify);
	return chunk_clone(notify->get_notification_data(notify));
}

/**
 * A NAT may be made up, the packet looks as ever.
 */
START_TEST(test_fake_nat)
{
	chunk_t real, fake;
	mobility_task_t *task;
	message_t *message;
	char addrs[128];

	task = create(UPDATE);
	message = build(task);
	real = get_source_hash(message);
	message->destroy(message);
	destroy(task);
	owner.exchanges[UPDATE].fake_nat = TRUE;
	task = create(UPDATE);
	message = build(task);
	fake = get_source_hash(message);
	ck_assert(!chunk_equals(real, fake));
	ck_assert_int_eq(real.len, fake.len);
	snprintf(addrs, sizeof(addrs), "%#H %#H", message->get_source(message),
			 message->get_destination(message));
	ck_assert_str_eq(addrs, TARGET "[4500] " REMOTE "[4500]");
	snprintf(addrs, sizeof(addrs), "%#H", ike_sa->get_my_host(ike_sa));
	ck_assert_str_eq(addrs, LOCAL "[4500]");
	message->destroy(message);
	destroy(task);
	free(real.ptr);
	free(fake.ptr);
}
END_TEST

/**
 * Every request has a COOKIE2 of its own (RFC 4555, 3.7 and 4.2.5)
 */
START_TEST(test_cookie2_fresh)
{
	mobility_task_t *task;
	message_t *message;
	chunk_t first, second;

	task = create(TEST);
	owner.again = TRUE;
	message = build(task);
	first = get_cookie2(message);
	ck_assert_uint_eq(first.len, COOKIE2_LEN);
	ck_assert_int_eq(process(task, respond(message)), NEED_MORE);
	message = build(task);
	second = get_cookie2(message);
	ck_assert_uint_eq(second.len, COOKIE2_LEN);
	ck_assert(!chunk_equals(first, second));
	message->destroy(message);
	chunk_free(&first);
	chunk_free(&second);
	destroy(task);
}
END_TEST

/**
 * What an answer may have in place of the COOKIE2 sent, and what that means for
 * an update and a test: nothing is confirmed without it, and the IKE_SA is
 * closed if it is another one (RFC 4555, 3.7)
 */
START_TEST(test_cookie2)
{
	enum {
		ECHOED, MISSING, OTHER, SHORT, LONG, EMPTY, OTHER_FIRST,
	} answers[] = {
		ECHOED, MISSING, OTHER, SHORT, LONG, EMPTY, OTHER_FIRST,
	}, answer = answers[_i % countof(answers)];
	bool update = _i < countof(answers);
	mobility_task_t *task;
	message_t *request, *message;
	chunk_t cookie2, other;
	status_t status;
	char calls[128];

	task = create(update ? UPDATE : TEST);
	request = build(task);
	assert_calls(update ? "update " : "build ");
	cookie2 = get_cookie2(request);
	request->destroy(request);
	ck_assert_uint_eq(cookie2.len, COOKIE2_LEN);
	other = chunk_cat("cc", cookie2, cookie2);
	other.len = cookie2.len;

	message = mock_ike_message(id, FALSE, INFORMATIONAL, 2, TARGET, REMOTE);
	switch (answer)
	{
		case MISSING:
			break;
		case OTHER:
		case OTHER_FIRST:
			other.ptr[COOKIE2_LEN - 1] ^= 1;
			break;
		case SHORT:
			other.len--;
			break;
		case LONG:
			other.len++;
			break;
		case EMPTY:
			other.len = 0;
			break;
		default:
			break;
	}
	if (answer != MISSING)
	{
		message->add_notify(message, FALSE, COOKIE2, other);
	}
	if (answer == OTHER_FIRST)
	{
		message->add_notify(message, FALSE, COOKIE2, cookie2);
	}
	status = process(task, message);
	if (answer == ECHOED || answer == MISSING)
	{
		ck_assert_int_eq(status, SUCCESS);
		snprintf(calls, sizeof(calls), "answered %s-%s %s%s", TARGET, REMOTE,
				 answer == ECHOED ? "" : "silent ", update ? "direct " : "");
		assert_calls(calls);
	}
	else
	{
		ck_assert_int_eq(status, FAILED);
		assert_calls("");
	}
	free(other.ptr);
	chunk_free(&cookie2);
	destroy(task);
}
END_TEST

/**
 * Without random numbers there is none to check
 */
START_TEST(test_cookie2_impossible)
{
	mobility_task_t *task;
	message_t *message;

	if (_i)
	{
		random_numbers = FALSE;
	}
	else
	{
		lib->crypto->remove_rng(lib->crypto, create_rng);
	}
	task = create(UPDATE);
	message = build(task);
	ck_assert(!message->get_notify(message, COOKIE2));
	ck_assert_int_eq(process(task, respond(message)), SUCCESS);
	assert_calls("update answered " TARGET "-" REMOTE " direct ");

	/* one that nobody asked for means nothing */
	message = respond(build(task));
	message->add_notify(message, FALSE, COOKIE2, chunk_from_str("cookiecookie"));
	ck_assert_int_eq(process(task, message), SUCCESS);
	assert_calls("update answered " TARGET "-" REMOTE " direct ");
	destroy(task);
}
END_TEST

/**
 * NAT detection is about the path a request was built for, and begins anew with
 * each
 */
START_TEST(test_natd)
{
	mobility_task_t *task;
	message_t *message;

	task = create(_i ? UPDATE : NAT);
	message = respond(build(task));
	mock_ike_add_natd(message, MAPPED);
	owner.calls[0] = '\0';
	ck_assert_int_eq(process(task, message), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " nat ");
	message = respond(build(task));
	mock_ike_add_natd(message, TARGET);
	owner.calls[0] = '\0';
	ck_assert_int_eq(process(task, message), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " direct ");
	destroy(task);
}
END_TEST

/**
 * An update follows if the exchange says so, but if that was one not because
 * somebody else has asked for it
 */
START_TEST(test_follow)
{
	mobility_task_t *task;
	message_t *message;

	task = create(_i);
	ck_assert_int_eq(process(task, respond(build(task))), SUCCESS);

	owner.again = TRUE;
	ck_assert_int_eq(process(task, respond(build(task))), NEED_MORE);
	message = build(task);
	ck_assert_int_eq(get_kind(task), UPDATE);
	ck_assert(message->get_notify(message, UPDATE_SA_ADDRESSES));
	ck_assert_int_eq(process(task, respond(message)), NEED_MORE);
	message = build(task);
	task->update(task);
	owner.again = FALSE;
	ck_assert_int_eq(process(task, respond(message)), SUCCESS);
	destroy(task);
}
END_TEST

/**
 * Whatever an exchange is for, an update can be asked for, before and after its
 * request was built
 */
START_TEST(test_update)
{
	mobility_task_t *task;
	message_t *message;

	task = create(_i);
	task->update(task);
	message = build(task);
	ck_assert_int_eq(get_kind(task), UPDATE);
	ck_assert(message->get_notify(message, UPDATE_SA_ADDRESSES));
	assert_calls("update ");
	ck_assert_int_eq(process(task, respond(message)), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " direct ");
	destroy(task);

	task = create(_i);
	message = build(task);
	ck_assert(!message->get_notify(message, UPDATE_SA_ADDRESSES));
	task->update(task);
	ck_assert_int_eq(get_kind(task), _i);
	owner.calls[0] = '\0';
	ck_assert_int_eq(process(task, respond(message)), NEED_MORE);
	message = build(task);
	ck_assert(message->get_notify(message, UPDATE_SA_ADDRESSES));
	message->destroy(message);
	destroy(task);
}
END_TEST

/**
 * The IKE_SA was replaced: the owner is not called anymore, and no answer means
 * anything
 */
START_TEST(test_detach)
{
	mobility_task_t *task;
	message_t *message;
	packet_t *packet;

	task = create(UPDATE);
	message = respond(build(task));
	packet = packet_create_from_data(
						host_create_from_string(TARGET, IKEV2_NATT_PORT),
						host_create_from_string(REMOTE, IKEV2_NATT_PORT),
						chunk_clone(chunk_from_str("a header's 28 bytes, or more")));
	ck_assert(task->mobike.transmit(&task->mobike, packet));
	assert_calls("update transmit ");
	ck_assert_uint_eq(mock_charon_count(), 0);

	task->update(task);
	task->detach(task);
	ck_assert(task->mobike.transmit(&task->mobike, packet));
	assert_calls("");
	ck_assert_str_eq(mock_charon_sources(), LOCAL " ");
	packet->destroy(packet);

	message->add_notify(message, FALSE, UNACCEPTABLE_ADDRESSES, chunk_empty);
	ck_assert_int_eq(process(task, message), SUCCESS);
	message = mock_ike_message(id, FALSE, INFORMATIONAL, 2, TARGET, REMOTE);
	message->add_notify(message, FALSE, COOKIE2, chunk_from_str("wrong one"));
	ck_assert_int_eq(process(task, message), SUCCESS);
	assert_calls("");
	destroy(task);
}
END_TEST

/**
 * charon takes a task to another IKE_SA, where it starts again
 */
START_TEST(test_migrate)
{
	mobility_task_t *task;
	message_t *message, *old;
	ike_sa_t *new;

	new = mock_ike_create_successor(ike_sa);
	task = create(UPDATE);
	old = build(task);
	task->mobike.task.migrate(&task->mobike.task, new);
	message = respond(build(task));
	ck_assert_int_eq(process(task, message), SUCCESS);
	/* the answer to the old one is none */
	message = build(task);
	message->destroy(message);
	ck_assert_int_eq(process(task, respond(old)), FAILED);
	destroy(task);
	mock_ike_checkin(new, SUCCESS);
	charon->bus->set_sa(charon->bus, ike_sa);
}
END_TEST

/**
 * Nothing that charon does to a MOBIKE task has an effect on ours
 */
START_TEST(test_mobike)
{
	mobility_task_t *task;
	message_t *message;

	task = create(TEST);
	ck_assert_int_eq(task->mobike.task.get_type(&task->mobike.task),
					 TASK_IKE_MOBIKE);
	task->mobike.addresses(&task->mobike);
	task->mobike.roam(&task->mobike, TRUE);
	task->mobike.dpd(&task->mobike);
	task->mobike.enable_probing(&task->mobike);
	ck_assert(!task->mobike.is_probing(&task->mobike));
	ck_assert_int_eq(get_kind(task), TEST);
	message = build(task);
	ck_assert_str_eq(get_notifies(message), "COOKIE2 ");
	message->destroy(message);
	destroy(task);
}
END_TEST

START_TEST(test_find)
{
	mobility_task_t *ours, *found;
	ike_mobike_t *stock;

	ck_assert(!mobility_task_find(ike_sa, TASK_QUEUE_QUEUED, &found));
	ck_assert(!found);
	ck_assert(!mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED,
									TASK_IKE_MOBIKE));

	stock = ike_mobike_create(ike_sa, TRUE);
	ck_assert(!mobility_task_cast(&stock->task));
	ike_sa->queue_task(ike_sa, &stock->task);
	ck_assert(mobility_task_find(ike_sa, TASK_QUEUE_QUEUED, &found));
	ck_assert(!found);
	ck_assert(mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED, TASK_IKE_MOBIKE));
	mobility_task_remove(ike_sa, TASK_QUEUE_QUEUED);
	ck_assert(mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED, TASK_IKE_MOBIKE));
	ike_sa->flush_queue(ike_sa, TASK_QUEUE_QUEUED);

	ours = create(PLAIN);
	ck_assert(mobility_task_cast(&ours->mobike.task) == ours);
	ike_sa->queue_task(ike_sa, mock_task_create(ike_sa, TASK_IKE_DPD, NULL,
												NULL));
	ike_sa->queue_task(ike_sa, &ours->mobike.task);
	ck_assert(mobility_task_find(ike_sa, TASK_QUEUE_QUEUED, &found));
	ck_assert(found == ours);
	ck_assert(!mobility_task_find(ike_sa, TASK_QUEUE_ACTIVE, &found));
	mobility_task_remove(ike_sa, TASK_QUEUE_QUEUED);
	ck_assert(!mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED,
									TASK_IKE_MOBIKE));
	ck_assert(mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED, TASK_IKE_DPD));
}
END_TEST

/**
 * Listens to messages before they are encrypted
 */
static struct {
	listener_t public;
	/** COOKIE2 of the last message sent */
	chunk_t cookie2;
	/** it was a request */
	bool request;
} listener;

METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	if (!incoming && plain)
	{
		chunk_free(&listener.cookie2);
		listener.cookie2 = get_cookie2(message);
		listener.request = message->get_request(message);
	}
	return TRUE;
}

static void setup_exchange(void)
{
	setup();
	listener.public.message = _message_;
	listener.cookie2 = chunk_empty;
	charon->bus->add_listener(charon->bus, &listener.public);
}

static void teardown_exchange(void)
{
	charon->bus->remove_listener(charon->bus, &listener.public);
	chunk_free(&listener.cookie2);
	teardown();
}

/**
 * Have the task manager send the request of a task, and check in the IKE_SA
 */
static void start(int kind)
{
	mobility_task_t *task = create(kind);

	ike_sa->queue_task(ike_sa, &task->mobike.task);
	ck_assert_int_eq(ike_sa->initiate(ike_sa, NULL, NULL), SUCCESS);
	mock_ike_checkin(ike_sa, SUCCESS);
	ike_sa = NULL;
}

/**
 * Have the peer answer the request with a COOKIE2
 */
static status_t answer(uint32_t mid, chunk_t cookie2)
{
	message_t *message;

	message = mock_ike_message(id, FALSE, INFORMATIONAL, mid, TARGET, REMOTE);
	message->add_notify(message, FALSE, COOKIE2, cookie2);
	return mock_ike_receive(message);
}

/**
 * A test and an update, each followed by its answer, in charon's hands
 */
START_TEST(test_exchanges)
{
	owner.again = TRUE;
	start(TEST);
	assert_calls("build transmit ");
	ck_assert(listener.request);
	ck_assert_int_eq(answer(2, listener.cookie2), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " update transmit ");
	/* what was answered before, in whatever way, is of no interest */
	ck_assert_int_eq(answer(2, chunk_from_str("wrong one")), SUCCESS);
	assert_calls("");
	owner.again = FALSE;
	ck_assert_int_eq(answer(3, listener.cookie2), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " direct ");
	ck_assert_int_eq(answer(3, chunk_from_str("wrong one")), SUCCESS);
	assert_calls("");
}
END_TEST

/**
 * Another COOKIE2 than the one that was sent ends the IKE_SA, see RFC 4555, 3.7
 */
START_TEST(test_exchange_mismatch)
{
	start(_i ? UPDATE : TEST);
	owner.calls[0] = '\0';
	ck_assert_int_eq(answer(2, chunk_from_str("wrong one")), DESTROY_ME);
	assert_calls("");
	ck_assert(!charon->ike_sa_manager->checkout(charon->ike_sa_manager, id));
}
END_TEST

/**
 * The peer sends one as well, at any time.  To answer is stock's business.
 */
START_TEST(test_cookie2_of_peer)
{
	chunk_t ours, cookie2 = chunk_from_str("the peer's own");
	message_t *message;

	start(UPDATE);
	assert_calls("update transmit ");
	ours = chunk_clone(listener.cookie2);
	message = mock_ike_message(id, TRUE, INFORMATIONAL, 0, LOCAL, REMOTE);
	message->add_notify(message, FALSE, COOKIE2, cookie2);
	ck_assert_int_eq(mock_ike_receive(message), SUCCESS);
	ck_assert(!listener.request);
	ck_assert(chunk_equals(listener.cookie2, cookie2));
	assert_calls("");

	ck_assert_int_eq(answer(2, ours), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " direct ");
	chunk_free(&ours);
}
END_TEST

/**
 * Notifies that nobody asked for
 */
START_TEST(test_odd_notifies)
{
	notify_type_t types[] = {
		UPDATE_SA_ADDRESSES, NO_ADDITIONAL_ADDRESSES, NO_NATS_ALLOWED,
		TEMPORARY_FAILURE, REKEY_SA, 8191, 16383, 65535,
	};
	chunk_t large = chunk_alloc(30000);
	message_t *message;
	int i;

	memset(large.ptr, 0x42, large.len);
	start(UPDATE);
	assert_calls("update transmit ");
	message = mock_ike_message(id, FALSE, INFORMATIONAL, 2, TARGET, REMOTE);
	for (i = 0; i < countof(types); i++)
	{
		message->add_notify(message, FALSE, types[i], chunk_empty);
		message->add_notify(message, FALSE, types[i], large);
	}
	message->add_notify(message, FALSE, NAT_DETECTION_SOURCE_IP, chunk_empty);
	message->add_notify(message, FALSE, NAT_DETECTION_DESTINATION_IP, large);
	message->add_notify(message, FALSE, COOKIE2, listener.cookie2);
	ck_assert_int_eq(mock_ike_receive(message), SUCCESS);
	assert_calls("answered " TARGET "-" REMOTE " direct ");
	free(large.ptr);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("task");

	tc = tcase_create("requests");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_build, 0, KINDS);
	tcase_add_test(tc, test_fake_nat);
	tcase_add_test(tc, test_cookie2_fresh);
	suite_add_tcase(s, tc);

	tc = tcase_create("answers");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_cookie2, 0, 14);
	tcase_add_loop_test(tc, test_cookie2_impossible, 0, 2);
	tcase_add_loop_test(tc, test_natd, 0, 2);
	tcase_add_loop_test(tc, test_follow, 0, KINDS);
	suite_add_tcase(s, tc);

	tc = tcase_create("tasks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_update, 0, UPDATE);
	tcase_add_test(tc, test_detach);
	tcase_add_test(tc, test_migrate);
	tcase_add_test(tc, test_mobike);
	tcase_add_test(tc, test_find);
	suite_add_tcase(s, tc);

	tc = tcase_create("exchanges");
	tcase_add_checked_fixture(tc, setup_exchange, teardown_exchange);
	tcase_add_test(tc, test_exchanges);
	tcase_add_loop_test(tc, test_exchange_mismatch, 0, 2);
	tcase_add_test(tc, test_cookie2_of_peer);
	tcase_add_test(tc, test_odd_notifies);
	suite_add_tcase(s, tc);

	return s;
}
