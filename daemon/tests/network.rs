//! Network faults on real kernels, namespaces and sockets: the victim feels it, nobody else does, nothing is left.
//! Every expectation is also checked where it must not hold: before the fault, after it, and on those who are not hit.
#![allow(unsafe_code, reason = "entering a namespace is a system call without a safe wrapper")]

#[path = "network/another_kernel.rs"]
mod another_kernel;
#[path = "network/composing.rs"]
mod composing;
#[path = "network/delaying.rs"]
mod delaying;
#[path = "network/faults.rs"]
mod faults;
#[path = "network/healing.rs"]
mod healing;
#[allow(dead_code, reason = "shared with the wire's measurements, which use the rest")]
#[path = "network/lab.rs"]
mod lab;
#[path = "network/losing.rs"]
mod losing;
#[path = "network/partitioning.rs"]
mod partitioning;
#[path = "network/traffic.rs"]
mod traffic;
