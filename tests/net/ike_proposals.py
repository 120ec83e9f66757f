#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What ike_proposals.sh negotiates: the list, both sides' configurations, and the checks.

ike_proposals.py config DIR                 DIR/a/ipsec0.conf, DIR/swanctl.conf, DIR/cases
ike_proposals.py check DIR ROLE PACKETS [rekeyed]
                                            DIR/ours.json, DIR/charon.raw: lines of results
"""
import json
import re
import sys

IKE = "aes128gcm16-prfsha256-x25519"
ESP = "aes128gcm16-noesn"

# (IKE, protocol, child); what is not said is one of the two above
CASES = [(ike, "esp", ESP) for ike in (
    # groups
    "aes256gcm16-prfsha384-x25519",
    "aes256gcm16-prfsha384-x448",
    "aes128gcm16-prfsha256-ecp256",
    "aes128gcm16-prfsha256-ecp384",
    "aes128gcm16-prfsha256-ecp521",
    "aes128gcm16-prfsha256-modp2048",
    "aes128gcm16-prfsha256-modp3072",
    "aes128gcm16-prfsha256-modp4096",
    "aes128gcm16-prfsha256-modp6144",
    "aes128gcm16-prfsha256-modp8192",
    # ciphers
    "aes192gcm16-prfsha256-x25519",
    "aes128gcm12-prfsha256-x25519",
    "aes256gcm8-prfsha256-x25519",
    "chacha20poly1305-prfsha256-x25519",
    "aes128-sha256-prfsha256-x25519",
    "aes192-sha384-prfsha384-x25519",
    "aes256-sha512-prfsha512-x25519",
    "aes128ctr-sha256-prfsha256-x25519",
    "aes256ctr-sha512-prfsha256-x25519",
    "aes128-aesxcbc-prfsha256-x25519",
    "aes128-aescmac-prfsha256-x25519",
    # pseudo-random functions
    "aes128gcm16-prfsha384-x25519",
    "aes128gcm16-prfsha512-x25519",
    "aes128gcm16-prfaesxcbc-x25519",
    "aes128gcm16-prfaescmac-x25519",
    "aes256-sha256-prfaescmac-ecp521",
)] + [(IKE, "esp", esp) for esp in (
    "aes128gcm16-noesn",
    "aes192gcm16-noesn",
    "aes256gcm16-esn",
    "aes128gcm12-noesn",
    "aes128gcm8-noesn",
    "aes128ccm16-noesn",
    "aes256ccm12-esn",
    "aes128ccm8-noesn",
    "chacha20poly1305-noesn",
    "chacha20poly1305-esn",
    "aes128gmac-noesn",
    "aes256gmac-esn",
    "aes128-sha256-noesn",
    "aes192-sha384-noesn",
    "aes256-sha512-esn",
    "aes128-aesxcbc-noesn",
    "aes128-aescmac-noesn",
    "aes128ctr-sha256-noesn",
    "aes256ctr-sha512-esn",
    "camellia128-sha256-noesn",
    "null-sha256-noesn",
    "null-sha512-esn",
    "null-aescmac-noesn",
    # new keys with each rekeying
    "aes128gcm16-x25519-noesn",
    "aes256gcm16-x448-esn",
    "aes128-sha256-ecp256-noesn",
    "aes256gcm16-ecp384-noesn",
    "chacha20poly1305-ecp521-noesn",
    "aes128gcm16-modp2048-noesn",
    "aes128gcm16-modp3072-noesn",
    "aes128gcm16-modp4096-noesn",
)] + [(IKE, "ah", ah) for ah in (
    "sha256-noesn",
    "sha384-noesn",
    "sha512-esn",
    "aesxcbc-noesn",
    "aescmac-noesn",
    "sha256-x25519-noesn",
)]

# Nothing in common: ours, and what charon has
UNEQUAL = [
    ("ike", "aes256gcm16-prfsha384-ecp384", "esp", ESP,
     "aes128gcm16-prfsha256-x25519", ESP),
    ("child", IKE, "esp", "aes256gcm16-noesn", IKE, "chacha20poly1305-noesn"),
]
GROUP = re.compile(r"x25519|x448|ecp\d+|modp\d+")


def peer_of(n, name, ike, proto, child, start="no"):
    return f"""
[peer {name}]
remote = 198.18.2.{n}
local = 198.18.1.{n}
id = b{n}.example.org
local-id = a{n}.example.org
psk = a secret that both know well
networks = 10.2.{n}.0/24
local-networks = 10.1.{n}.0/24
protect = {proto}
ike = {ike}
{proto} = {child}
start = {start}
"""


def connection_of(n, name, ike, proto, child):
    # charon: no number size in its list for "without"
    child = child.replace("-noesn", "")
    return f"""
	{name} {{
		version = 2
		mobike = no
		local_addrs = 198.18.2.{n}
		remote_addrs = 198.18.1.{n}
		proposals = {ike}
		local {{ auth = psk
			id = b{n}.example.org }}
		remote {{ auth = psk
			id = a{n}.example.org }}
		children {{ {name} {{ local_ts = 10.2.{n}.0/24
			remote_ts = 10.1.{n}.0/24
			{proto}_proposals = {child} }} }}
	}}"""


def config(work):
    ours, theirs, names = "", "", []
    for n, case in enumerate(CASES, 1):
        ours += peer_of(n, f"c{n}", *case)
        theirs += connection_of(n, f"c{n}", *case)
        names.append(f"{n} {'pfs' if GROUP.search(case[2]) else '-'}")
    for n, case in enumerate(UNEQUAL, 101):
        ours += peer_of(n, case[0], *case[1:4])
        theirs += connection_of(n, case[0], case[4], case[2], case[5])
    with open(f"{work}/ipsec0.conf", "w") as f:
        f.write(ours)
    with open(f"{work}/swanctl.conf", "w") as f:
        f.write("connections {" + theirs + """
}
secrets { ike { secret = "a secret that both know well" } }
""")
    with open(f"{work}/cases", "w") as f:
        f.write("".join(line + "\n" for line in names))


def words(text):
    return sorted(text.split("-"))


def charon_children(raw):
    """{name: (packets in, packets out)} of those that are installed, a list of each name"""
    found = {}
    for m in re.finditer(r"\bname=(c\d+) [^{}]*?state=INSTALLED [^{}]*", raw):
        counts = dict(re.findall(r"packets-(in|out)=(\d+)", m[0]))
        found.setdefault(m[1], []).append((int(counts["in"]), int(counts["out"])))
    return found


def wrong_with(sa, theirs, case, role, packets, rekeyed):
    if not sa:
        return "no IKE SA"
    if len(sa) != 1 or sa[0]["state"] != "up" or len(sa[0]["children"]) != 1:
        return f"not one SA: {sa}"
    sa, child = sa[0], sa[0]["children"][0]
    want = case[2] if rekeyed else GROUP.sub("", case[2]).replace("--", "-")
    if sa["role"] != role:
        return f"it is {sa['role']}"
    if words(sa["algorithms"]) != words(case[0]):
        return f"the IKE SA has {sa['algorithms']}"
    if child["proto"] != case[1] or words(child["algorithms"]) != words(want):
        return f"the child SA has {child['proto']} {child['algorithms']}, not {want}"
    if (child["rx_packets"], child["tx_packets"]) != (packets, packets):
        return f"we count {child['rx_packets']} in, {child['tx_packets']} out"
    if theirs != [(packets, packets)]:
        return f"charon counts {theirs}"
    return None


def check(work, role, packets, rekeyed=""):
    with open(f"{work}/ours.json") as f:
        status = json.load(f)
    with open(f"{work}/charon.raw") as f:
        theirs = charon_children(f.read())
    what = "rekeyed " if rekeyed else ""
    for n, case in enumerate(CASES, 1):
        if rekeyed and not GROUP.search(case[2]):
            continue
        sa = [s for s in status["sas"] if s["peer"] == f"c{n}"]
        name = f"B3.9 {what}as {role}: {case[0]}, {case[1]} {case[2]}"
        wrong = wrong_with(sa, theirs.get(f"c{n}", []), case, role, int(packets), rekeyed)
        print(f"not ok - {name}: {wrong}" if wrong else f"ok - {name}")


if __name__ == "__main__":
    {"config": config, "check": check}[sys.argv[1]](*sys.argv[2:])
