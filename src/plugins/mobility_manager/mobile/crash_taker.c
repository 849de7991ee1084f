/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/crash_taker.h"
#include "ike/crash_notice.h"
#include "ike/end.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_mobility_crash_taker_t private_mobility_crash_taker_t;
typedef struct held_t held_t;

/**
 * What is known of an IKE_SA.
 */
struct held_t {
	/** its SPIs */
	ike_sa_id_t *id;
	/** its token, empty if it has none */
	chunk_t token;
	/** token of the IKE_SA that is going to replace it, empty if none */
	chunk_t next;
	/** the gateway has proven that it has lost it */
	bool lost;
	/** somebody else has said so */
	bool doubted;
};

/**
 * Private data of a mobility_crash_taker_t object.
 */
struct private_mobility_crash_taker_t {

	/**
	 * Public interface.
	 */
	mobility_crash_taker_t public;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Called when an IKE_SA is lost.
	 */
	mobility_crash_taker_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Locks what follows.
	 */
	mutex_t *mutex;

	/**
	 * IKE_SAs, ike_sa_id_t* => held_t*
	 */
	hashtable_t *held;

#ifdef ME
	/**
	 * What gets connectivity checks, NULL while it is not hooked.
	 */
	void (*process_check)(connect_manager_t *manager, message_t *message);
#endif
};

/**
 * Hash SPIs.
 */
static u_int hash_id(ike_sa_id_t *id)
{
	uint64_t spis[] = { id->get_initiator_spi(id), id->get_responder_spi(id) };

	return chunk_hash(chunk_from_thing(spis));
}

/**
 * Compare SPIs, whoever of the two is asked.
 */
static bool equal_ids(ike_sa_id_t *a, ike_sa_id_t *b)
{
	return a->get_initiator_spi(a) == b->get_initiator_spi(b) &&
		   a->get_responder_spi(a) == b->get_responder_spi(b);
}

/**
 * Destroy a held_t.
 */
static void held_destroy(held_t *held)
{
	chunk_clear(&held->token);
	chunk_clear(&held->next);
	held->id->destroy(held->id);
	free(held);
}

/**
 * Get what is known of an IKE_SA, the mutex must be held.
 */
static held_t *get(private_mobility_crash_taker_t *this, ike_sa_id_t *id)
{
	held_t *held;

	held = this->held->get(this->held, id);
	if (!held)
	{
		INIT(held,
			.id = id->clone(id),
		);
		this->held->put(this->held, held->id, held);
	}
	return held;
}

/**
 * An IKE_SA that is lost, for a job.
 */
typedef struct {
	private_mobility_crash_taker_t *taker;
	ike_sa_id_t *id;
} loss_t;

/**
 * Destroy a loss_t.
 */
static void loss_destroy(loss_t *loss)
{
	DESTROY_IF(loss->id);
	free(loss);
}

/**
 * Job that tells of a loss.
 */
static job_requeue_t tell_loss(loss_t *loss)
{
	ike_sa_id_t *id = loss->id;

	loss->id = NULL;
	loss->taker->cb(loss->taker->data, id);
	return JOB_REQUEUE_NONE;
}

/**
 * Check if a token is among those of a message, which takes as long for wrong
 * ones.
 */
static bool has_token(const mobility_crash_notice_t *notice, chunk_t token)
{
	bool found = FALSE;
	u_int i;

	for (i = 0; i < notice->count; i++)
	{
		found |= chunk_equals_const(notice->tokens[i], token);
	}
	return found && token.len;
}

/**
 * Somebody says that an IKE_SA is lost.  Returns TRUE if it is to be told.
 */
static bool judge(held_t *held, const mobility_crash_notice_t *notice,
				  host_t *source)
{
	if (has_token(notice, held->token))
	{
		if (!held->lost)
		{
			held->lost = TRUE;
			return TRUE;
		}
	}
	else if (!held->doubted)
	{
		held->doubted = TRUE;
		DBG1(DBG_IKE, "mobility: %H says that the gateway has lost an IKE_SA, "
			 "but can't prove it", source);
	}
	return FALSE;
}

/**
 * A message came in that is not protected.  Returns TRUE if it is about an IKE_SA
 * that a gateway has given a token for.
 */
static bool check(private_mobility_crash_taker_t *this, message_t *message)
{
	mobility_crash_notice_t notice;
	loss_t *loss = NULL;
	held_t *held;

	if (!mobility_crash_notice_parse(message->get_packet_data(message),
									 &notice))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	held = this->held->get(this->held, message->get_ike_sa_id(message));
	if (held && judge(held, &notice, message->get_source(message)))
	{
		INIT(loss,
			.taker = this,
			.id = held->id->clone(held->id),
		);
	}
	this->mutex->unlock(this->mutex);
	if (loss)
	{
		lib->processor->queue_job(lib->processor,
					(job_t*)callback_job_create((callback_job_cb_t)tell_loss,
											loss, (void*)loss_destroy, NULL));
	}
	return held != NULL;
}

#ifdef ME
/**
 * Charon's connectivity checks have no place for user data.
 */
static private_mobility_crash_taker_t *instance;

/**
 * Hook for connect_manager_t.process_check()
 */
static void hook_process_check(connect_manager_t *manager, message_t *message)
{
	private_mobility_crash_taker_t *this = instance;

	if (!check(this, message))
	{
		this->process_check(manager, message);
	}
}
#endif

/**
 * Get to know of messages that are not protected and come to no IKE_SA.  Charon
 * creates what gets them after its plugins, so this is done when there is something
 * to know.  The mutex must be held.
 */
static void hook(private_mobility_crash_taker_t *this)
{
#ifdef ME
	if (!this->process_check && charon->connect_manager)
	{
		instance = this;
		this->process_check = charon->connect_manager->process_check;
		charon->connect_manager->process_check = hook_process_check;
	}
#endif
}

/**
 * A gateway has given a token: for the IKE_SA that the message is of, or, while it
 * is rekeyed, for the one that replaces it (RFC 6290, 4.3).
 */
static void take(private_mobility_crash_taker_t *this, ike_sa_t *ike_sa,
				 message_t *message, chunk_t token)
{
	chunk_t *place;
	held_t *held;

	this->mutex->lock(this->mutex);
	hook(this);
	held = get(this, ike_sa->get_id(ike_sa));
	place = message->get_exchange_type(message) == CREATE_CHILD_SA
										? &held->next : &held->token;
	chunk_clear(place);
	*place = chunk_clone(token);
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a message belongs to an IKE_SA.  A thread that has one checked out and
 * initiates another one has charon report that one's messages for it.
 */
static bool is_of(ike_sa_t *ike_sa, message_t *message)
{
	return equal_ids(ike_sa->get_id(ike_sa), message->get_ike_sa_id(message));
}

METHOD(listener_t, message, bool,
	private_mobility_crash_taker_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	notify_payload_t *notify;
	chunk_t token;

	if (!incoming ||
		message->get_major_version(message) != IKEV2_MAJOR_VERSION)
	{
		return TRUE;
	}
	if (!plain)
	{
		check(this, message);
		return TRUE;
	}
	notify = message->get_notify(message, QUICK_CRASH_DETECTION);
	if (notify && message->get_exchange_type(message) != IKE_SA_INIT &&
		is_of(ike_sa, message) &&
		mobility_end_get(this->settings, ike_sa) == MOBILITY_END_MOBILE)
	{
		token = notify->get_notification_data(notify);
		if (mobility_crash_token_valid(token))
		{
			take(this, ike_sa, message, token);
		}
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_mobility_crash_taker_t *this, ike_sa_t *old, ike_sa_t *new)
{
	held_t *before, *held;

	this->mutex->lock(this->mutex);
	before = this->held->get(this->held, old->get_id(old));
	if (before && before->next.len)
	{
		held = get(this, new->get_id(new));
		chunk_clear(&held->token);
		held->token = before->next;
		before->next = chunk_empty;
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_mobility_crash_taker_t *this, ike_sa_t *ike_sa,
	ike_sa_state_t state)
{
	held_t *held;

	if (state == IKE_DESTROYING)
	{
		this->mutex->lock(this->mutex);
		held = this->held->remove(this->held, ike_sa->get_id(ike_sa));
		if (held)
		{
			held_destroy(held);
		}
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

METHOD(mobility_crash_taker_t, has_token_, bool,
	private_mobility_crash_taker_t *this, ike_sa_id_t *id)
{
	held_t *held;
	bool known;

	this->mutex->lock(this->mutex);
	held = this->held->get(this->held, id);
	known = held && held->token.len;
	this->mutex->unlock(this->mutex);
	return known;
}

METHOD(mobility_crash_taker_t, destroy, void,
	private_mobility_crash_taker_t *this)
{
	/* what is hooked charon has destroyed before it unloads plugins */
	charon->bus->remove_listener(charon->bus, &this->public.listener);
	this->held->destroy_function(this->held, (void*)held_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_crash_taker_t *mobility_crash_taker_create(
												mobility_settings_t *settings,
												mobility_crash_taker_cb_t cb,
												void *data)
{
	private_mobility_crash_taker_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_rekey = _ike_rekey,
				.ike_state_change = _ike_state_change,
			},
			.has_token = _has_token_,
			.destroy = _destroy,
		},
		.settings = settings,
		.cb = cb,
		.data = data,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.held = hashtable_create((hashtable_hash_t)hash_id,
								 (hashtable_equals_t)equal_ids, 4),
	);
	charon->bus->add_listener(charon->bus, &this->public.listener);
	return &this->public;
}
