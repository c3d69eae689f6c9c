"""From the plan to the texts that routers, machines and monitoring are given: pure, and the same texts for the laboratory and for the city.

Each node keeps its segments apart by network namespaces: one for the underlay, where its lines end and the tunnels' UDP sockets are, and
one for each segment. Tunnels are made in the underlay and moved: the socket stays outside, so inside a segment's namespace there is nothing
but its tunnels and its network. A hub joins two segments by a pair of interfaces, only where a crossing asks for it.

    <node>/underlay/sysctl.conf         for every namespace; also in each segment's folder
    <node>/underlay/rules.batch         `ip -4 -force -batch`, then `ip -6 …`: a line's tunnels use the line's own routing table, 101, 102 …
    <node>/underlay/links.batch         `ip -force -batch`: the tunnels d<number> (hub's end) and u<number> (the other); then each is moved
    <node>/underlay/interfaces.batch    only where a segment ends at the site: the underlay's end of its way out
    <node>/underlay/nftables.nft        `nft -f`
    <node>/underlay/tc.batch            `tc -force -batch`: a tree on each line
    <node>/<segment>/interfaces.batch   `ip -force -batch`: addresses, MTU, routes that stand
    <node>/<segment>/nftables.nft       `nft -f`, after interfaces.batch, which puts tunnels into the group that it names
    <node>/<segment>/tc.batch           `tc -force -batch`: a tree on each tunnel
    <node>/<segment>/frr.conf           for zebra, bgpd and bfdd, when zebra knows both: `vtysh -f`, later `frr-reload.py`; or
    <node>/<segment>/bird.conf          `bird -c`, later `birdc configure`
    <node>/<segment>/wireguard/<interface>.conf   after its key, `wg syncconf` (render/wireguard.py); with technique vxlan there is none
    prometheus/                         blackbox.yml, scrape.yml, targets/
    machines/                           cloud-config of gateways and of the first machine of each pool
    facts.json                          what the cluster is told
    wan.svg                             a drawing

Interfaces that the texts expect: in the underlay one for each line, called like its carrier (and `admin`, if the node has one to log in
by); in a segment `lan`; in a hub's segment `x<number of the other segment>`, the two ends of one veth; in a segment that ends at the site
`out`, whose other end is `g<number of the segment>` in the underlay. The address of a line and the way to its carrier's gateway are the
carrier's.

`-force` goes on over lines that ask for what is there already, so all of it may be loaded again when something was added. What is removed
from the inventory is not taken away by loading; a node that lost a tunnel or a service is set up anew or tidied by hand.

No text holds a secret: private keys lie in a folder of their own (render/keys.py), tokens are put in by the target (render/cloud_init.py).
"""
