//! Tests of this very binary that must pass in user-mode Linux.

use std::path::Path;
use std::time::Duration;

use crate::machine::{KERNEL, boot};

const INIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/another_kernel_init.sh");
const PATIENCE: Duration = Duration::from_secs(420);

/// `words` are the test binary's own, with commas for spaces; `one` is a test that must have run among them.
pub fn passes_there(words: &str, one: &str) {
    if !Path::new(KERNEL).exists() {
        let is_required = ["CI", "CHAOSGATE_REQUIRE"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!is_required, "{KERNEL} is missing: apt-get install user-mode-linux kmod");
        eprintln!("skipped: {KERNEL} is missing, so nothing was tested there (apt-get install user-mode-linux kmod)");
        return;
    }
    let console = boot(INIT, words, PATIENCE);
    assert!(console.contains("test result: ok") && console.contains("ended with 0"), "the other kernel said:\n{console}");
    assert!(console.contains(one), "it ran our tests:\n{console}");
    println!("{console}");
}
