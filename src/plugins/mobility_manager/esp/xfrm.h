/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm mobility_xfrm
 * @{ @ingroup mobility_manager
 *
 * Requests to the kernel about its IPsec SAs, one after the other, and what
 * its messages about them say.
 */

#ifndef MOBILITY_XFRM_H_
#define MOBILITY_XFRM_H_

#include "net/netlink.h"
#include "net/nlsocket.h"

#include <ipsec/ipsec_types.h>

typedef struct mobility_xfrm_t mobility_xfrm_t;
typedef struct mobility_sa_id_t mobility_sa_id_t;
typedef struct mobility_sa_t mobility_sa_t;

/** Words in the largest replay window the kernel takes (4096 packets) */
#define MOBILITY_XFRM_BITMAP 128

/** ms between events of SAs whose events nobody wants.  For ever is not possible,
 * as the kernel has an event for each packet then */
#define MOBILITY_XFRM_RARELY (24 * 60 * 60 * 1000)

/** Highest threshold, in packets, that an SA has whose events somebody wants, or
 * has ended; the kernel's own is 2 */
#define MOBILITY_XFRM_WANTED 1

/**
 * What the kernel finds an SA by. The interface ID is none of it.
 */
struct mobility_sa_id_t {
	/** destination address, our own for inbound SAs */
	mobility_ip_t dst;
	/** IPPROTO_ESP or IPPROTO_AH */
	uint8_t proto;
	/** SPI in network order */
	uint32_t spi;
	/** mark, all zero if there is none */
	mark_t mark;
};

/**
 * Counters and replay state of an SA, which has nothing in it for the other
 * direction.
 */
struct mobility_sa_t {
	/** destination address, protocol, SPI and mark */
	mobility_sa_id_t id;
	/** source address */
	mobility_ip_t src;
	/** interface ID, 0 if there is none */
	uint32_t if_id;
	/** what the message is about, XFRM_AE_CU if somebody set something */
	uint32_t flags;
	/** bytes and packets so far. A packet that is just leaving is in oseq
	 * already but not yet in here */
	uint64_t bytes;
	uint64_t packets;
	/** seconds since 1970, use_time is 0 before the first packet */
	uint64_t add_time;
	uint64_t use_time;
	/** sequence number of the last packet that left */
	uint64_t oseq;
	/** highest sequence number that came in, 0 without replay protection */
	uint64_t seq;
	/** packets after which there is an event, 0 in an event itself */
	uint32_t threshold;
	/** the state is a XFRMA_REPLAY_ESN_VAL, which says how large the window
	 * is, not a XFRMA_REPLAY_VAL */
	bool esn;
	/** size of the replay window in packets, if esn */
	uint32_t window;
	/** replay window as the kernel has it, and the number of words in it */
	uint32_t bitmap[MOBILITY_XFRM_BITMAP];
	u_int words;
};

/**
 * Socket for requests.  Methods may be called from any thread, but not with a
 * lock held that listeners of charon's bus take, see mobility_nlsocket_t.  What
 * went wrong is said in words by mobility_nlsocket_strerror().
 */
struct mobility_xfrm_t {

	/**
	 * Send a request and wait until the kernel acknowledges it.
	 *
	 * @param nlh		request, flags for the acknowledgement are added
	 * @param cb		called for each message of the answer, may be NULL
	 * @param data		user data for cb
	 * @return			0, or errno of what failed
	 */
	int (*request)(mobility_xfrm_t *this, struct nlmsghdr *nlh,
				   mobility_nlsocket_cb_t cb, void *data);

	/**
	 * Get counters and replay state of an SA. Keys are not read.
	 *
	 * @param id		SA
	 * @param sa		what the kernel knows, set on success only
	 * @return			0, or errno; ESRCH if there is no such SA
	 */
	int (*get_sa)(mobility_xfrm_t *this, const mobility_sa_id_t *id,
				  mobility_sa_t *sa);

	/**
	 * Set when the kernel sends an event about an SA to XFRMNLGRP_AEVENTS.
	 * This itself is an event there, with XFRM_AE_CU.
	 *
	 * With seq = 0 the kernel sends one as soon as the age is over, if a packet
	 * came or left since the last event, and then with the next packet. This
	 * needs a first event: the kernel counts the age from the last one.
	 *
	 * @param id		SA
	 * @param seq		number of packets, 0 to not count any
	 * @param age		ms since the last event
	 * @return			0, or errno; ESRCH if there is no such SA
	 */
	int (*set_thresholds)(mobility_xfrm_t *this, const mobility_sa_id_t *id,
						  uint32_t seq, uint32_t age);

	/**
	 * Destroy a mobility_xfrm_t.
	 */
	void (*destroy)(mobility_xfrm_t *this);
};

/**
 * Open a socket for requests.
 *
 * @return				instance, NULL if the kernel has no IPsec (logged)
 */
mobility_xfrm_t *mobility_xfrm_create();

/**
 * Create the ID of an SA, with all bytes that are not used zero.
 *
 * @param dst			destination address
 * @param proto			IPPROTO_ESP or IPPROTO_AH
 * @param spi			SPI in network order
 * @param mark			mark, with mask 0 if there is none
 * @return				ID
 */
mobility_sa_id_t mobility_sa_id_create(host_t *dst, uint8_t proto,
									   uint32_t spi, mark_t mark);

/**
 * Compare the IDs of two SAs.
 *
 * @param a				first ID
 * @param b				second ID
 * @return				TRUE if equal
 */
bool mobility_sa_id_equals(const mobility_sa_id_t *a,
						   const mobility_sa_id_t *b);

/**
 * Start a request about the counters and replay state of an SA.
 *
 * @param buf			buffer for it
 * @param type			XFRM_MSG_GETAE or XFRM_MSG_NEWAE
 * @param id			ID of the SA
 * @param flags			what it is about, XFRM_AE_*
 * @return				message
 */
struct nlmsghdr *mobility_xfrm_put_ae(void *buf, uint16_t type,
									  const mobility_sa_id_t *id,
									  uint32_t flags);

/**
 * Read an event, or an answer to XFRM_MSG_GETAE.
 *
 * @param nlh			message
 * @param sa			counters and replay state, set on success only
 * @return				FALSE if the message is not one, or is damaged
 */
bool mobility_xfrm_parse(const struct nlmsghdr *nlh, mobility_sa_t *sa);

#endif /** MOBILITY_XFRM_H_ @}*/
