//! Network faults on real kernels, namespaces and sockets: the victim feels it, nobody else does, nothing is left.
//! Every expectation is also checked where it must not hold: before the fault, after it, and on those who are not hit.
#![allow(unsafe_code, reason = "entering a namespace is a system call without a safe wrapper")]

#[path = "network/accuracy.rs"]
mod accuracy;
#[path = "network/another_kernel.rs"]
mod another_kernel;
#[path = "network/composing.rs"]
mod composing;
#[allow(dead_code, reason = "shared with the measurements of throughput, which use the rest")]
#[path = "network/cost.rs"]
mod cost;
#[path = "network/delaying.rs"]
mod delaying;
#[path = "network/faults.rs"]
mod faults;
#[path = "network/healing.rs"]
mod healing;
#[path = "network/kernel.rs"]
mod kernel;
#[allow(dead_code, reason = "shared with the wire's measurements, which use the rest")]
#[path = "network/lab.rs"]
mod lab;
#[path = "network/losing.rs"]
mod losing;
#[path = "network/machine.rs"]
mod machine;
#[path = "network/naming.rs"]
mod naming;
#[path = "network/one_way.rs"]
mod one_way;
#[path = "network/pacing.rs"]
mod pacing;
#[path = "network/partitioning.rs"]
mod partitioning;
#[path = "network/resetting.rs"]
mod resetting;
#[path = "network/statistics.rs"]
mod statistics;
#[path = "network/traffic.rs"]
mod traffic;
