/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mock_ike.h"
#include "mobility_suite.h"

#include "compat.h"

#include <daemon.h>

/** Message ID of the first request after IKE_SA_INIT and IKE_AUTH */
#define FIRST_MESSAGE_ID 2

/*
 * Described in header
 */
mock_cipher_t mock_cipher = MOCK_CIPHER;

/**
 * Create the config of a connection
 */
static peer_cfg_t *create_peer_cfg(const mock_ike_conf_t *conf)
{
	ike_cfg_create_t ike = {
		.version = IKEV2,
		.local = "%any",
		.local_port = IKEV2_UDP_PORT,
		.remote = conf->remote ?: "192.0.2.1",
		.remote_port = IKEV2_UDP_PORT,
		/* if the peer supports it */
		.fragmentation = FRAGMENTATION_YES,
	};
	peer_cfg_create_t peer = {
		.cert_policy = CERT_NEVER_SEND,
		.unique = UNIQUE_NO,
		.keyingtries = 1,
		.rekey_time = conf->rekey_time,
		.reauth_time = conf->reauth_time,
		.over_time = conf->over_time,
		.dpd = conf->dpd,
	};

	if (conf->no_mobike)
	{
		mobility_compat_no_mobike(&peer);
	}
	return peer_cfg_create(conf->name ?: "home", ike_cfg_create(&ike), &peer);
}

METHOD(aead_t, encrypt, bool,
	aead_t *this, chunk_t plain, chunk_t assoc, chunk_t iv, chunk_t *encrypted)
{
	memset(plain.ptr + plain.len, 0, mock_cipher.icv);
	return !mock_cipher.fails;
}

METHOD(iv_gen_t, get_iv, bool,
	iv_gen_t *this, uint64_t seq, size_t size, uint8_t *buffer)
{
	memset(buffer, 0, size);
	memcpy(buffer, &seq, min(size, sizeof(seq)));
	return TRUE;
}

METHOD(aead_t, get_block_size, size_t,
	aead_t *this)
{
	return mock_cipher.block;
}

METHOD(aead_t, get_icv_size, size_t,
	aead_t *this)
{
	return mock_cipher.icv;
}

METHOD(aead_t, get_iv_size, size_t,
	aead_t *this)
{
	return mock_cipher.iv;
}

METHOD(aead_t, get_iv_gen, iv_gen_t*,
	aead_t *this)
{
	static __thread iv_gen_t iv_gen;

	iv_gen.get_iv = _get_iv;
	return &iv_gen;
}

METHOD(keymat_t, get_aead, aead_t*,
	keymat_t *this, bool in)
{
	static __thread aead_t aead;

	aead = (aead_t){
		.encrypt = _encrypt,
		.get_block_size = _get_block_size,
		.get_icv_size = _get_icv_size,
		.get_iv_size = _get_iv_size,
		.get_iv_gen = _get_iv_gen,
	};
	return mock_cipher.missing ? NULL : &aead;
}

/*
 * Described in header
 */
ike_sa_t *mock_ike_create_new(bool initiator)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	keymat_t *keymat;

	ike_sa = manager->create_new(manager, IKEV2, initiator);
	ck_assert(ike_sa);
	keymat = ike_sa->get_keymat(ike_sa);
	keymat->get_aead = _get_aead;
	id = ike_sa->get_id(ike_sa);
	if (initiator)
	{
		id->set_responder_spi(id, id->get_initiator_spi(id) + 1);
	}
	else
	{
		id->set_initiator_spi(id, id->get_responder_spi(id) + 1);
	}
	ike_sa->set_message_id(ike_sa, TRUE, initiator ? FIRST_MESSAGE_ID : 0);
	ike_sa->set_message_id(ike_sa, FALSE, initiator ? 0 : FIRST_MESSAGE_ID);
	ike_sa->set_condition(ike_sa, COND_ORIGINAL_INITIATOR, initiator);
	manager->checkout_new(manager, ike_sa);
	return ike_sa;
}

/*
 * Described in header
 */
ike_sa_id_t *mock_ike_create(const mock_ike_conf_t *conf)
{
	static const mock_ike_conf_t defaults = {};
	peer_cfg_t *peer_cfg;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	conf = conf ?: &defaults;
	ike_sa = mock_ike_create_new(!conf->responder);
	peer_cfg = create_peer_cfg(conf);
	ike_sa->set_peer_cfg(ike_sa, peer_cfg);
	peer_cfg->destroy(peer_cfg);
	ike_sa->set_my_host(ike_sa, host_create_from_string(
									conf->local ?: "10.0.0.2",
									IKEV2_NATT_PORT));
	ike_sa->set_other_host(ike_sa, host_create_from_string(
									conf->remote ?: "192.0.2.1",
									IKEV2_NATT_PORT));
	ike_sa->add_peer_address(ike_sa, host_create_from_string(
									conf->remote ?: "192.0.2.1", 0));
	if (!conf->no_mobike)
	{
		ike_sa->enable_extension(ike_sa, EXT_MOBIKE);
	}
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
	id = ike_sa->get_id(ike_sa);
	id = id->clone(id);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	return id;
}

/*
 * Described in header
 */
ike_sa_t *mock_ike_create_successor(ike_sa_t *old)
{
	ike_sa_id_t *id = old->get_id(old);
	ike_sa_t *ike_sa;

	ike_sa = mock_ike_create_new(id->is_initiator(id));
	ike_sa->set_message_id(ike_sa, TRUE, 0);
	ike_sa->set_message_id(ike_sa, FALSE, 0);
	ike_sa->set_peer_cfg(ike_sa, old->get_peer_cfg(old));
	ike_sa->inherit_pre(ike_sa, old);
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	ike_sa->inherit_post(ike_sa, old);
	/* the thread has this one checked out as well */
	charon->bus->set_sa(charon->bus, old);
	return ike_sa;
}

METHOD(message_t, parse_body, status_t,
	message_t *this, keymat_t *keymat)
{
	return SUCCESS;
}

/*
 * Described in header
 */
message_t *mock_ike_message(ike_sa_id_t *id, bool request,
							exchange_type_t type, uint32_t mid,
							const char *local, const char *remote)
{
	message_t *message;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_ike_sa_id(message, id);
	message->set_request(message, request);
	message->set_exchange_type(message, type);
	message->set_message_id(message, mid);
	message->set_source(message, host_create_from_string((char*)remote,
														 IKEV2_NATT_PORT));
	message->set_destination(message, host_create_from_string((char*)local,
														 IKEV2_NATT_PORT));
	/* payloads need not be decrypted, they are there */
	message->parse_body = _parse_body;
	return message;
}

/*
 * Described in header
 */
void mock_ike_checkin(ike_sa_t *ike_sa, status_t status)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	if (status == DESTROY_ME)
	{
		manager->checkin_and_destroy(manager, ike_sa);
	}
	else
	{
		manager->checkin(manager, ike_sa);
	}
}

/*
 * Described in header
 */
void mock_ike_add_natd(message_t *message, char *mapped)
{
	host_t *hosts[] = {
		message->get_source(message), host_create_from_string(mapped, 0),
	};
	notify_type_t types[] = {
		NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP,
	};
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	uint64_t spis[] = { id->get_initiator_spi(id), id->get_responder_spi(id) };
	uint16_t port = htons(IKEV2_NATT_PORT);
	hasher_t *hasher;
	chunk_t data, hash;
	int i;

	hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA1);
	for (i = 0; i < countof(types); i++)
	{
		data = chunk_cat("ccc", chunk_from_thing(spis),
						 hosts[i]->get_address(hosts[i]),
						 chunk_from_thing(port));
		ck_assert(hasher->allocate_hash(hasher, data, &hash));
		message->add_notify(message, FALSE, types[i], hash);
		chunk_free(&hash);
		chunk_free(&data);
	}
	hasher->destroy(hasher);
	hosts[1]->destroy(hosts[1]);
}

/*
 * Described in header
 */
status_t mock_ike_receive(message_t *message)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;
	status_t status;

	ike_sa = manager->checkout(manager, message->get_ike_sa_id(message));
	if (!ike_sa)
	{
		message->destroy(message);
		return NOT_FOUND;
	}
	status = ike_sa->process_message(ike_sa, message);
	message->destroy(message);
	mock_ike_checkin(ike_sa, status);
	return status;
}

/**
 * A task
 */
typedef struct {
	/** implements task_t, and what is asked of those that create a CHILD_SA */
	child_create_t public;
	/** IKE_SA */
	ike_sa_t *ike_sa;
	/** what it passes for */
	task_type_t type;
	/** called with the response */
	mock_task_cb_t cb;
	/** user data for cb */
	void *data;
} mock_task_t;

METHOD(task_t, build, status_t,
	mock_task_t *this, message_t *message)
{
	switch (this->type)
	{
		case TASK_IKE_DELETE:
			this->ike_sa->set_state(this->ike_sa, IKE_DELETING);
			break;
		case TASK_IKE_REKEY:
			this->ike_sa->set_state(this->ike_sa, IKE_REKEYING);
			break;
		default:
			break;
	}
	return NEED_MORE;
}

METHOD(task_t, process, status_t,
	mock_task_t *this, message_t *message)
{
	return this->cb ? this->cb(this->data, this->ike_sa, message) : SUCCESS;
}

METHOD(task_t, get_type, task_type_t,
	mock_task_t *this)
{
	return this->type;
}

METHOD(task_t, migrate, void,
	mock_task_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
}

METHOD(task_t, destroy, void,
	mock_task_t *this)
{
	free(this);
}

/*
 * Described in header
 */
task_t *mock_task_create(ike_sa_t *ike_sa, task_type_t type, mock_task_cb_t cb,
						 void *data)
{
	mock_task_t *this;

	INIT(this,
		.public = {
			.task = {
				.build = _build,
				.process = _process,
				.get_type = _get_type,
				.migrate = _migrate,
				.destroy = _destroy,
			},
			.get_child = (void*)return_null,
		},
		.ike_sa = ike_sa,
		.type = type,
		.cb = cb,
		.data = data,
	);
	return &this->public.task;
}
