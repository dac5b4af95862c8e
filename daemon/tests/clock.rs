//! Clock faults on real programs of six languages: the victim reads a wrong time, a neighbour reads the right one, and afterwards its
//! vDSO is the kernel's again, byte for byte. Time is measured by asking programs and comparing with this process's own clock, and
//! bytes are compared with this process's own vDSO: neither shares code with the daemon.
#![allow(unsafe_code, reason = "reading a clock by its number is a system call without a safe wrapper")]

#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/client.rs"]
mod client;
#[path = "clock/containers.rs"]
mod containers;
#[path = "clock/cost.rs"]
mod cost;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/daemon.rs"]
mod daemon;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/groups.rs"]
mod groups;
#[path = "clock/healing.rs"]
mod healing;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/lab.rs"]
mod lab;
#[path = "clock/load.rs"]
mod load;
#[path = "clock/newcomers.rs"]
mod newcomers;
#[path = "clock/orders.rs"]
mod orders;
#[path = "clock/reading.rs"]
mod reading;
#[path = "clock/strangers.rs"]
mod strangers;
#[path = "core/tls.rs"]
mod tls;
#[path = "clock/victims.rs"]
mod victims;
