//! A bug in the daemon keeps no fault: a panic of any thread reverts everything on record and ends the process.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use crate::client::{Runner, a_partition};
use crate::daemon::Site;
use crate::lab::lab;

const STATE: &str = "CHAOSGATE_PANIC_IN";

#[test]
fn a_panic_reverts_what_is_on_record_and_aborts() {
    let Some(lab) = lab() else { return };
    let site = Site::new("bug");
    let before = lab.rules();
    let mut daemon = site.serve_local(&[]);
    Runner::of(&site, &daemon).inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    daemon.kill();
    assert!(lab.is_cut());
    let output = with_a_bug(&site).output().expect("it runs");
    assert_eq!(output.status.signal(), Some(6), "aborted, not unwound: {output:?}");
    assert!(!lab.is_cut() && lab.rules() == before && site.records() == 0, "reverted by the hook");
}

/// A process that has the daemon's hook and a bug.
pub fn with_a_bug(site: &Site) -> Command {
    let mut own = Command::new(std::env::current_exe().expect("a test binary"));
    own.args(["--exact", "panics::panics_with_the_daemons_hook", "--nocapture"]).env(STATE, site.state());
    own
}

/// Not a test by itself: with the variable set it is the process with the bug.
#[test]
fn panics_with_the_daemons_hook() {
    let Ok(state) = std::env::var(STATE) else { return };
    chaosgated::serve::revert_on_panic(Path::new(&state));
    let thread = std::thread::spawn(|| panic!("a bug for the test"));
    // Never returns: the hook aborts first.
    let _ = thread.join();
}
