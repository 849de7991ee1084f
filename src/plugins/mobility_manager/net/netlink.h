/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_netlink mobility_netlink
 * @{ @ingroup mobility_manager
 *
 * What all readers of rtnetlink messages need: attributes, read with their
 * lengths checked, and IP addresses as plain values.
 */

#ifndef MOBILITY_NETLINK_H_
#define MOBILITY_NETLINK_H_

#include <libmnl/libmnl.h>

#include <networking/host.h>

typedef struct mobility_ip_t mobility_ip_t;
typedef struct mobility_net_t mobility_net_t;

/**
 * An IP address as a value that can be hashed and compared as a whole.
 */
struct mobility_ip_t {
	/** AF_INET, AF_INET6 or AF_UNSPEC if there is none */
	uint8_t family;
	/** address in network order, bytes that are not used are zero */
	uint8_t bytes[16];
};

/**
 * A network, with no padding as it is compared as a whole.
 */
struct mobility_net_t {
	/** address, the bits that are not in the prefix are zero */
	mobility_ip_t net;
	/** length of the prefix */
	uint8_t prefix;
};

/**
 * Check if there is a message, and all of it; mnl_nlmsg_ok() takes the length
 * that it claims for signed.
 *
 * @param nlh		where it is
 * @param left		length of what was received from there on
 * @return			TRUE if there is a message
 */
bool mobility_netlink_ok(const struct nlmsghdr *nlh, int left);

/**
 * Enumerate the attributes that follow the header of a message, which has to
 * be long enough for the header.  mnl_attr_for_each() takes the message for as
 * long as it would be with padding.
 *
 * @param attr		gets each attribute, has to be called attr
 * @param nlh		message
 * @param header	size of the header behind the netlink header
 */
#define mobility_netlink_for_each(attr, nlh, header) \
	mnl_attr_for_each_payload(mnl_nlmsg_get_payload_offset(nlh, header), \
				(nlh)->nlmsg_len - MNL_NLMSG_HDRLEN - MNL_ALIGN(header))

/**
 * Collect the attributes that follow the header of a message.
 *
 * @param nlh		message
 * @param header	size of the header behind the netlink header
 * @param tb		gets the attributes by type, NULL for those not there
 * @param max		highest type to collect, tb has one more element
 * @return			FALSE if the message is too short for the header
 */
bool mobility_netlink_parse(const struct nlmsghdr *nlh, size_t header,
							const struct nlattr *tb[], u_int max);

/**
 * Collect the attributes in a plain piece of memory.
 *
 * @param data		first attribute, NULL if there are none
 * @param len		length of all of them
 * @param tb		gets the attributes by type, NULL for those not there
 * @param max		highest type to collect, tb has one more element
 */
void mobility_netlink_parse_data(const void *data, size_t len,
								 const struct nlattr *tb[], u_int max);

/**
 * Read a number from an attribute.
 *
 * @param attr		attribute, may be NULL
 * @param value		set only if the attribute is there, with the right length
 * @return			TRUE if set
 */
bool mobility_netlink_get_u32(const struct nlattr *attr, uint32_t *value);

/**
 * Read a byte from an attribute.
 *
 * @param attr		attribute, may be NULL
 * @param value		set only if the attribute is there, with the right length
 * @return			TRUE if set
 */
bool mobility_netlink_get_u8(const struct nlattr *attr, uint8_t *value);

/**
 * Read a string from an attribute, one that does not fit is refused.
 *
 * @param attr		attribute, may be NULL
 * @param buf		set only if the attribute is there and fits
 * @param len		size of buf
 * @return			TRUE if set
 */
bool mobility_netlink_get_str(const struct nlattr *attr, char *buf, size_t len);

/**
 * Read an address from an attribute.
 *
 * @param attr		attribute, may be NULL
 * @param family	AF_INET or AF_INET6
 * @param ip		address, set only if the attribute is there, with the right
 *					length
 * @return			TRUE if set
 */
bool mobility_netlink_get_ip(const struct nlattr *attr, int family,
							 mobility_ip_t *ip);

/**
 * Get the address of a host.
 *
 * @param host		host, may be NULL
 * @return			address, of AF_UNSPEC if host is NULL or of another family
 */
mobility_ip_t mobility_ip_from_host(host_t *host);

/**
 * Create a host with an address.
 *
 * @param ip		address
 * @return			host, NULL if there is no address
 */
host_t *mobility_ip_to_host(const mobility_ip_t *ip);

/**
 * Get the length of an address.
 *
 * @param ip		address
 * @return			number of bits, 0 if there is no address
 */
u_int mobility_ip_bits(const mobility_ip_t *ip);

/**
 * Check if there is an address that is not the unspecified one.
 *
 * @param ip		address
 * @return			TRUE if it is an address
 */
bool mobility_ip_is_set(const mobility_ip_t *ip);

/**
 * Compare two addresses.
 *
 * @param a			first address
 * @param b			second address
 * @return			TRUE if equal
 */
bool mobility_ip_equals(const mobility_ip_t *a, const mobility_ip_t *b);

/**
 * Get the number of leading bits two addresses have in common.
 *
 * @param a			first address
 * @param b			second address
 * @return			number of bits, 0 if the families differ
 */
u_int mobility_ip_common(const mobility_ip_t *a, const mobility_ip_t *b);

/**
 * Check if an address is in a subnet.
 *
 * @param ip		address
 * @param net		subnet
 * @param prefix	prefix length of the subnet
 * @return			TRUE if it is, FALSE if not or the families differ
 */
bool mobility_ip_in(const mobility_ip_t *ip, const mobility_ip_t *net,
					u_int prefix);

/**
 * Reduce an address to its prefix.
 *
 * @param ip		address
 * @param prefix	prefix length
 * @return			address with all other bits zero
 */
mobility_ip_t mobility_ip_mask(const mobility_ip_t *ip, u_int prefix);

/**
 * Check if an address is of use on one link only (fe80::/10, 169.254.0.0/16).
 *
 * @param ip		address
 * @return			TRUE if link-local
 */
bool mobility_ip_is_linklocal(const mobility_ip_t *ip);

/**
 * Check if a peer may be at an address: no unspecified, loopback, link-local,
 * multicast, broadcast or reserved one, and none that stands for an IPv4 address
 * (RFC 6890).
 *
 * @param ip		address
 * @return			FALSE if nobody else can be there
 */
bool mobility_ip_is_reachable(const mobility_ip_t *ip);

/**
 * Check if an address is a multicast address.
 *
 * @param ip		address
 * @return			TRUE if multicast
 */
bool mobility_ip_is_multicast(const mobility_ip_t *ip);

#endif /** MOBILITY_NETLINK_H_ @}*/
