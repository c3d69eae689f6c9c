package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/cloudnativelabs/kube-router/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/pkg/metrics"
	dto "github.com/prometheus/client_model/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

const (
	answerTimeout = 30 * time.Second
	lookInterval  = 10 * time.Millisecond
)

// caches are the informers that the controller reads.
type caches struct {
	pods, policies, namespaces cache.SharedIndexInformer
}

func newCaches(factory informers.SharedInformerFactory) (caches, error) {
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	err := policies.SetTransform(fourOnly)
	return caches{
		pods:       factory.Core().V1().Pods().Informer(),
		policies:   policies,
		namespaces: factory.Core().V1().Namespaces().Informer(),
	}, err
}

// questions answers whether everything that the API server holds is enforced.
type questions struct {
	client     kubernetes.Interface
	caches     caches
	controller *netpol.NetworkPolicyController
	beats      <-chan *healthcheck.ControllerHeartbeat
	begun      uint64 // synchronisations whose beat was heard
}

// answerAll answers each connection with one line: "settled", or what is in the way.
func answerAll(ctx context.Context, listener net.Listener, asked *questions) {
	connections := make(chan net.Conn)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				klog.Exitf("netpol: accepting a question: %v", err)
			}
			connections <- connection
		}
	}()
	for {
		select {
		case <-asked.beats:
			asked.begun++
		case connection := <-connections:
			text := "settled"
			if err := asked.answer(ctx); err != nil {
				text = err.Error()
			}
			fmt.Fprintln(connection, text)
			connection.Close()
		case <-ctx.Done():
			return
		}
	}
}

// answer returns when everything that the API server held when it was called is enforced.
//
// Each synchronisation says so on beats before it reads the caches, and waits until that is heard. Nobody else listens meanwhile: so the
// first beat heard after the caches were found complete belongs to a synchronisation that sees them. How many have ended is in the metrics.
func (asked *questions) answer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := poll(ctx, "the watches did not catch up with the API server", func() (bool, error) { return asked.complete(ctx) }); err != nil {
		return err
	}
	asked.controller.RequestFullSync()
	select {
	case <-asked.beats:
		asked.begun++
	case <-ctx.Done():
		return fmt.Errorf("the controller did not synchronise: %w", ctx.Err())
	}
	return poll(ctx, "a synchronisation did not end", func() (bool, error) {
		ended, err := synchronisations()
		return ended >= asked.begun, err
	})
}

// synchronisations returns how many have ended.
func synchronisations() (uint64, error) {
	var metric dto.Metric
	if err := metrics.ControllerIptablesSyncTime.Write(&metric); err != nil {
		return 0, fmt.Errorf("reading the controller's metrics: %w", err)
	}
	return metric.GetHistogram().GetSampleCount(), nil
}

// poll returns when look says so; what names that which did not happen in time.
func poll(ctx context.Context, what string, look func() (bool, error)) error {
	for {
		done, err := look()
		if done || err != nil {
			return err
		}
		select {
		case <-time.After(lookInterval):
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		}
	}
}

// complete tells whether the caches hold just what the API server lists.
func (asked *questions) complete(ctx context.Context) (bool, error) {
	pods, err := asked.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, fmt.Errorf("listing pods: %w", err)
	}
	policies, err := asked.client.NetworkingV1().NetworkPolicies("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, fmt.Errorf("listing network policies: %w", err)
	}
	namespaces, err := asked.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, fmt.Errorf("listing namespaces: %w", err)
	}
	return holds(asked.caches.pods, pods.Items) && holds(asked.caches.policies, policies.Items) &&
		holds(asked.caches.namespaces, namespaces.Items), nil
}

// holds tells whether a cache has exactly these objects, each in this version.
func holds[T any, P interface {
	*T
	metav1.Object
}](informer cache.SharedIndexInformer, listed []T) bool {
	versions := make(map[types.UID]string, len(listed))
	for _, item := range informer.GetStore().List() {
		cached := item.(metav1.Object)
		versions[cached.GetUID()] = cached.GetResourceVersion()
	}
	for index := range listed {
		object := P(&listed[index])
		if versions[object.GetUID()] != object.GetResourceVersion() {
			return false
		}
	}
	return len(versions) == len(listed)
}
