/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/netlink.h"

/*
 * Described in header.
 */
bool mobility_netlink_ok(const struct nlmsghdr *nlh, int left)
{
	return mnl_nlmsg_ok(nlh, left) && nlh->nlmsg_len <= (uint32_t)left;
}

/*
 * Described in header.
 */
void mobility_netlink_parse_data(const void *data, size_t len,
								 const struct nlattr *tb[], u_int max)
{
	const struct nlattr *attr;
	uint16_t type;

	memset(tb, 0, sizeof(*tb) * (max + 1));
	if (!data)
	{	/* nothing may be added to NULL, not even zero */
		return;
	}
	mnl_attr_for_each_payload(data, len)
	{
		type = mnl_attr_get_type(attr);
		if (type <= max)
		{
			tb[type] = attr;
		}
	}
}

/*
 * Described in header.
 */
bool mobility_netlink_parse(const struct nlmsghdr *nlh, size_t header,
							const struct nlattr *tb[], u_int max)
{
	header = MNL_ALIGN(header);
	if (nlh->nlmsg_len < MNL_NLMSG_HDRLEN + header)
	{
		return FALSE;
	}
	mobility_netlink_parse_data(mnl_nlmsg_get_payload_offset(nlh, header),
								nlh->nlmsg_len - MNL_NLMSG_HDRLEN - header,
								tb, max);
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_netlink_get_u32(const struct nlattr *attr, uint32_t *value)
{
	if (attr && mnl_attr_get_payload_len(attr) == sizeof(*value))
	{
		memcpy(value, mnl_attr_get_payload(attr), sizeof(*value));
		return TRUE;
	}
	return FALSE;
}

/*
 * Described in header.
 */
bool mobility_netlink_get_u8(const struct nlattr *attr, uint8_t *value)
{
	if (attr && mnl_attr_get_payload_len(attr) == sizeof(*value))
	{
		memcpy(value, mnl_attr_get_payload(attr), sizeof(*value));
		return TRUE;
	}
	return FALSE;
}

/*
 * Described in header.
 */
bool mobility_netlink_get_str(const struct nlattr *attr, char *buf, size_t len)
{
	size_t slen;

	if (attr)
	{
		slen = strnlen(mnl_attr_get_payload(attr),
					   mnl_attr_get_payload_len(attr));
		if (slen < len)
		{
			memset(buf, 0, len);
			memcpy(buf, mnl_attr_get_payload(attr), slen);
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
bool mobility_netlink_get_ip(const struct nlattr *attr, int family,
							 mobility_ip_t *ip)
{
	mobility_ip_t parsed = {
		.family = family,
	};
	size_t len;

	len = mobility_ip_bits(&parsed) / 8;
	if (attr && len && mnl_attr_get_payload_len(attr) == len)
	{
		memcpy(parsed.bytes, mnl_attr_get_payload(attr), len);
		*ip = parsed;
		return TRUE;
	}
	return FALSE;
}

/*
 * Described in header.
 */
mobility_ip_t mobility_ip_from_host(host_t *host)
{
	mobility_ip_t ip = {};
	chunk_t addr;

	if (host)
	{
		ip.family = host->get_family(host);
		addr = host->get_address(host);
		if (mobility_ip_bits(&ip) != addr.len * 8)
		{
			ip.family = AF_UNSPEC;
		}
		else
		{
			memcpy(ip.bytes, addr.ptr, addr.len);
		}
	}
	return ip;
}

/*
 * Described in header.
 */
host_t *mobility_ip_to_host(const mobility_ip_t *ip)
{
	chunk_t addr;

	if (ip->family == AF_UNSPEC)
	{
		return NULL;
	}
	addr = chunk_create((u_char*)ip->bytes, mobility_ip_bits(ip) / 8);
	return host_create_from_chunk(ip->family, addr, 0);
}

/*
 * Described in header.
 */
u_int mobility_ip_bits(const mobility_ip_t *ip)
{
	switch (ip->family)
	{
		case AF_INET:
			return 32;
		case AF_INET6:
			return 128;
		default:
			return 0;
	}
}

/*
 * Described in header.
 */
bool mobility_ip_is_set(const mobility_ip_t *ip)
{
	static const uint8_t any[16];

	return ip->family != AF_UNSPEC && memcmp(ip->bytes, any, sizeof(any));
}

/*
 * Described in header.
 */
bool mobility_ip_equals(const mobility_ip_t *a, const mobility_ip_t *b)
{
	return memeq(a, b, sizeof(*a));
}

/*
 * Described in header.
 */
u_int mobility_ip_common(const mobility_ip_t *a, const mobility_ip_t *b)
{
	u_int i, bits;
	uint8_t diff;

	if (a->family != b->family)
	{
		return 0;
	}
	bits = mobility_ip_bits(a);
	for (i = 0; i < bits; i += 8)
	{
		diff = a->bytes[i / 8] ^ b->bytes[i / 8];
		if (diff)
		{
			while (!(diff & 0x80))
			{
				diff <<= 1;
				i++;
			}
			return i;
		}
	}
	return bits;
}

/*
 * Described in header.
 */
bool mobility_ip_in(const mobility_ip_t *ip, const mobility_ip_t *net,
					u_int prefix)
{
	return ip->family == net->family &&
		   mobility_ip_common(ip, net) >= prefix;
}

/*
 * Described in header.
 */
mobility_ip_t mobility_ip_mask(const mobility_ip_t *ip, u_int prefix)
{
	mobility_ip_t masked = {
		.family = ip->family,
	};

	prefix = min(prefix, sizeof(masked.bytes) * 8);
	memcpy(masked.bytes, ip->bytes, prefix / 8);
	if (prefix % 8)
	{
		masked.bytes[prefix / 8] = ip->bytes[prefix / 8] &
								   (0xff << (8 - prefix % 8));
	}
	return masked;
}

/*
 * Described in header.
 */
bool mobility_ip_is_linklocal(const mobility_ip_t *ip)
{
	switch (ip->family)
	{
		case AF_INET:
			return ip->bytes[0] == 169 && ip->bytes[1] == 254;
		case AF_INET6:
			return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
		default:
			return FALSE;
	}
}

/*
 * Described in header.
 */
bool mobility_ip_is_reachable(const mobility_ip_t *ip)
{
	static const uint8_t zero[10];

	if (mobility_ip_is_linklocal(ip) || mobility_ip_is_multicast(ip))
	{
		return FALSE;
	}
	switch (ip->family)
	{
		case AF_INET:
			/* 0.0.0.0/8, 127.0.0.0/8, 240.0.0.0/4 */
			return ip->bytes[0] != 0 && ip->bytes[0] != 127 &&
				   ip->bytes[0] < 240;
		case AF_INET6:
			/* ::/96 with :: and ::1, ::ffff:0:0/96 */
			return !memeq(ip->bytes, zero, sizeof(zero)) ||
				   ip->bytes[10] != ip->bytes[11] ||
				   (ip->bytes[10] != 0 && ip->bytes[10] != 0xff);
		default:
			return FALSE;
	}
}

/*
 * Described in header.
 */
bool mobility_ip_is_multicast(const mobility_ip_t *ip)
{
	switch (ip->family)
	{
		case AF_INET:
			return (ip->bytes[0] & 0xf0) == 0xe0;
		case AF_INET6:
			return ip->bytes[0] == 0xff;
		default:
			return FALSE;
	}
}
