//! The control of the sanitizer suite: a mistake that only a sanitizer sees is seen. Meaningless without one, so `cargo test` leaves it out.
#![allow(unsafe_code, reason = "the mistake that is to be found can only be made in unsafe code")]

use std::process::Command;

const MISTAKE: &str = "CHAOSGATE_MISTAKE";

#[test]
fn a_use_of_freed_memory_is_found() {
    let own = std::env::current_exe().expect("a test binary");
    let mut command = Command::new(own);
    command.args(["--exact", "makes_a_mistake", "--nocapture"]);
    let well = command.output().expect("it runs");
    assert!(well.status.success(), "without the mistake nothing is found: {well:?}");
    let output = command.env(MISTAKE, "1").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it ended well");
    assert!(said.contains("AddressSanitizer: heap-use-after-free"), "{said}");
}

/// Not a test by itself: with the variable set it reads what it has given back.
#[test]
fn makes_a_mistake() {
    if std::env::var(MISTAKE).is_err() {
        return;
    }
    let given_back: *const u64 = {
        let owned = Box::new(7);
        &raw const *std::hint::black_box(&owned).as_ref()
    };
    // SAFETY: there is none, which is the point: the box is gone.
    println!("{}", unsafe { std::ptr::read_volatile(given_back) });
}
