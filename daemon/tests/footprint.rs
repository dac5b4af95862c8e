//! What the daemon costs a node and how fast it acts and undoes, measured by `make bench-daemon`: idle, with 100 faults of every kind
//! that their victims feel, and at the moment in which all of them end. Figures for people: each test prints one line of JSON.
//! Memory and CPU time are the kernel's account of the daemon's own cgroup, and what is felt is measured at the victims.
#![allow(unsafe_code, reason = "entering a namespace is a system call without a safe wrapper")]

#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/client.rs"]
mod client;
#[path = "footprint/crowd.rs"]
mod crowd;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/daemon.rs"]
mod daemon;
#[allow(dead_code, reason = "shared with the tests of file faults, which use the rest")]
#[path = "file_io/faults.rs"]
mod faults;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/groups.rs"]
mod groups;
#[allow(dead_code, reason = "shared with the tests of file faults, which use the rest")]
#[path = "file_io/hand.rs"]
mod hand;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/lab.rs"]
mod lab;
#[path = "footprint/meter.rs"]
mod meter;
#[path = "footprint/promptness.rs"]
mod promptness;
#[allow(dead_code, reason = "shared with the daemon's own tests, which use the rest")]
#[path = "core/scene.rs"]
mod scene;
#[path = "footprint/standing.rs"]
mod standing;
#[path = "footprint/streets.rs"]
mod streets;
#[path = "core/tls.rs"]
mod tls;
#[allow(dead_code, reason = "shared with the tests of clock faults, which use the rest")]
#[path = "clock/victims.rs"]
mod victims;
