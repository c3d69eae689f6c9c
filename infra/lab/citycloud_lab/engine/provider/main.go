// Command pulumi-resource-openstack serves Terraform's OpenStack provider to Pulumi, for those things that a city is made of.
//
// The type tokens are those of the published SDK, so that a program cannot tell this plugin from the published one, which lives where no
// Go module proxy is.
package main

import (
	"context"
	"encoding/json"
	"log"

	"github.com/gophercloud/gophercloud/openstack/networking/v2/extensions/security/rules"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/openstack"
)

const name = "openstack"

const rule = "openstack_networking_secgroup_rule_v2"

// version is that of the SDK: a program asks for the plugin by it. The linker sets it.
var version = "0.0.0"

// resources are what targets/openstack makes, by Terraform's names. A speaker of BGP is not among them: this release has none.
var resources = map[string]string{
	"openstack_compute_instance_v2":                    "compute/instance:Instance",
	"openstack_compute_keypair_v2":                     "compute/keypair:Keypair",
	"openstack_compute_servergroup_v2":                 "compute/serverGroup:ServerGroup",
	"openstack_networking_floatingip_v2":               "networking/floatingIp:FloatingIp",
	"openstack_networking_network_v2":                  "networking/network:Network",
	"openstack_networking_port_v2":                     "networking/port:Port",
	"openstack_networking_qos_bandwidth_limit_rule_v2": "networking/qosBandwidthLimitRule:QosBandwidthLimitRule",
	"openstack_networking_qos_dscp_marking_rule_v2":    "networking/qosDscpMarkingRule:QosDscpMarkingRule",
	"openstack_networking_qos_policy_v2":               "networking/qosPolicy:QosPolicy",
	"openstack_networking_router_interface_v2":         "networking/routerInterface:RouterInterface",
	"openstack_networking_router_route_v2":             "networking/routerRoute:RouterRoute",
	"openstack_networking_router_v2":                   "networking/router:Router",
	"openstack_networking_secgroup_rule_v2":            "networking/secGroupRule:SecGroupRule",
	"openstack_networking_secgroup_v2":                 "networking/secGroup:SecGroup",
	"openstack_networking_subnet_v2":                   "networking/subnet:Subnet",
	"openstack_vpnaas_endpoint_group_v2":               "vpnaas/endpointGroup:EndpointGroup",
	"openstack_vpnaas_ike_policy_v2":                   "vpnaas/ikePolicy:IkePolicy",
	"openstack_vpnaas_ipsec_policy_v2":                 "vpnaas/ipSecPolicy:IpSecPolicy",
	"openstack_vpnaas_service_v2":                      "vpnaas/service:Service",
	"openstack_vpnaas_site_connection_v2":              "vpnaas/siteConnection:SiteConnection",
}

var functions = map[string]string{
	"openstack_networking_network_v2": "networking/getNetwork:getNetwork",
}

func provider() tfbridge.ProviderInfo {
	terraform := openstack.Provider()
	terraform.ResourcesMap[rule].DeleteContext = deleteRule
	terraform.Schema["use_octavia"].Deprecated = "" // every run would warn about load balancers, of which a city has none
	info := tfbridge.ProviderInfo{
		P:           shim.NewProvider(terraform),
		Name:        name,
		Version:     version,
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
	}
	for kind, token := range resources {
		info.Resources[kind] = &tfbridge.ResourceInfo{Tok: tokens.Type(name + ":" + token)}
	}
	for kind, token := range functions {
		info.DataSources[kind] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(name + ":" + token)}
	}
	// Terraform has two fields that Pulumi would call allocationPools; the SDK means the blocks, not the retired list.
	info.Resources["openstack_networking_subnet_v2"].Fields = map[string]*tfbridge.SchemaInfo{
		"allocation_pool":  {Name: "allocationPools"},
		"allocation_pools": {Name: "allocationPoolsRetired"},
	}
	return info
}

// deleteRule deletes one rule of a firewall. Terraform's own holds the firewall's lock while it waits five seconds for what the answer has
// said already, so that the rules of a city's gateways would go one by one, for half an hour.
func deleteRule(_ context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	config, ok := meta.(*openstack.Config)
	if !ok {
		return diag.Errorf("%T is no configuration of OpenStack", meta)
	}
	client, err := config.NetworkingV2Client(openstack.GetRegion(data, config))
	if err != nil {
		return diag.FromErr(err)
	}
	if err := rules.Delete(client, data.Id()).ExtractErr(); err != nil {
		return diag.FromErr(openstack.CheckDeleted(data, err, "deleting "+rule))
	}
	return nil
}

func main() {
	schema, err := json.Marshal(map[string]string{"name": name, "version": version})
	if err != nil {
		log.Fatal(err)
	}
	tfbridge.Main(name, version, provider(), schema)
}
