/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/crash_maker.h"
#include "anchor/answer_rate.h"
#include "ike/crash_secret.h"
#include "ike/end.h"
#include "ike/mobike_task.h"
#include "net/clock.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <sa/ikev2/tasks/ike_dpd.h>
#include <threading/mutex.h>

/** Time between lines in the log about messages that were answered, in ms. */
#define LOG_INTERVAL 60000

/** Prefix that a client may have all addresses of, in bytes. */
#define IPV6_PREFIX 8

typedef struct private_mobility_crash_maker_t private_mobility_crash_maker_t;
typedef struct live_t live_t;

/**
 * State of the secret.
 */
typedef enum {
	/** there is no file yet */
	SECRET_NONE,
	/** a job creates it */
	SECRET_PENDING,
	/** it was read */
	SECRET_READ,
	/** it can't be used, which was said */
	SECRET_FAILED,
} secret_state_t;

/**
 * An IKE_SA that lives.
 */
struct live_t {
	/** our SPI, as in messages */
	uint64_t spi;
	/** SPIs of the IKE_SA that replaces this one, if the answer that says so has
	 * to tell the token of that; else NULL */
	ike_sa_id_t *next;
	/** the next request has to tell the token */
	bool owed;
};

/**
 * Private data of a mobility_crash_maker_t object.
 */
struct private_mobility_crash_maker_t {

	/**
	 * Public interface.
	 */
	mobility_crash_maker_t public;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * File of the secret.
	 */
	char *path;

	/**
	 * Locks what follows.
	 */
	mutex_t *mutex;

	/**
	 * Secret, if it was read, and the state of it.
	 */
	mobility_crash_secret_t secret;
	secret_state_t state;

	/**
	 * IKE_SAs, uint64_t* => live_t*
	 */
	hashtable_t *live;

	/**
	 * What was answered, how many since the last line about it, and when the next
	 * one may follow.
	 */
	mobility_answer_rate_t rate;
	u_int answered;
	uint64_t quiet;
};

/**
 * Check if clients are to notice a crash.
 */
static bool is_on(private_mobility_crash_maker_t *this)
{
	mobility_gateway_config_t config;

	this->settings->get_gateway(this->settings, NULL, &config);
	return config.crash_detection && config.mobility;
}

/**
 * Hash an SPI, which is random, or what somebody has made up to fill one bucket.
 */
static u_int hash_spi(const uint64_t *spi)
{
	return chunk_hash(chunk_create((u_char*)spi, sizeof(*spi)));
}

/**
 * Compare two SPIs.
 */
static bool equal_spis(const uint64_t *a, const uint64_t *b)
{
	return *a == *b;
}

/**
 * Get our own SPI of an IKE_SA.
 */
static uint64_t get_spi(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	return id->is_initiator(id) ? id->get_initiator_spi(id)
								: id->get_responder_spi(id);
}

/**
 * Find an IKE_SA that lives, the mutex must be held.
 */
static live_t *find(private_mobility_crash_maker_t *this, uint64_t spi)
{
	return this->live->get(this->live, &spi);
}

/**
 * Destroy a live_t.
 */
static void live_destroy(live_t *live)
{
	DESTROY_IF(live->next);
	free(live);
}

/**
 * An IKE_SA lives from now on, if that is not known yet.
 */
static void add(private_mobility_crash_maker_t *this, uint64_t spi)
{
	live_t *live;

	this->mutex->lock(this->mutex);
	if (!find(this, spi))
	{
		INIT(live,
			.spi = spi,
		);
		this->live->put(this->live, &live->spi, live);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * An IKE_SA is gone.
 */
static void drop(private_mobility_crash_maker_t *this, uint64_t spi)
{
	live_t *live;

	this->mutex->lock(this->mutex);
	live = this->live->remove(this->live, &spi);
	this->mutex->unlock(this->mutex);
	if (live)
	{
		live_destroy(live);
	}
}

/**
 * Read the secret, and create it if there is none.
 */
static job_requeue_t get_secret(private_mobility_crash_maker_t *this)
{
	mobility_crash_secret_t secret;
	bool got;

	got = mobility_crash_secret_create(this->path, &secret);
	this->mutex->lock(this->mutex);
	this->secret = secret;
	this->state = got ? SECRET_READ : SECRET_FAILED;
	this->mutex->unlock(this->mutex);
	memwipe(&secret, sizeof(secret));
	return JOB_REQUEUE_NONE;
}

/**
 * Have a job create the secret unless there is one, as that waits for the disk.
 */
static void need_secret(private_mobility_crash_maker_t *this)
{
	bool create;

	this->mutex->lock(this->mutex);
	create = this->state == SECRET_NONE;
	if (create)
	{	/* whoever comes meanwhile has to do without */
		this->state = SECRET_PENDING;
	}
	this->mutex->unlock(this->mutex);
	if (create)
	{
		lib->processor->queue_job(lib->processor,
					(job_t*)callback_job_create((callback_job_cb_t)get_secret,
												this, NULL, NULL));
	}
}

METHOD(listener_t, ike_state_change, bool,
	private_mobility_crash_maker_t *this, ike_sa_t *ike_sa,
	ike_sa_state_t state)
{
	uint64_t spi = get_spi(ike_sa);

	if (state == IKE_DESTROYING)
	{
		drop(this, spi);
	}
	else if (ike_sa->get_version(ike_sa) == IKEV2 &&
			 !ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR))
	{
		add(this, spi);
		if (is_on(this))
		{
			need_secret(this);
		}
	}
	return TRUE;
}

/**
 * Check if the client of an IKE_SA gets a token.
 */
static bool gets_token(private_mobility_crash_maker_t *this, ike_sa_t *ike_sa)
{
	return is_on(this) &&
		   ike_sa->supports_extension(ike_sa, EXT_MOBIKE) &&
		   mobility_end_get(this->settings, ike_sa) == MOBILITY_END_ANCHOR;
}

METHOD(listener_t, ike_rekey, bool,
	private_mobility_crash_maker_t *this, ike_sa_t *old, ike_sa_t *new)
{
	bool answering = mobility_task_queued(old, TASK_QUEUE_PASSIVE,
										  TASK_IKE_REKEY);
	ike_sa_id_t *id = new->get_id(new);
	bool owed = FALSE;
	live_t *live;

	if (!gets_token(this, new))
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	live = find(this, get_spi(answering ? old : new));
	if (live && answering)
	{
		DESTROY_IF(live->next);
		live->next = id->clone(id);
	}
	else if (live && this->state == SECRET_READ)
	{
		live->owed = owed = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (owed)
	{	/* RFC 6290, 4.3: an exchange of its own if we have begun */
		new->queue_task(new, (task_t*)ike_dpd_create(TRUE));
	}
	return TRUE;
}

/**
 * Get the IKE_SA whose token a message has to tell, NULL if none.
 */
static ike_sa_id_t *get_owed(private_mobility_crash_maker_t *this,
							 ike_sa_t *ike_sa, message_t *message)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa), *owed = NULL;
	bool request = message->get_request(message), now = FALSE;
	exchange_type_t type = message->get_exchange_type(message);
	live_t *live;

	if (type == IKE_AUTH)
	{	/* with EAP there are several, the last one has established it */
		now = !request && ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
			  gets_token(this, ike_sa);
	}
	this->mutex->lock(this->mutex);
	live = find(this, get_spi(ike_sa));
	if (live && type == CREATE_CHILD_SA && !request)
	{
		owed = live->next;
		live->next = NULL;
	}
	else if (live && type == INFORMATIONAL && request && live->owed)
	{
		live->owed = FALSE;
		now = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return now ? id->clone(id) : owed;
}

/**
 * Make a token, if there is a secret.
 */
static bool make_token(private_mobility_crash_maker_t *this, ike_sa_id_t *id,
					   uint8_t token[MOBILITY_CRASH_TOKEN_LEN])
{
	bool made;

	this->mutex->lock(this->mutex);
	made = this->state == SECRET_READ &&
		   mobility_crash_secret_make_token(&this->secret,
											id->get_initiator_spi(id),
											id->get_responder_spi(id), token);
	this->mutex->unlock(this->mutex);
	return made;
}

/**
 * Add the token of an IKE_SA to a message.
 */
static void add_token(private_mobility_crash_maker_t *this, ike_sa_id_t *id,
					  message_t *message)
{
	uint8_t token[MOBILITY_CRASH_TOKEN_LEN];
	notify_payload_t *notify;

	if (make_token(this, id, token))
	{
		notify = notify_payload_create_from_protocol_and_type(PLV2_NOTIFY,
										PROTO_IKE, QUICK_CRASH_DETECTION);
		notify->set_notification_data(notify, chunk_from_thing(token));
		message->add_payload(message, (payload_t*)notify);
	}
}

METHOD(listener_t, message, bool,
	private_mobility_crash_maker_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	ike_sa_id_t *id;

	if (plain && !incoming && ike_sa->get_version(ike_sa) == IKEV2)
	{
		id = get_owed(this, ike_sa, message);
		if (id)
		{
			add_token(this, id, message);
			id->destroy(id);
		}
	}
	return TRUE;
}

/**
 * Check if a message is a request that is protected by an IKE_SA.
 */
static bool is_protected(message_t *message)
{
	payload_type_t type = message->get_first_payload_type(message);
	ike_sa_id_t *id = message->get_ike_sa_id(message);

	return message->get_major_version(message) == IKEV2_MAJOR_VERSION &&
		   message->get_request(message) &&
		   (type == PLV2_ENCRYPTED || type == PLV2_FRAGMENT) &&
		   (message->get_exchange_type(message) == INFORMATIONAL ||
			message->get_exchange_type(message) == CREATE_CHILD_SA) &&
		   id->get_initiator_spi(id) && id->get_responder_spi(id);
}

/**
 * Get a number for where a message is from.
 */
static u_int hash_source(message_t *message)
{
	host_t *source = message->get_source(message);
	chunk_t address = source->get_address(source);

	if (source->get_family(source) == AF_INET6)
	{
		address.len = IPV6_PREFIX;
	}
	return chunk_hash(address);
}

/**
 * Check if a message that asks for an IKE_SA which is not there is answered.  No
 * matter which of the SPIs is said to be ours.  The number of answers since the
 * last line about them is returned if it is time for another one.
 */
static bool may_answer(private_mobility_crash_maker_t *this, message_t *message,
					   u_int *answered)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	uint64_t now = mobility_now();
	bool may;

	*answered = 0;
	this->mutex->lock(this->mutex);
	may = this->state == SECRET_READ &&
		  !find(this, id->get_initiator_spi(id)) &&
		  !find(this, id->get_responder_spi(id)) &&
		  mobility_answer_rate_allow(&this->rate, hash_source(message), now);
	if (may)
	{
		this->answered++;
		if (now >= this->quiet)
		{
			*answered = this->answered;
			this->answered = 0;
			this->quiet = now + LOG_INTERVAL;
		}
	}
	this->mutex->unlock(this->mutex);
	return may;
}

/**
 * Answer a message that asks for an IKE_SA which is not there.
 */
static void answer(private_mobility_crash_maker_t *this, message_t *message)
{
	host_t *source = message->get_source(message);
	host_t *destination = message->get_destination(message);
	uint8_t token[MOBILITY_CRASH_TOKEN_LEN];
	u_int answered;
	chunk_t data;

	if (!is_protected(message) || !is_on(this) ||
		!may_answer(this, message, &answered) ||
		!make_token(this, message->get_ike_sa_id(message), token))
	{
		return;
	}
	if (answered)
	{
		DBG1(DBG_IKE, "mobility: %H asks for an IKE_SA that is not there, sending "
			 "it the token of that (%u since the last line)", source, answered);
	}
	data = mobility_crash_notice_encode(message->get_packet_data(message),
										chunk_from_thing(token));
	charon->sender->send(charon->sender, packet_create_from_data(
							destination->clone(destination),
							source->clone(source), data));
}

METHOD(listener_t, alert, bool,
	private_mobility_crash_maker_t *this, ike_sa_t *ike_sa, alert_t alert,
	va_list args)
{
	if (alert == ALERT_INVALID_IKE_SPI)
	{
		answer(this, va_arg(args, message_t*));
	}
	return TRUE;
}

/**
 * Read the secret if there is one.
 */
static void read_secret(private_mobility_crash_maker_t *this)
{
	if (this->state == SECRET_READ || this->state == SECRET_PENDING ||
		!is_on(this))
	{
		return;
	}
	switch (mobility_crash_secret_open(this->path, &this->secret))
	{
		case SUCCESS:
			this->state = SECRET_READ;
			break;
		case NOT_FOUND:
			this->state = SECRET_NONE;
			break;
		default:
			this->state = SECRET_FAILED;
			break;
	}
}

METHOD(mobility_crash_maker_t, reload, void,
	private_mobility_crash_maker_t *this)
{
	this->mutex->lock(this->mutex);
	read_secret(this);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_crash_maker_t, destroy, void,
	private_mobility_crash_maker_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->public.listener);
	this->live->destroy_function(this->live, (void*)live_destroy);
	if (this->state == SECRET_READ)
	{
		mobility_crash_secret_close(&this->secret);
	}
	this->mutex->destroy(this->mutex);
	free(this->path);
	free(this);
}

/*
 * Described in header.
 */
mobility_crash_maker_t *mobility_crash_maker_create(
												mobility_settings_t *settings,
												const char *path)
{
	private_mobility_crash_maker_t *this;

	INIT(this,
		.public = {
			.listener = {
				.alert = _alert,
				.ike_state_change = _ike_state_change,
				.message = _message,
				.ike_rekey = _ike_rekey,
			},
			.reload = _reload,
			.destroy = _destroy,
		},
		.settings = settings,
		.path = strdup(path),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.live = hashtable_create((hashtable_hash_t)hash_spi,
								 (hashtable_equals_t)equal_spis, 32),
	);
	read_secret(this);
	charon->bus->add_listener(charon->bus, &this->public.listener);
	return &this->public;
}
