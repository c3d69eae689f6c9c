package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// dialFrom returns a dialer whose connections start in the network namespace of the given file.
//
// A socket stays in the namespace that its thread was in when it was made; everything else of this process, and all that it executes,
// stays where it was started.
func dialFrom(path string) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	there, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the API server's network namespace: %w", err)
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		here, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return nil, err
		}
		defer here.Close()
		if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			return nil, fmt.Errorf("entering the API server's network namespace: %w", err)
		}
		defer func() {
			if err := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); err != nil {
				klog.Exitf("netpol: a thread cannot come back from the API server's network namespace: %v", err)
			}
		}()
		return new(net.Dialer).DialContext(ctx, network, address)
	}, nil
}
