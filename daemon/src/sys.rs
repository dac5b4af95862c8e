//! The only unsafe code of the daemon, one file per kernel facility, each block under the line that says why it is sound.
//! What leaves here is safe to call and returns `std::io::Result`; nothing here knows what a fault is.

pub mod clock;
pub mod lock;
pub mod netlink;
pub mod netns;
pub mod nfqueue;
pub mod poll;
pub mod process;
pub mod raw_socket;
