/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/if_arp.h>

#include "net/link_kind.h"

ENUM(mobility_link_kind_names, MOBILITY_KIND_UNKNOWN, MOBILITY_KIND_CLAT,
	"unknown",
	"ethernet",
	"wifi",
	"wwan",
	"ppp",
	"bluetooth",
	"usb-tethering",
	"tunnel",
	"vlan",
	"bridge",
	"bond",
	"macvlan",
	"clat",
);

/**
 * A word and the kind it stands for.
 */
typedef struct {
	/** word */
	const char *name;
	/** kind */
	mobility_link_kind_t kind;
} word_t;

/**
 * Virtual interfaces, by IFLA_INFO_KIND.
 */
static const word_t infos[] = {
	{ "veth",		MOBILITY_KIND_ETHERNET },
	{ "dsa",		MOBILITY_KIND_ETHERNET },
	{ "virt_wifi",	MOBILITY_KIND_WIFI },
	{ "wwan",		MOBILITY_KIND_WWAN },
	{ "rmnet",		MOBILITY_KIND_WWAN },
	{ "ppp",		MOBILITY_KIND_PPP },
	{ "vlan",		MOBILITY_KIND_VLAN },
	{ "bridge",		MOBILITY_KIND_BRIDGE },
	{ "bond",		MOBILITY_KIND_BOND },
	{ "team",		MOBILITY_KIND_BOND },
	{ "macvlan",	MOBILITY_KIND_MACVLAN },
	{ "macvtap",	MOBILITY_KIND_MACVLAN },
	{ "ipvlan",		MOBILITY_KIND_MACVLAN },
	{ "ipvtap",		MOBILITY_KIND_MACVLAN },
	{ "tun",		MOBILITY_KIND_TUNNEL },
	{ "wireguard",	MOBILITY_KIND_TUNNEL },
	{ "ovpn",		MOBILITY_KIND_TUNNEL },
	{ "xfrm",		MOBILITY_KIND_TUNNEL },
	{ "vti",		MOBILITY_KIND_TUNNEL },
	{ "vti6",		MOBILITY_KIND_TUNNEL },
	{ "gre",		MOBILITY_KIND_TUNNEL },
	{ "gretap",		MOBILITY_KIND_TUNNEL },
	{ "ip6gre",		MOBILITY_KIND_TUNNEL },
	{ "ip6gretap",	MOBILITY_KIND_TUNNEL },
	{ "erspan",		MOBILITY_KIND_TUNNEL },
	{ "ip6erspan",	MOBILITY_KIND_TUNNEL },
	{ "ipip",		MOBILITY_KIND_TUNNEL },
	{ "sit",		MOBILITY_KIND_TUNNEL },
	{ "ip6tnl",		MOBILITY_KIND_TUNNEL },
	{ "vxlan",		MOBILITY_KIND_TUNNEL },
	{ "geneve",		MOBILITY_KIND_TUNNEL },
	{ "bareudp",	MOBILITY_KIND_TUNNEL },
	{ "gtp",		MOBILITY_KIND_TUNNEL },
	{ "pfcp",		MOBILITY_KIND_TUNNEL },
};

/**
 * Hardware, by what drivers call it. Others are named by what they are part of.
 */
static const word_t devtypes[] = {
	{ "wlan",		MOBILITY_KIND_WIFI },
	{ "wwan",		MOBILITY_KIND_WWAN },
	{ "bluetooth",	MOBILITY_KIND_BLUETOOTH },
	{ "ppp",		MOBILITY_KIND_PPP },
};

/**
 * Hardware, by drivers that are for nothing else.
 */
static const word_t drivers[] = {
	{ "rndis_host",	MOBILITY_KIND_USB },
	{ "ipheth",		MOBILITY_KIND_USB },
};

/**
 * Drivers for network cards, and for telephones if these made up the address.
 */
static const word_t maybe_drivers[] = {
	{ "cdc_ether",	MOBILITY_KIND_USB },
	{ "cdc_ncm",	MOBILITY_KIND_USB },
	{ "cdc_eem",	MOBILITY_KIND_USB },
	{ "cdc_subset",	MOBILITY_KIND_USB },
};

/**
 * Look up a word.
 */
static mobility_link_kind_t look_up(const word_t words[], u_int count,
									const char *name)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		if (streq(words[i].name, name))
		{
			return words[i].kind;
		}
	}
	return MOBILITY_KIND_UNKNOWN;
}

/**
 * Determine the kind by the type of hardware.
 */
static mobility_link_kind_t by_type(uint16_t type)
{
	switch (type)
	{
		case ARPHRD_ETHER:
			return MOBILITY_KIND_ETHERNET;
		case ARPHRD_PPP:
			return MOBILITY_KIND_PPP;
		case ARPHRD_IEEE80211:
			return MOBILITY_KIND_WIFI;
		case ARPHRD_RAWIP:
			return MOBILITY_KIND_WWAN;
		case ARPHRD_TUNNEL:
		case ARPHRD_TUNNEL6:
		case ARPHRD_SIT:
		case ARPHRD_IPGRE:
		case ARPHRD_IP6GRE:
		case ARPHRD_NONE:
			return MOBILITY_KIND_TUNNEL;
		default:
			return MOBILITY_KIND_UNKNOWN;
	}
}

/*
 * Described in header.
 */
mobility_link_kind_t mobility_link_kind_determine(
										const mobility_link_kind_facts_t *facts)
{
	mobility_link_kind_t kind;

	if (facts->info[0])
	{
		return look_up(infos, countof(infos), facts->info);
	}
	kind = look_up(devtypes, countof(devtypes), facts->devtype);
	if (!kind && facts->wireless)
	{
		kind = MOBILITY_KIND_WIFI;
	}
	if (!kind)
	{
		kind = look_up(drivers, countof(drivers), facts->driver);
	}
	if (!kind && facts->made_up)
	{
		kind = look_up(maybe_drivers, countof(maybe_drivers), facts->driver);
	}
	return kind ?: by_type(facts->type);
}

/**
 * Read the line of a file that starts with a given text, and cut that off.
 */
static bool read_line(const char *dir, const char *file, const char *start,
					  char *buf, size_t len)
{
	char path[PATH_MAX], line[128];
	bool found = FALSE;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	stream = fopen(path, "re");
	if (!stream)
	{
		return FALSE;
	}
	while (!found && fgets(line, sizeof(line), stream))
	{
		if (strpfx(line, start))
		{
			line[strcspn(line, "\n")] = '\0';
			snprintf(buf, len, "%s", line + strlen(start));
			found = TRUE;
		}
	}
	fclose(stream);
	return found;
}

/**
 * Check if there is a file.
 */
static bool has_file(const char *dir, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return access(path, F_OK) == 0;
}

/**
 * Read the name of the driver, which is where a link points to.
 */
static void read_driver(const char *dir, char *buf, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX], *slash;
	ssize_t size;

	snprintf(path, sizeof(path), "%s/device/driver", dir);
	size = readlink(path, target, sizeof(target) - 1);
	if (size > 0)
	{
		target[size] = '\0';
		slash = strrchr(target, '/');
		snprintf(buf, len, "%s", slash ? slash + 1 : target);
	}
}

/**
 * Check if a device came with an address that was made up: one that is
 * administered locally, and was not set on this host.
 */
static bool has_made_up_addr(const char *dir)
{
	char value[32];

	return read_line(dir, "addr_assign_type", "", value, sizeof(value)) &&
		   streq(value, "0") &&
		   read_line(dir, "address", "", value, sizeof(value)) &&
		   strtoul(value, NULL, 16) & 2;
}

/*
 * Described in header.
 */
void mobility_link_kind_read(const char *sysfs, const char *ifname, int ifindex,
							 mobility_link_kind_facts_t *facts)
{
	char dir[PATH_MAX / 2], value[32];

	snprintf(dir, sizeof(dir), "%s/class/net/%s", sysfs, ifname);
	if (!read_line(dir, "ifindex", "", value, sizeof(value)) ||
		atoi(value) != ifindex)
	{
		return;
	}
	read_line(dir, "uevent", "DEVTYPE=", facts->devtype,
			  sizeof(facts->devtype));
	read_driver(dir, facts->driver, sizeof(facts->driver));
	facts->wireless = has_file(dir, "phy80211") || has_file(dir, "wireless");
	facts->made_up = has_made_up_addr(dir);
}

/*
 * Described in header.
 */
bool mobility_link_kind_is_stacked(mobility_link_kind_t kind)
{
	return kind >= MOBILITY_KIND_VLAN && kind <= MOBILITY_KIND_MACVLAN;
}
