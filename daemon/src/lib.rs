//! The node daemon: tickets, faults and leases come in over gRPC; effects on victims go out, each with its undo on record first.
//! It never decides what to hit, how long, or whether the experiment goes well: that is the runner's.

pub mod callers;
pub mod cgroup;
pub mod contract;
pub mod cri;
pub mod custody;
pub mod doctor;
pub mod effect;
pub mod fault;
pub mod heartbeat;
pub mod ids;
pub mod keeper;
pub mod lease;
pub mod ledger;
pub mod metrics;
pub mod node;
pub mod options;
pub mod privileges;
pub mod procfs;
pub mod recovery;
pub mod serve;
pub mod server;
pub mod stressor;
#[allow(unsafe_code, reason = "system calls without a safe wrapper live here and nowhere else")]
pub mod sys;
pub mod ticket;
pub mod victim;
