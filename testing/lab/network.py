# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""strongSwan's test network: which host has which cable in which switch.

Names and addresses are those of strongSwan's testing environment, so that its
scenarios run here.  Every interface is one end of a pair; the other end is the
port of a switch (a bridge in a namespace of its own).  A port that is set
down is a pulled cable: the host's interface stays up and loses its carrier.
"""

import subprocess

# switch: the uplink's own address in it, as in strongSwan's environment
SWITCHES = {
    "net0": ["192.168.0.254/24"],
    "net1": ["10.1.0.254/16"],
    "net2": ["10.2.0.254/16"],
    # not in strongSwan's network: a second access point for alice
    "net3": ["10.4.0.254/16"],
}

# host: (interface, switch, IPv4, IPv6, gateway, up at boot)
HOSTS = {
    "alice": [
        ("eth0", "net1", "10.1.0.10/16", "fec1::10/16", "10.1.0.1", True),
        ("eth1", "net0", "192.168.0.50/24", "fec0::5/16", None, False),
    ],
    "venus": [
        ("eth0", "net1", "10.1.0.20/16", "fec1::20/16", "10.1.0.1", True),
    ],
    "bob": [
        ("eth0", "net2", "10.2.0.10/16", "fec2::10/16", "10.2.0.1", True),
    ],
    "moon": [
        ("eth0", "net0", "192.168.0.1/24", "fec0::1/16", "192.168.0.254", True),
        ("eth1", "net1", "10.1.0.1/16", "fec1::1/16", None, True),
    ],
    "sun": [
        ("eth0", "net0", "192.168.0.2/24", "fec0::2/16", "192.168.0.254", True),
        ("eth1", "net2", "10.2.0.1/16", "fec2::1/16", None, True),
    ],
    "carol": [
        ("eth0", "net0", "192.168.0.100/24", "fec0::10/16", "192.168.0.254",
         True),
        # the router of the second access point
        ("eth1", "net3", "10.4.0.1/16", "fec4::1/16", None, False),
    ],
    "dave": [
        ("eth0", "net0", "192.168.0.200/24", "fec0::20/16", "192.168.0.254",
         True),
        # not in strongSwan's network: as a second gateway beside sun
        ("eth1", "net2", "10.2.0.20/16", "fec2::20/16", None, False),
    ],
    "winnetou": [
        ("eth0", "net0", "192.168.0.150/24", "fec0::15/16", "192.168.0.254",
         True),
    ],
}

# Settings of every host, under /proc/sys/net.
# Reverse path filters are what systemd sets on a Debian.  All are routers, so
# they solicit none; the delay, which is random, is that of addresses as well.
SYSCTL = """\
1 ipv4/ip_forward
1 ipv6/conf/all/forwarding
2 ipv4/conf/all/rp_filter
2 ipv4/conf/default/rp_filter
0 ipv6/conf/default/router_solicitation_delay
"""

# further names for /etc/hosts; tcpdump shows them
ALIASES = {
    "10.1.0.1": "moon1", "10.2.0.1": "sun1", "192.168.0.50": "alice1",
    "192.168.0.254": "uml0", "10.1.0.254": "uml1", "10.2.0.254": "uml2",
    "10.3.0.1": "carol1", "10.3.0.2": "dave1",
}
ALIASES6 = {
    "fec1::1": "ip6-moon1", "fec2::1": "ip6-sun1", "fec0::5": "ip6-alice1",
    "fec3::1": "ip6-carol1", "fec3::2": "ip6-dave1",
}


def placeholders():
    """PH_IP_ALICE and the like -> address."""
    values = {}
    for host, interfaces in HOSTS.items():
        for index, (_, _, ipv4, ipv6, _, _) in enumerate(interfaces):
            suffix = host.upper() + (str(index) if index else "")
            values["PH_IP_" + suffix] = ipv4.split("/")[0]
            values["PH_IP6_" + suffix] = ipv6.split("/")[0]
            values["PH_IPV6_" + suffix] = ipv6.split("/")[0]
    values.update({
        "PH_IP_CAROL1": "10.3.0.1", "PH_IP_DAVE1": "10.3.0.2",
        "PH_IP6_CAROL1": "fec3::1", "PH_IP6_DAVE1": "fec3::2",
    })
    return values


def etc_hosts():
    lines = ["127.0.0.1\tlocalhost", "::1\tip6-localhost ip6-loopback"]
    seen = set()

    def add(address, name):
        if address not in seen:
            seen.add(address)
            lines.append(f"{address}\t{name}.strongswan.org {name}")

    for names in (ALIASES, ALIASES6):
        for address, name in names.items():
            add(address, name)
    for host, interfaces in HOSTS.items():
        _, _, ipv4, ipv6, _, _ = interfaces[0]
        add(ipv4.split("/")[0], host)
        add(ipv6.split("/")[0], "ip6-" + host)
    return "\n".join(lines) + "\n"


def etc_interfaces(host):
    """/etc/network/interfaces of a host, in Debian's format."""
    text = ["auto lo", "iface lo inet loopback"]
    for name, _, ipv4, ipv6, gateway, auto in HOSTS[host]:
        text += ["", f"auto {name}"] if auto else [""]
        text += [f"iface {name} inet static", f"\taddress {ipv4}"]
        if gateway:
            text.append(f"\tgateway {gateway}")
        text += [f"iface {name} inet6 static", f"\taddress {ipv6}"]
    return "\n".join(text) + "\n"


def _batch(commands):
    subprocess.run(["ip", "-batch", "-"], check=True, text=True,
                   input="\n".join(commands) + "\n")


def _mac(ipv4):
    """A hardware address that tells whose it is."""
    return "fe:fd:" + ":".join(f"{int(part):02x}"
                               for part in ipv4.split("/")[0].split("."))


def build_switches():
    commands = []
    for switch, addresses in SWITCHES.items():
        commands += [f"link add {switch} type bridge forward_delay 0 "
                     "mcast_snooping 0",
                     f"link set {switch} up"]
        commands += [f"addr add {address} dev {switch}"
                     for address in addresses]
    _batch(commands)


def plug_in(hosts):
    """hosts: name -> process id of a process in its network namespace."""
    commands = []
    for host, pid in hosts.items():
        for name, switch, ipv4, _, _, _ in HOSTS[host]:
            port = f"{host}-{name}"
            commands += [
                f"link add {port} type veth peer name {name} "
                f"address {_mac(ipv4)} netns {pid}",
                f"link set {port} master {switch} up",
            ]
    _batch(commands)


def boot_commands(host):
    """What ifup does for the interfaces that are up at boot, all at once."""
    commands = ["link set lo up"]
    for name, _, ipv4, ipv6, gateway, auto in HOSTS[host]:
        if not auto:
            continue
        commands += [f"link set {name} up", f"addr add {ipv4} dev {name}",
                     f"addr add {ipv6} dev {name} nodad"]
        if gateway:
            commands.append(f"route add default via {gateway} dev {name}")
    return "\n".join(commands) + "\n"
