//! The daemon as it is started on a node: real processes, real kernel, real mTLS. What the victim feels is measured by connecting
//! from inside its network, and what is left is read with iptables-save: neither shares code with the daemon.

#[path = "core/another_kernel.rs"]
mod another_kernel;
#[path = "core/callers.rs"]
mod callers;
#[path = "core/client.rs"]
mod client;
#[path = "core/containers.rs"]
mod containers;
#[path = "core/daemon.rs"]
mod daemon;
#[allow(dead_code, reason = "of the volumes' tests, the matrix needs a part")]
#[path = "file_io/faults.rs"]
mod faults;
#[path = "core/fuzzing.rs"]
mod fuzzing;
#[path = "core/gatecrashing.rs"]
mod gatecrashing;
#[path = "core/groups.rs"]
mod groups;
#[allow(
    dead_code,
    unsafe_code,
    reason = "of the volumes' tests, the matrix needs a part; mappings and locks have no safe wrapper"
)]
#[path = "file_io/hand.rs"]
mod hand;
#[path = "core/healing.rs"]
mod healing;
#[path = "core/jumping.rs"]
mod jumping;
#[path = "network/kernel.rs"]
mod kernel;
#[path = "core/lab.rs"]
mod lab;
#[path = "core/leases.rs"]
mod leases;
#[path = "core/ledger.rs"]
mod ledger;
#[path = "network/machine.rs"]
mod machine;
#[path = "core/matrix.rs"]
mod matrix;
#[path = "core/mutants.rs"]
mod mutants;
#[path = "core/names_again.rs"]
mod names_again;
#[path = "core/panics.rs"]
mod panics;
#[path = "core/pressing.rs"]
mod pressing;
#[path = "core/privileges.rs"]
mod privileges;
#[path = "core/renewing.rs"]
mod renewing;
#[path = "core/scene.rs"]
mod scene;
#[path = "core/seeds.rs"]
mod seeds;
#[allow(dead_code, reason = "of the volumes' tests, the matrix needs a part")]
#[path = "file_io/stage.rs"]
mod stage;
#[path = "core/standing.rs"]
mod standing;
#[path = "core/storm.rs"]
mod storm;
#[allow(dead_code, reason = "of the clock's tests, the matrix needs a part")]
#[path = "clock/victims.rs"]
mod tellers;
#[path = "core/telling.rs"]
mod telling;
#[path = "core/tickets.rs"]
mod tickets;
#[path = "core/tls.rs"]
mod tls;
#[path = "core/victims.rs"]
mod victims;
#[path = "core/vitals.rs"]
mod vitals;

/// The network of the network's tests, whose hosts are a victim, its twin and two peers.
#[allow(
    dead_code,
    unsafe_code,
    reason = "of the network's tests, the matrix needs a part; entering a namespace is a system call"
)]
mod wire {
    #[path = "../network/lab.rs"]
    pub mod lab;
    #[path = "../network/traffic.rs"]
    pub mod traffic;
}
