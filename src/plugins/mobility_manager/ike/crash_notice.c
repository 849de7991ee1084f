/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/crash_notice.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <encoding/payloads/ike_header.h>
#include <encoding/payloads/notify_payload.h>

/** Version, and flags, in a header (RFC 7296, 3.1). */
#define IKE_VERSION (IKEV2_MAJOR_VERSION << 4 | IKEV2_MINOR_VERSION)
#define FLAG_INITIATOR 0x08
#define FLAG_RESPONSE 0x20

/** Length of the generic header of a payload, and what a notify has behind it. */
#define GENERIC_LEN 4
#define NOTIFY_LEN 4

/**
 * Fields of a header.
 */
typedef struct {
	chunk_t initiator_spi, responder_spi, mid;
	uint8_t next, version, exchange, flags;
	uint32_t length;
} header_t;

/**
 * Read a header.
 */
static bool read_header(bio_reader_t *reader, header_t *header)
{
	return reader->read_data(reader, sizeof(uint64_t),
							 &header->initiator_spi) &&
		   reader->read_data(reader, sizeof(uint64_t),
							 &header->responder_spi) &&
		   reader->read_uint8(reader, &header->next) &&
		   reader->read_uint8(reader, &header->version) &&
		   reader->read_uint8(reader, &header->exchange) &&
		   reader->read_uint8(reader, &header->flags) &&
		   reader->read_data(reader, sizeof(uint32_t), &header->mid) &&
		   reader->read_uint32(reader, &header->length);
}

/*
 * Described in header.
 */
bool mobility_crash_token_valid(chunk_t token)
{
	return token.len >= MOBILITY_CRASH_TOKEN_LEN &&
		   token.len <= MOBILITY_CRASH_TOKEN_MAX;
}

/**
 * Read a notify.  Returns TRUE if it says that the IKE_SA is not there.
 */
static bool read_notify(chunk_t body, mobility_crash_notice_t *notice)
{
	bio_reader_t *reader = bio_reader_create(body);
	uint8_t protocol, spi_size;
	uint16_t type = 0;
	chunk_t token;

	if (!reader->read_uint8(reader, &protocol) ||
		!reader->read_uint8(reader, &spi_size) ||
		!reader->read_uint16(reader, &type) || spi_size)
	{
		type = 0;
	}
	token = reader->peek(reader);
	reader->destroy(reader);
	if (type == QUICK_CRASH_DETECTION && mobility_crash_token_valid(token) &&
		notice->count < MOBILITY_CRASH_TOKENS)
	{
		notice->tokens[notice->count++] = token;
	}
	return type == INVALID_IKE_SPI;
}

/**
 * Read all payloads.  Returns TRUE if one says that the IKE_SA is not there, and
 * all are whole and not protected.
 */
static bool read_payloads(bio_reader_t *reader, uint8_t type,
						  mobility_crash_notice_t *notice)
{
	bool invalid = FALSE;
	uint8_t next, flags;
	uint16_t length;
	chunk_t body;

	for (; type != PL_NONE; type = next)
	{
		if (type == PLV2_ENCRYPTED || type == PLV2_FRAGMENT ||
			!reader->read_uint8(reader, &next) ||
			!reader->read_uint8(reader, &flags) ||
			!reader->read_uint16(reader, &length) || length < GENERIC_LEN ||
			!reader->read_data(reader, length - GENERIC_LEN, &body))
		{
			return FALSE;
		}
		if (type == PLV2_NOTIFY && read_notify(body, notice))
		{
			invalid = TRUE;
		}
	}
	return invalid;
}

/*
 * Described in header.
 */
bool mobility_crash_notice_parse(chunk_t data, mobility_crash_notice_t *notice)
{
	bio_reader_t *reader = bio_reader_create(data);
	header_t header;
	bool valid;

	*notice = (mobility_crash_notice_t){};
	valid = read_header(reader, &header) && header.length == data.len &&
			header.version >> 4 == IKEV2_MAJOR_VERSION &&
			header.exchange != IKE_SA_INIT &&
			read_payloads(reader, header.next, notice) && notice->count;
	reader->destroy(reader);
	return valid;
}

/**
 * Write a notify about an IKE_SA.
 */
static void write_notify(bio_writer_t *writer, uint8_t next, uint16_t type,
						 chunk_t data)
{
	writer->write_uint8(writer, next);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, GENERIC_LEN + NOTIFY_LEN + data.len);
	writer->write_uint8(writer, PROTO_IKE);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, type);
	writer->write_data(writer, data);
}

/*
 * Described in header.
 */
chunk_t mobility_crash_notice_encode(chunk_t request, chunk_t token)
{
	bio_reader_t *reader = bio_reader_create(request);
	bio_writer_t *writer = bio_writer_create(0);
	header_t header = {};
	chunk_t message;

	read_header(reader, &header);
	/* all but the flags is that of the request (RFC 7296, 1.5) */
	writer->write_data(writer, header.initiator_spi);
	writer->write_data(writer, header.responder_spi);
	writer->write_uint8(writer, PLV2_NOTIFY);
	writer->write_uint8(writer, IKE_VERSION);
	writer->write_uint8(writer, header.exchange);
	writer->write_uint8(writer, FLAG_RESPONSE |
						((header.flags & FLAG_INITIATOR) ^ FLAG_INITIATOR));
	writer->write_data(writer, header.mid);
	writer->write_uint32(writer, IKE_HEADER_LENGTH + token.len +
						 2 * (GENERIC_LEN + NOTIFY_LEN));
	write_notify(writer, PLV2_NOTIFY, INVALID_IKE_SPI, chunk_empty);
	write_notify(writer, PL_NONE, QUICK_CRASH_DETECTION, token);
	message = writer->extract_buf(writer);
	writer->destroy(writer);
	reader->destroy(reader);
	return message;
}
