// Command netpol enforces the NetworkPolicies of a cluster in the network namespace that it runs in.
//
// It is kube-router's NetworkPolicy controller with two things around it that tests need. It reaches the API server from another network
// namespace than its own, so that the namespace which plays the node needs no way out. And whoever connects to its socket is answered
// when everything that the API server held at that moment is enforced, so that nobody has to sleep and hope.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const (
	// Changes start a synchronisation by themselves; this one is only for what somebody else did to the rules.
	syncPeriod = time.Minute
	// client-go's own limit, 5 requests a second, would make the questions wait.
	requestsPerSecond = 100
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of whoever may read pods, namespaces and network policies")
	apiNetwork := flag.String("api-network", "", "file of the network namespace from which the API server is reached")
	address := flag.String("node-address", "", "address of the node: pods whose status.hostIP it is are guarded")
	services := flag.String("service-range", "", "IPv4 range of the Services")
	socket := flag.String("socket", "", "Unix socket that answers when all is enforced; one whose name begins with @ is no file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *kubeconfig, *apiNetwork, *address, *services, *socket); err != nil {
		klog.Exitf("netpol: %v", err)
	}
}

func run(ctx context.Context, kubeconfig, apiNetwork, address, services, socket string) error {
	client, err := connect(kubeconfig, apiNetwork)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	caches, err := newCaches(factory)
	if err != nil {
		return fmt.Errorf("setting up the caches: %w", err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	config := options.NewKubeRouterConfig()
	config.ClusterIPCIDR = services
	config.IPTablesSyncPeriod = syncPeriod
	config.MetricsEnabled = true // they tell when a synchronisation has ended
	controller, err := netpol.NewNetworkPolicyController(
		nodeOnly{address: address}, config, caches.pods, caches.policies, caches.namespaces, &sync.Mutex{})
	if err != nil {
		return fmt.Errorf("setting up the controller: %w", err)
	}
	caches.pods.AddEventHandler(controller.PodEventHandler)
	caches.policies.AddEventHandler(controller.NetworkPolicyEventHandler)
	caches.namespaces.AddEventHandler(controller.NamespaceEventHandler)

	listener, err := net.Listen("unix", socket)
	if err != nil {
		return fmt.Errorf("listening for questions: %w", err)
	}
	beats := make(chan *healthcheck.ControllerHeartbeat) // unbuffered: see answer
	var running sync.WaitGroup                           // asked for by Run; the rules are gone with the namespace, so nobody waits for the end
	running.Add(1)
	go controller.Run(beats, ctx.Done(), &running)
	go answerAll(ctx, listener, &questions{client: client, caches: caches, controller: controller, beats: beats})
	<-ctx.Done()
	return nil
}

func connect(kubeconfig, apiNetwork string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = requestsPerSecond, requestsPerSecond
	if config.Dial, err = dialFrom(apiNetwork); err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}
