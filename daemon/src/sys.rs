//! The only unsafe code of the daemon, one file per kernel facility, each block under the line that says why it is sound.
//! What leaves here is safe to call and returns `std::io::Result`; nothing here knows what a fault is.

pub mod capabilities;
pub mod cgroup_ns;
pub mod clock;
pub mod exec_events;
pub mod file;
pub mod fuse;
pub mod inject;
pub mod lock;
pub mod memory;
pub mod mount;
pub mod netlink;
pub mod netns;
pub mod nfqueue;
pub mod passing;
pub mod poll;
pub mod process;
pub mod ptrace;
pub mod raw_socket;
pub mod rooted;
pub mod urgency;
pub mod xattr;
