/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_child.h"
#include "session_fixture.h"

#include <processing/jobs/delete_ike_sa_job.h>

/** our address, see mock_network */
#define LOCAL "10.0.0.2"

/** addresses of the peer: at first, and later */
#define A "192.0.2.1"
#define B "198.51.100.1"
#define C "203.0.113.1"

/** stock gives up a request after this time, in ms */
#define GIVE_UP 165061

/** outage time, in ms */
#define OUTAGE (30 * 60 * 1000)

/** who is so late is believed again, in ms */
#define LATE 2000

/** more moves than are remembered */
#define MANY 20

static session_fixture_t *f;

/** message ID of the next request of the peer */
static uint32_t mid;

/**
 * The kernel's side of peers that sleep
 */
static struct {
	mobility_sleepers_t public;
	/** ESP comes */
	bool comes;
	/** there is something known of the session */
	bool known;
	/** until when they sleep */
	uint64_t until;
	/** what was called, a word for each */
	char calls[256];
} kernel;

/**
 * Note a call
 */
static void note(const char *call)
{
	ck_assert(strlen(kernel.calls) + strlen(call) + 2 < sizeof(kernel.calls));
	strcat(strcat(kernel.calls, call), " ");
}

METHOD(mobility_sleepers_t, has_come, bool,
	mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number)
{
	ck_assert(ike_sa == f->ike_sa && number == f->session->number);
	note("ask");
	kernel.known = TRUE;
	return kernel.comes;
}

METHOD(mobility_sleepers_t, sleep_, void,
	mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number,
	uint64_t until)
{
	ck_assert(ike_sa == f->ike_sa && number == f->session->number);
	kernel.until = until;
	note("sleep");
}

METHOD(mobility_sleepers_t, mute, void,
	mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number)
{
	note("mute");
}

METHOD(mobility_sleepers_t, wake, void,
	mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number, bool returned)
{
	ck_assert(ike_sa && number == f->session->number);
	note(returned ? "wake" : "restore");
	kernel.known = FALSE;
}

METHOD(mobility_sleepers_t, end, void,
	mobility_sleepers_t *this, uint32_t number)
{
	note("end");
	kernel.known = FALSE;
}

/**
 * Check what was called since this was called last
 */
static void assert_calls(const char *calls)
{
	ck_assert_str_eq(kernel.calls, calls);
	kernel.calls[0] = '\0';
}

/**
 * Establish an IKE_SA that the peer has initiated
 */
static void begin(char *settings, mock_ike_conf_t conf)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.public = (mobility_sleepers_t){
		.has_come = _has_come,
		.sleep = _sleep_,
		.mute = _mute,
		.wake = _wake,
		.end = _end,
	};
	conf.responder = TRUE;
	mid = 2;
	f = session_fixture_create(settings, &conf);
	f->context.sleepers = &kernel.public;
}

static void setup(void)
{
	begin(NULL, (mock_ike_conf_t){});
}

static void setup_dpd(void)
{
	begin(NULL, (mock_ike_conf_t){ .dpd = 30 });
}

static void teardown(void)
{
	session_fixture_destroy(f);
	/* who has ended leaves nothing in the kernel */
	ck_assert(!kernel.known);
}

/**
 * The peer answers from now on, or not
 */
static void set_answers(bool answers)
{
	int i;

	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		f->answers[i] = answers;
	}
}

/**
 * The peer sends a request
 */
static void receive(char *from)
{
	message_t *message;

	message = mock_ike_message(f->id, TRUE, INFORMATIONAL, mid++, LOCAL, from);
	mock_ike_receive(message);
	session_fixture_run(f, 0);
}

/**
 * Count the requests that were sent to an address
 */
static u_int count_to(char *address)
{
	const mock_packet_t *packet;
	char to[64];
	u_int i, count = 0;

	for (i = 0; i < mock_charon_count(); i++)
	{
		packet = mock_charon_get(i);
		snprintf(to, sizeof(to), "%H", packet->destination);
		count += packet->request && streq(to, address);
	}
	return count;
}

/**
 * A request of ours gets no answer for so long that stock would give up
 */
static void fall_asleep(task_type_t type)
{
	set_answers(FALSE);
	session_fixture_task(f, type, NULL);
	session_fixture_run(f, GIVE_UP);
	ck_assert_str_eq(f->told, "dormant ");
	ck_assert(f->dormant);
	ck_assert_uint_eq(count_to(A), 6);
	session_fixture_forget(f);
}

/** exchanges of a responder */
static const task_type_t exchanges[] = {
	TASK_IKE_DPD,
	TASK_IKE_AUTH_LIFETIME,
	TASK_IKE_REDIRECT,
	TASK_CHILD_DELETE,
	TASK_CHILD_REKEY,
	TASK_IKE_REKEY,
};

/**
 * A request that is answered late costs nothing
 */
START_TEST(test_one_lost)
{
	set_answers(FALSE);
	session_fixture_task(f, TASK_IKE_DPD, NULL);
	session_fixture_run(f, 3999);
	ck_assert_uint_eq(count_to(A), 1);
	set_answers(TRUE);
	session_fixture_run(f, 100000);
	ck_assert_uint_eq(count_to(A), 2);
	ck_assert_str_eq(f->told, "");
	ck_assert_uint_eq(f->deadline, 0);
	assert_calls("ask wake ");
}
END_TEST

/**
 * The kernel keeps what belongs to who sleeps, drops what is for it after a while,
 * and is to treat it as any other one before anything is sent to it again
 */
START_TEST(test_kernel)
{
	fall_asleep(TASK_IKE_DPD);
	assert_calls("ask ask sleep ");
	ck_assert_uint_eq(kernel.until, fake_clock_now() - GIVE_UP + OUTAGE);
	ck_assert_uint_gt(f->deadline, fake_clock_now() + 59990);
	session_fixture_run(f, f->deadline - fake_clock_now() - 1);
	assert_calls("");
	session_fixture_run(f, 1);
	assert_calls("mute ");
	/* nobody is woken by that again */
	ck_assert_uint_eq(f->deadline, kernel.until);
	receive(_i ? A : B);
	assert_calls("wake ");
	ck_assert_uint_eq(count_to(_i ? A : B), 1);
}
END_TEST

/**
 * ESP is a sign of life: before the session sleeps, and when it does
 */
START_TEST(test_esp)
{
	ike_sa_t *ike_sa;

	set_answers(FALSE);
	session_fixture_task(f, TASK_IKE_DPD, NULL);
	kernel.comes = TRUE;
	session_fixture_run(f, GIVE_UP);
	ck_assert_str_eq(f->told, "");
	assert_calls("ask ask wake ");
	/* until there is none anymore */
	kernel.comes = FALSE;
	session_fixture_run(f, GIVE_UP);
	ck_assert_str_eq(f->told, "dormant ");
	assert_calls("ask ask sleep ");
	session_fixture_run(f, 100000);
	assert_calls("mute ");
	session_fixture_forget(f);

	ike_sa = session_fixture_checkout(f);
	ck_assert_int_eq(f->session->judge(f->session), SUCCESS);
	ck_assert_str_eq(f->told, "");
	kernel.comes = TRUE;
	ck_assert_int_eq(f->session->judge(f->session), SUCCESS);
	mock_ike_checkin(ike_sa, SUCCESS);
	ck_assert_str_eq(f->told, "connected ");
	assert_calls("ask ask wake ");
	/* what has waited is sent at once */
	ck_assert_uint_eq(count_to(A), 1);
}
END_TEST

/**
 * The outage time ends, or the plugin
 */
START_TEST(test_kernel_end)
{
	ike_sa_t *ike_sa;

	fall_asleep(TASK_IKE_DPD);
	assert_calls("ask ask sleep ");
	if (_i)
	{
		session_fixture_run(f, OUTAGE - GIVE_UP);
		ck_assert(f->ended);
		/* when the time is over, and when it is its turn */
		assert_calls("mute ask ask ");
	}
	else
	{
		ike_sa = session_fixture_checkout(f);
		mock_ike_checkin(ike_sa, f->session->give_back(f->session));
		f->ended = TRUE;
		assert_calls("restore ");
	}
}
END_TEST

/**
 * A request of any kind outlives the time that stock gives it, is sent no more, and
 * goes out as it was when the peer is back, to where that is
 */
START_TEST(test_waits)
{
	uint32_t request;

	fall_asleep(exchanges[_i]);
	session_fixture_run(f, OUTAGE - GIVE_UP - 1000);
	ck_assert_uint_eq(mock_charon_count(), 0);
	ck_assert(!f->ended);

	receive(B);
	ck_assert_str_eq(f->told, "connected ");
	ck_assert(!f->dormant);
	ck_assert_uint_eq(count_to(B), 1);
	ck_assert_uint_eq(count_to(A), 0);
	request = mock_charon_get(-1)->mid;
	ck_assert_uint_eq(request, 0);
	/* once more if that is lost, until it is answered */
	session_fixture_run(f, 4000);
	ck_assert_uint_eq(count_to(B), 2);
	session_fixture_answer(f, 0, 0);
	session_fixture_forget(f);
	session_fixture_run(f, 10 * OUTAGE);
	ck_assert_uint_eq(mock_charon_count(), 0);
	ck_assert(!f->ended);
}
END_TEST

/**
 * Who repeats what the peer has sent before wakes nobody
 */
START_TEST(test_replay)
{
	receive(A);
	session_fixture_forget(f);
	fall_asleep(TASK_IKE_DPD);
	mid--;
	receive(C);
	ck_assert_str_eq(f->told, "");
	ck_assert_uint_eq(count_to(A) + count_to(B) + count_to(C), 0);
}
END_TEST

/**
 * Nothing is sent for ever, and the end is stock's
 */
START_TEST(test_outage_time)
{
	fall_asleep(TASK_IKE_DPD);
	session_fixture_run(f, OUTAGE - GIVE_UP - 1);
	ck_assert(!f->ended);
	session_fixture_run(f, 1);
	ck_assert_str_eq(f->told, "failed ");
	ck_assert(f->ended);
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

/**
 * While others are ended first the peer may come back
 */
START_TEST(test_others_end)
{
	f->others = TRUE;
	fall_asleep(TASK_IKE_DPD);
	session_fixture_run(f, OUTAGE);
	ck_assert(f->retiring);
	ck_assert_str_eq(f->told, "");
	set_answers(TRUE);
	receive(A);
	ck_assert_str_eq(f->told, "connected ");
	f->others = FALSE;
	session_fixture_run(f, LATE);
	ck_assert(!f->retiring && !f->ended);
	f->others = TRUE;
	session_fixture_forget(f);
	fall_asleep(TASK_IKE_DPD);
	session_fixture_run(f, OUTAGE);
	f->others = FALSE;
	session_fixture_run(f, 0);
	ck_assert_str_eq(f->told, "failed ");
	ck_assert(f->ended);
}
END_TEST

/**
 * Settings are for running sessions as well
 */
START_TEST(test_reload)
{
	ike_sa_t *ike_sa;

	fall_asleep(TASK_IKE_DPD);
	lib->settings->set_int(lib->settings, "%s.plugins.mobility-manager."
						   "gateway.network_outage_time", 300, lib->ns);
	f->context.settings->reload(f->context.settings);
	ike_sa = session_fixture_checkout(f);
	f->session->reload(f->session);
	mock_ike_checkin(ike_sa, SUCCESS);
	session_fixture_run(f, 300000 - GIVE_UP - 1);
	ck_assert(!f->ended);
	session_fixture_run(f, 1);
	ck_assert(f->ended);
}
END_TEST

/**
 * Nobody waits for who is asleep when an administrator ends its IKE_SA
 */
START_TEST(test_terminate)
{
	ike_sa_t *ike_sa;

	fall_asleep(TASK_IKE_DPD);
	ike_sa = session_fixture_checkout(f);
	mock_ike_checkin(ike_sa, ike_sa->delete(ike_sa, FALSE));
	ck_assert(f->ended);
	ck_assert(!f->dormant);
}
END_TEST

/**
 * Who needs what a dormant session has finds out that packets have come
 */
START_TEST(test_needed)
{
	ike_sa_t *ike_sa;

	fall_asleep(TASK_IKE_DPD);
	ike_sa = session_fixture_checkout(f);
	ck_assert(f->session->is_dormant(f->session));
	ck_assert_str_eq(f->told, "");
	kernel.comes = TRUE;
	ck_assert(!f->session->is_dormant(f->session));
	ck_assert_str_eq(f->told, "connected ");
	ck_assert(!f->dormant);
	ck_assert_uint_eq(count_to(A), 1);
	mock_ike_checkin(ike_sa, SUCCESS);
}
END_TEST

/**
 * Have the session ended for some reason, if that is one
 */
static void give_up(mobility_ending_t reason)
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	mock_ike_checkin(ike_sa, f->session->give_up(f->session, reason));
}

/**
 * Somebody wants no client to be waited for: who is there is left alone
 */
START_TEST(test_drained)
{
	mobility_ending_t reason = _i;

	give_up(reason);
	ck_assert(!f->ended);
	fall_asleep(TASK_IKE_DPD);
	/* its time is not over */
	give_up(MOBILITY_ENDING_OUTAGE);
	ck_assert(!f->ended);
	give_up(reason);
	ck_assert(f->ended == (reason != MOBILITY_ENDING_OUTAGE));
}
END_TEST

/**
 * Have charon's job delete the IKE_SA
 */
static void delete_at(uint32_t ms)
{
	lib->scheduler->schedule_job_ms(lib->scheduler,
							(job_t*)delete_ike_sa_job_create(f->id, TRUE), ms);
}

/**
 * The lifetime of the IKE_SA is obeyed: at once if the peer sleeps, and if it has just
 * fallen silent when stock would give it up
 */
START_TEST(test_lifetime)
{
	u_int life = 1100 * 1000, silent = _i ? life - 101 * 1000 : 600 * 1000;
	u_int end = _i ? silent + GIVE_UP : life;

	set_answers(FALSE);
	session_fixture_run(f, silent);
	session_fixture_task(f, TASK_IKE_DPD, NULL);
	delete_at(life - silent);
	session_fixture_run(f, end - silent - 1000);
	ck_assert(!f->ended);
	session_fixture_run(f, 1000);
	ck_assert(f->ended);
}
END_TEST

/**
 * DPD as configured, and none while the peer sleeps: nothing wakes anybody then
 */
START_TEST(test_dpd)
{
	u_int before;

	session_fixture_run(f, 30 * 1000);
	ck_assert_uint_eq(count_to(A), 1);
	session_fixture_run(f, 30 * 1000);
	ck_assert_uint_eq(count_to(A), 2);
	set_answers(FALSE);
	session_fixture_run(f, 30 * 1000 + GIVE_UP);
	ck_assert_str_eq(f->told, "dormant ");
	before = mock_charon_count();
	session_fixture_run(f, 30 * 1000);
	ck_assert_uint_eq(fake_clock_next(), UINT64_MAX);
	session_fixture_run(f, 600 * 1000);
	ck_assert_uint_eq(mock_charon_count(), before);

	session_fixture_forget(f);
	set_answers(TRUE);
	receive(A);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(count_to(A), 1);
	session_fixture_run(f, 61 * 1000);
	ck_assert_uint_ge(count_to(A), 2);
}
END_TEST

/**
 * The plugin is unloaded while a request waits: stock goes on with it, and gives up
 */
START_TEST(test_give_back)
{
	ike_sa_t *ike_sa;

	fall_asleep(TASK_IKE_DPD);
	ike_sa = session_fixture_checkout(f);
	mock_ike_checkin(ike_sa, f->session->give_back(f->session));
	f->ended = TRUE;
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(count_to(A), 1);
	session_fixture_run(f, GIVE_UP);
	ck_assert(!charon->ike_sa_manager->get_count(charon->ike_sa_manager));
}
END_TEST

/**
 * The IKE_SA is replaced by rekeying: what waited is gone, the session goes on
 */
START_TEST(test_rekeyed)
{
	ike_sa_t *ike_sa;

	fall_asleep(TASK_IKE_DPD);
	ike_sa = session_fixture_checkout(f);
	session_fixture_rekeyed(f, ike_sa, NULL);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
	session_fixture_run(f, 0);
	ck_assert_str_eq(f->told, "connected ");
	session_fixture_run(f, 10 * OUTAGE);
	ck_assert(!f->ended);
	session_fixture_forget(f);
	fall_asleep(TASK_IKE_DPD);
}
END_TEST

/**
 * The peer has replaced the IKE_SA, and its DELETE never comes
 */
START_TEST(test_never_deleted)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;

	ike_sa = session_fixture_checkout(f);
	session_fixture_rekeyed(f, ike_sa, NULL);
	manager->checkin(manager, ike_sa);
	session_fixture_run(f, 164 * 1000);
	ck_assert_uint_eq(manager->get_count(manager), 2);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(manager->get_count(manager), 1);
	ck_assert(!f->ended);
}
END_TEST

/**
 * What people are told
 */
START_TEST(test_status)
{
	mobility_status_t *status;

	fall_asleep(TASK_IKE_DPD);
	session_fixture_run(f, 60 * 1000);
	status = f->session->get_status(f->session);
	ck_assert(!status->mobile);
	ck_assert_int_eq(status->state, MOBILITY_DORMANT);
	ck_assert_str_eq(status->cause, "peer does not answer, nothing leaves to "
					 "it");
	ck_assert_uint_eq(status->outage_time, OUTAGE / 1000);
	ck_assert_uint_eq(status->outage_left, (OUTAGE - GIVE_UP) / 1000 - 60);
	ck_assert_uint_eq(status->silent, GIVE_UP / 1000 + 60);
	ck_assert_str_eq(status->exchange, "INFORMATIONAL");
	mobility_status_destroy(status);
	receive(B);
	status = f->session->get_status(f->session);
	ck_assert_str_eq(status->cause, "peer is back at " B "[4500]");
	mobility_status_destroy(status);
}
END_TEST

/**
 * Call update_hosts() as charon does
 */
static void call(char *addr, uint16_t port, update_hosts_flag_t flags)
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);
	host_t *other;

	other = host_create_from_string(addr, port);
	ike_sa->update_hosts(ike_sa, flags & UPDATE_HOSTS_FORCE_LOCAL ?
						 ike_sa->get_my_host(ike_sa) : NULL, other, flags);
	other->destroy(other);
	mock_ike_checkin(ike_sa, SUCCESS);
}

/**
 * The peer says from where it sends, which nobody else can
 */
static void update_from(char *addr, uint16_t port)
{
	call(addr, port, UPDATE_HOSTS_FORCE_ALL);
}

/**
 * The kernel reports from where an ESP packet came, of which anybody on the way
 * can have made that
 */
static void esp_from(char *addr, uint16_t port)
{
	call(addr, port, 0);
}

/**
 * Check where the peer is taken to be
 */
static void assert_at(char *addr, uint16_t port)
{
	host_t *expected = host_create_from_string(addr, port);
	host_t *other = f->ike_sa->get_other_host(f->ike_sa);

	ck_assert_msg(expected->equals(expected, other), "at %#H, not at %#H",
				  other, expected);
	expected->destroy(expected);
}

/**
 * The peer is behind a NAT, and at A now, and never has to prove where it is
 */
static void setup_nat(void)
{
	begin("gateway {\n return_routability = no\n}", (mock_ike_conf_t){});
	f->ike_sa->set_condition(f->ike_sa, COND_NAT_THERE, TRUE);
	update_from(A, 1024);
	fake_clock_set(fake_clock_now() + LATE);
	session_fixture_forget(f);
}

/**
 * The peer moves before it is the session's turn to do anything
 */
START_TEST(test_kernel_move)
{
	fall_asleep(TASK_IKE_DPD);
	session_fixture_run(f, 100000);
	assert_calls("ask ask sleep mute ");
	f->ike_sa->set_condition(f->ike_sa, COND_NAT_THERE, TRUE);
	if (_i)
	{	/* nothing changes, we may have moved */
		update_from(A, 4500);
		assert_calls("sleep mute ");
	}
	esp_from(B, 2000);
	assert_at(B, 2000);
	assert_calls("wake ");
	session_fixture_run(f, 0);
	ck_assert_str_eq(f->told, "move connected ");
	ck_assert_uint_eq(count_to(B), 1);
}
END_TEST

/**
 * The peer moves: that is told, and what is in flight follows at once
 */
START_TEST(test_move)
{
	mobility_status_t *status;

	update_from(B, 4500);
	assert_at(B, 4500);
	ck_assert_str_eq(f->told, "move ");
	set_answers(FALSE);
	session_fixture_task(f, TASK_IKE_DPD, NULL);
	ck_assert_uint_eq(count_to(B), 1);
	update_from(C, 4500);
	receive(C);
	ck_assert_uint_eq(count_to(C), 1);
	status = f->session->get_status(f->session);
	ck_assert_uint_eq(status->moves, 3);
	ck_assert_str_eq(status->last_move.from, B "[4500]");
	ck_assert_str_eq(status->last_move.to, C "[4500]");
	mobility_status_destroy(status);
}
END_TEST

/**
 * A NAT uses one mapping, another one, and the first again
 */
START_TEST(test_mapping_flips)
{
	int i;

	for (i = 0; i < MANY; i++)
	{
		fake_clock_set(fake_clock_now() + 1000);
		esp_from(A, 2000);
		assert_at(A, 2000);
		fake_clock_set(fake_clock_now() + 1000);
		esp_from(A, 1024);
		assert_at(A, 1024);
	}
	/* also if the peer has moved there before */
	update_from(B, 4500);
	esp_from(B, 2000);
	assert_at(B, 2000);
	esp_from(B, 4500);
	assert_at(B, 4500);
}
END_TEST

/**
 * Packets that are still on their way when the peer moves
 */
START_TEST(test_delayed)
{
	update_from(B, 4500);
	session_fixture_forget(f);
	esp_from(A, 1024);
	fake_clock_set(fake_clock_now() + LATE - 1);
	esp_from(A, 1024);
	assert_at(B, 4500);
	ck_assert_str_eq(f->told, "");

	/* another mapping of that address is not what was left */
	esp_from(A, 1025);
	assert_at(A, 1025);
	esp_from(B, 4500);
	assert_at(B, 4500);

	/* nor does it last */
	fake_clock_set(fake_clock_now() + 1);
	esp_from(A, 1024);
	assert_at(A, 1024);
}
END_TEST

/**
 * A stray packet after a move neither drags the session back nor keeps it away
 * from where the peer is
 */
START_TEST(test_stray_after_move)
{
	update_from(B, 4500);
	esp_from(C, 4500);
	esp_from(B, 4500);
	assert_at(B, 4500);
	esp_from(A, 1024);
	assert_at(B, 4500);

	/* the peer itself gets it away from there, and it stays away */
	esp_from(C, 4500);
	update_from(B, 4500);
	assert_at(B, 4500);
	esp_from(C, 4500);
	assert_at(B, 4500);
}
END_TEST

/**
 * The peer returns to an address it has just left
 */
START_TEST(test_return)
{
	update_from(B, 4500);
	update_from(A, 1024);
	assert_at(A, 1024);
	esp_from(B, 4500);
	assert_at(A, 1024);
	/* it is there, so its packets are believed */
	esp_from(A, 2000);
	assert_at(A, 2000);
	esp_from(A, 1024);
	assert_at(A, 1024);
	esp_from(B, 4500);
	assert_at(A, 1024);
}
END_TEST

/**
 * Our own address changes, or nothing does: nothing was left, and nobody has moved
 */
START_TEST(test_nothing_left)
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);
	host_t *me;

	me = host_create_from_string("10.0.0.9", 4500);
	ike_sa->update_hosts(ike_sa, me, NULL, UPDATE_HOSTS_FORCE_ALL);
	ck_assert(me->equals(me, ike_sa->get_my_host(ike_sa)));
	ike_sa->update_hosts(ike_sa, me, ike_sa->get_other_host(ike_sa),
						 UPDATE_HOSTS_FORCE_ALL);
	me->destroy(me);
	mock_ike_checkin(ike_sa, SUCCESS);
	ck_assert_str_eq(f->told, "");
	update_from(A, 1024);
	esp_from(C, 4500);
	esp_from(A, 1024);
	assert_at(A, 1024);
}
END_TEST

/**
 * A rekeyed IKE_SA has the same peer, which has left the same addresses
 */
START_TEST(test_left_rekeyed)
{
	ike_sa_t *ike_sa;

	update_from(B, 4500);
	ike_sa = session_fixture_checkout(f);
	session_fixture_rekeyed(f, ike_sa, NULL);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
	esp_from(A, 1024);
	assert_at(B, 4500);
	fake_clock_set(fake_clock_now() + LATE);
	esp_from(A, 1024);
	assert_at(A, 1024);
}
END_TEST

/**
 * Where the peer does not prove to be it is for a second, whether it has said so or
 * its packets, which come at any time
 */
START_TEST(test_unproven)
{
	set_answers(FALSE);
	if (_i)
	{
		f->ike_sa->set_condition(f->ike_sa, COND_NAT_THERE, TRUE);
		esp_from(C, 4500);
	}
	else
	{
		update_from(C, 4500);
	}
	session_fixture_run(f, 0);
	ck_assert_uint_ge(count_to(C), 1);
	session_fixture_run(f, 999);
	assert_at(C, 4500);
	session_fixture_forget(f);
	session_fixture_run(f, 1);
	assert_at(A, 4500);
	ck_assert_uint_ge(count_to(A), 1);
	session_fixture_run(f, OUTAGE / 2);
	ck_assert_uint_eq(count_to(C), 0);
	assert_at(A, 4500);
	/* it is asked for a sign of life there, like any other */
	ck_assert_str_eq(f->told, "move dormant ");
}
END_TEST

/**
 * A peer that answers, but does not return what it was sent
 */
START_TEST(test_not_returned)
{
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "mock",
						 mock_charon_create_rng);
	update_from(B, 4500);
	session_fixture_run(f, 100);
	lib->crypto->remove_rng(lib->crypto, mock_charon_create_rng);
	assert_at(A, 4500);
	ck_assert(!f->ended);
	session_fixture_run(f, 10000);
	ck_assert_uint_le(count_to(B), 2);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("anchor session");

	tc = tcase_create("silence");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_one_lost);
	tcase_add_loop_test(tc, test_kernel, 0, 2);
	tcase_add_loop_test(tc, test_kernel_move, 0, 2);
	tcase_add_test(tc, test_esp);
	tcase_add_loop_test(tc, test_kernel_end, 0, 2);
	tcase_add_loop_test(tc, test_waits, 0, countof(exchanges));
	tcase_add_test(tc, test_replay);
	tcase_add_test(tc, test_outage_time);
	tcase_add_test(tc, test_others_end);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_terminate);
	tcase_add_loop_test(tc, test_drained, MOBILITY_ENDING_LIMIT,
						MOBILITY_ENDING_ADMIN + 1);
	tcase_add_test(tc, test_needed);
	tcase_add_test(tc, test_give_back);
	tcase_add_test(tc, test_rekeyed);
	tcase_add_test(tc, test_never_deleted);
	tcase_add_test(tc, test_status);
	suite_add_tcase(s, tc);

	tc = tcase_create("lifetime");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_lifetime, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("DPD");
	tcase_add_checked_fixture(tc, setup_dpd, teardown);
	tcase_add_test(tc, test_dpd);
	suite_add_tcase(s, tc);

	tc = tcase_create("addresses");
	tcase_add_checked_fixture(tc, setup_nat, teardown);
	tcase_add_test(tc, test_move);
	tcase_add_test(tc, test_mapping_flips);
	tcase_add_test(tc, test_delayed);
	tcase_add_test(tc, test_stray_after_move);
	tcase_add_test(tc, test_return);
	tcase_add_test(tc, test_nothing_left);
	tcase_add_test(tc, test_left_rekeyed);
	suite_add_tcase(s, tc);

	tc = tcase_create("routability");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_unproven, 0, 2);
	tcase_add_test(tc, test_not_returned);
	suite_add_tcase(s, tc);

	return s;
}
