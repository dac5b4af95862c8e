//! File faults by a daemon and its keeper as on a node: real processes as victims, in mount namespaces of their own, over a directory of
//! this machine's file system. What they feel they measure themselves; what is left is read in mountinfo, in /proc/PID/fd and from the
//! files themselves by processes that never saw the fault: none of it shares code with the daemon.

#[allow(dead_code, reason = "of what the tests of the core use, this binary needs a part")]
#[path = "core/client.rs"]
mod client;
#[path = "file_io/composing.rs"]
mod composing;
#[path = "file_io/cost.rs"]
mod cost;
#[allow(dead_code, reason = "of what the tests of the core use, this binary needs a part")]
#[path = "core/daemon.rs"]
mod daemon;
#[path = "file_io/faults.rs"]
mod faults;
#[path = "file_io/feeling.rs"]
mod feeling;
#[allow(unsafe_code, reason = "mappings and locks have no safe wrapper in the standard library")]
#[path = "file_io/hand.rs"]
mod hand;
#[path = "file_io/healing.rs"]
mod healing;
#[allow(dead_code, reason = "of what the tests of the core use, this binary needs a part")]
#[path = "core/lab.rs"]
mod lab;
#[path = "file_io/leaving.rs"]
mod leaving;
#[path = "file_io/moving.rs"]
mod moving;
#[path = "file_io/speed.rs"]
mod speed;
#[path = "file_io/stage.rs"]
mod stage;
#[path = "core/tls.rs"]
mod tls;
