/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mock_charon.h"
#include "mobility_suite.h"

#include "net/clock.h"

#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

/** Where fields are in the header of an IKE message (RFC 7296, 3.1) */
#define INITIATOR_SPI_OFFSET 0
#define RESPONDER_SPI_OFFSET 8
#define EXCHANGE_TYPE_OFFSET 18
#define FLAGS_OFFSET 19
#define MESSAGE_ID_OFFSET 20
#define LENGTH_OFFSET 24
#define HEADER_LEN 28

/** Flags: the sender initiated the IKE_SA, it is a response */
#define FLAG_INITIATOR 0x08
#define FLAG_RESPONSE 0x20

/**
 * What was sent
 */
static struct {
	/** replaces charon's */
	sender_t sender;
	/** mock_packet_t* */
	array_t *packets;
	/** all messages, also those forgotten: their headers without the length,
	 * chunk_t* => packet_t* */
	hashtable_t *messages;
	/** number of keepalives */
	u_int keepalives;
	/** locks these */
	mutex_t *mutex;
} sent;

/**
 * Hash a header
 */
static u_int hash_header(const chunk_t *header)
{
	return chunk_hash(*header);
}

/**
 * Compare two headers
 */
static bool equal_headers(const chunk_t *a, const chunk_t *b)
{
	return chunk_equals(*a, *b);
}

/**
 * Whatever is sent under a message ID is sent unchanged (RFC 7296, 2.1), but for
 * IKE_SA_INIT with cookies and the like
 */
static void check_unchanged(packet_t *packet)
{
	chunk_t data = packet->get_data(packet), *header;
	packet_t *before;

	if (data.ptr[EXCHANGE_TYPE_OFFSET] == IKE_SA_INIT)
	{
		return;
	}
	INIT(header);
	*header = chunk_clone(chunk_create(data.ptr, LENGTH_OFFSET));
	before = sent.messages->get(sent.messages, header);
	if (before)
	{
		ck_assert_msg(chunk_equals(before->get_data(before), data),
					  "two messages with one message ID");
		chunk_free(header);
		free(header);
		return;
	}
	sent.messages->put(sent.messages, header, packet->clone(packet));
}

/**
 * Destroy a message that was sent
 */
static void destroy_message(packet_t *packet, chunk_t *header)
{
	packet->destroy(packet);
	chunk_free(header);
	free(header);
}

/**
 * Get the ID of the IKE_SA a packet belongs to
 */
static ike_sa_id_t *get_id(chunk_t data)
{
	uint64_t initiator, responder;

	memcpy(&initiator, data.ptr + INITIATOR_SPI_OFFSET, sizeof(initiator));
	memcpy(&responder, data.ptr + RESPONDER_SPI_OFFSET, sizeof(responder));
	return ike_sa_id_create(IKEV2_MAJOR_VERSION, initiator, responder,
							data.ptr[FLAGS_OFFSET] & FLAG_INITIATOR);
}

METHOD(sender_t, send_, void,
	sender_t *this, packet_t *packet)
{
	chunk_t data = packet->get_data(packet);
	mock_packet_t *copy;
	host_t *host;

	ck_assert(data.len >= HEADER_LEN);
	INIT(copy,
		.id = get_id(data),
		.type = data.ptr[EXCHANGE_TYPE_OFFSET],
		.mid = untoh32(data.ptr + MESSAGE_ID_OFFSET),
		.request = !(data.ptr[FLAGS_OFFSET] & FLAG_RESPONSE),
		.len = data.len,
		.time = mobility_now(),
	);
	host = packet->get_source(packet);
	copy->source = host->clone(host);
	host = packet->get_destination(packet);
	copy->destination = host->clone(host);
	sent.mutex->lock(sent.mutex);
	check_unchanged(packet);
	packet->destroy(packet);
	array_insert(sent.packets, ARRAY_TAIL, copy);
	sent.mutex->unlock(sent.mutex);
}

METHOD(sender_t, send_no_marker, void,
	sender_t *this, packet_t *packet)
{
	sent.mutex->lock(sent.mutex);
	sent.keepalives++;
	sent.mutex->unlock(sent.mutex);
	packet->destroy(packet);
}

/*
 * Described in header
 */
u_int mock_charon_keepalives(void)
{
	u_int count;

	sent.mutex->lock(sent.mutex);
	count = sent.keepalives;
	sent.keepalives = 0;
	sent.mutex->unlock(sent.mutex);
	return count;
}

/*
 * Described in header
 */
u_int mock_charon_count(void)
{
	u_int count;

	sent.mutex->lock(sent.mutex);
	count = array_count(sent.packets);
	sent.mutex->unlock(sent.mutex);
	return count;
}

/*
 * Described in header
 */
const mock_packet_t *mock_charon_get(int index)
{
	mock_packet_t *packet = NULL;

	sent.mutex->lock(sent.mutex);
	ck_assert(array_get(sent.packets, index < 0 ?
						array_count(sent.packets) + index : index, &packet));
	sent.mutex->unlock(sent.mutex);
	return packet;
}

/*
 * Described in header
 */
const char *mock_charon_sources(void)
{
	static char buf[4096];
	size_t len = 0;
	u_int i;

	buf[0] = '\0';
	for (i = 0; i < mock_charon_count(); i++)
	{
		len += snprintf(buf + len, sizeof(buf) - len, "%H ",
						mock_charon_get(i)->source);
		ck_assert(len < sizeof(buf));
	}
	return buf;
}

/*
 * Described in header
 */
void mock_charon_forget(void)
{
	mock_packet_t *packet;

	sent.mutex->lock(sent.mutex);
	while (array_remove(sent.packets, ARRAY_TAIL, &packet))
	{
		packet->source->destroy(packet->source);
		packet->destination->destroy(packet->destination);
		packet->id->destroy(packet->id);
		free(packet);
	}
	sent.mutex->unlock(sent.mutex);
}

METHOD(hasher_t, get_hash, bool,
	hasher_t *this, chunk_t data, uint8_t *hash)
{
	uint32_t value = chunk_hash_static(data);

	if (hash)
	{	/* nobody asks for what is hashed in parts */
		memset(hash, 0, HASH_SIZE_SHA1);
		memcpy(hash, &value, sizeof(value));
	}
	return TRUE;
}

METHOD(hasher_t, allocate_hash, bool,
	hasher_t *this, chunk_t data, chunk_t *hash)
{
	*hash = chunk_alloc(HASH_SIZE_SHA1);
	return _get_hash(this, data, hash->ptr);
}

METHOD(hasher_t, get_hash_size, size_t,
	hasher_t *this)
{
	return HASH_SIZE_SHA1;
}

/**
 * Creates what passes for SHA1, used to detect NATs and repeated requests
 */
static hasher_t *create_hasher(hash_algorithm_t algorithm)
{
	hasher_t *this;

	INIT(this,
		.get_hash = _get_hash,
		.allocate_hash = _allocate_hash,
		.get_hash_size = _get_hash_size,
		.reset = (void*)return_true,
		.destroy = (void*)free,
	);
	return this;
}

METHOD(rng_t, get_bytes, bool,
	rng_t *this, size_t len, uint8_t *buffer)
{
	while (len--)
	{
		*buffer++ = random();
	}
	return TRUE;
}

METHOD(rng_t, allocate_bytes, bool,
	rng_t *this, size_t len, chunk_t *chunk)
{
	*chunk = chunk_alloc(len);
	return _get_bytes(this, len, chunk->ptr);
}

/*
 * Described in header
 */
rng_t *mock_charon_create_rng(rng_quality_t quality)
{
	rng_t *this;

	INIT(this,
		.get_bytes = _get_bytes,
		.allocate_bytes = _allocate_bytes,
		.destroy = (void*)free,
	);
	return this;
}

METHOD(bus_t, log_, void,
	bus_t *this, debug_t group, level_t level, char *format, ...)
{
	char message[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	dbg(group, level, "%s", message);
}

/*
 * Described in header
 */
void mock_charon_setup(const char *conf)
{
	typeof(dbg) logger;

	mobility_suite_setup_conf(conf);
	logger = dbg;
	ck_assert(libcharon_init());
	/* charon's bus would write to its loggers, of which there are none */
	dbg = logger;
	charon->bus->log = _log_;
	lib->crypto->add_hasher(lib->crypto, HASH_SHA1, "mock", create_hasher);
	lib->crypto->add_rng(lib->crypto, RNG_WEAK, "mock",
						 mock_charon_create_rng);
	sent.packets = array_create(0, 0);
	sent.messages = hashtable_create((hashtable_hash_t)hash_header,
									 (hashtable_equals_t)equal_headers, 32);
	sent.keepalives = 0;
	sent.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	sent.sender = (sender_t){
		.send = _send_,
		.send_no_marker = _send_no_marker,
		.flush = (void*)nop,
	};
	charon->sender = &sent.sender;
	charon->child_sa_manager = child_sa_manager_create();
	charon->ike_sa_manager = ike_sa_manager_create();
}

/*
 * Described in header
 */
void mock_charon_teardown(void)
{
	ike_sa_manager_t *ike_sas = charon->ike_sa_manager;
	child_sa_manager_t *child_sas = charon->child_sa_manager;

	ike_sas->flush(ike_sas);
	ike_sas->destroy(ike_sas);
	child_sas->destroy(child_sas);
	charon->ike_sa_manager = NULL;
	charon->child_sa_manager = NULL;
	charon->sender = NULL;
	lib->crypto->remove_hasher(lib->crypto, create_hasher);
	lib->crypto->remove_rng(lib->crypto, mock_charon_create_rng);
	libcharon_deinit();
	mock_charon_forget();
	array_destroy(sent.packets);
	sent.messages->destroy_function(sent.messages, (void*)destroy_message);
	sent.mutex->destroy(sent.mutex);
	mobility_suite_teardown();
}
