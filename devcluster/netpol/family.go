package main

import (
	networking "k8s.io/api/networking/v1"
	utilnet "k8s.io/utils/net"
)

// fourOnly leaves out of a NetworkPolicy what speaks of IPv6, before the cache keeps it: this controller knows IPv4 alone and gives up on
// the whole policy otherwise.
//
// A rule that names nobody any more goes as a whole, for a rule without peers would let in everybody.
func fourOnly(object any) (any, error) {
	policy, ok := object.(*networking.NetworkPolicy)
	if !ok {
		return object, nil
	}
	kept := policy.DeepCopy()
	kept.Spec.Ingress = nil
	for _, rule := range policy.Spec.Ingress {
		if peers := ofFour(rule.From); len(peers) > 0 || len(rule.From) == 0 {
			rule.From = peers
			kept.Spec.Ingress = append(kept.Spec.Ingress, rule)
		}
	}
	kept.Spec.Egress = nil
	for _, rule := range policy.Spec.Egress {
		if peers := ofFour(rule.To); len(peers) > 0 || len(rule.To) == 0 {
			rule.To = peers
			kept.Spec.Egress = append(kept.Spec.Egress, rule)
		}
	}
	return kept, nil
}

func ofFour(peers []networking.NetworkPolicyPeer) []networking.NetworkPolicyPeer {
	var kept []networking.NetworkPolicyPeer
	for _, peer := range peers {
		if peer.IPBlock == nil || !utilnet.IsIPv6CIDRString(peer.IPBlock.CIDR) {
			kept = append(kept, peer)
		}
	}
	return kept
}
