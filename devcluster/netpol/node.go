package main

import (
	"context"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// nodeOnly is all that the controller asks a client for besides its informers: the node that it runs on, of which it uses the address.
//
// So no Node has to exist that nobody keeps alive, and that would be left behind by whoever is killed. Anything else panics.
type nodeOnly struct {
	kubernetes.Interface
	address string
}

func (client nodeOnly) CoreV1() corev1.CoreV1Interface { return coreOfNode{address: client.address} }

type coreOfNode struct {
	corev1.CoreV1Interface
	address string
}

func (core coreOfNode) Nodes() corev1.NodeInterface { return nodeGetter{address: core.address} }

type nodeGetter struct {
	corev1.NodeInterface
	address string
}

func (getter nodeGetter) Get(_ context.Context, name string, _ metav1.GetOptions) (*v1.Node, error) {
	addresses := []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: getter.address}}
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1.NodeStatus{Addresses: addresses}}, nil
}
