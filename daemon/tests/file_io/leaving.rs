//! Whatever the victim did during the fault, undoing it ends, and brings back all that can be brought back.

use std::fs;
use std::time::{Duration, Instant};

use chaosgated::contract::FileMethod as M;

use crate::faults::error;
use crate::stage::{Stage, stage};

fn volume(stage: &Stage) -> String {
    stage.volume.display().to_string()
}

#[test]
fn closing_that_is_answered_with_an_error_closes_all_the_same() {
    let Some(mut stage) = stage("closing") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.inject("f1", error(&at, libc::EIO, &[M::Release, M::Releasedir])).expect("a permitted fault");
    stage.victim.does(&format!("churn {path} 50")).text();
    stage.victim.does(&format!("churn {at}/sub 50")).text();
    // The kernel tells of the last closing without waiting for an answer.
    let asked = Instant::now();
    while open_below(&stage) > 0 {
        assert!(asked.elapsed() < Duration::from_secs(5), "the daemon holds {} files", open_below(&stage));
        std::thread::sleep(Duration::from_millis(5));
    }
    stage.revert("f1");
    stage.assert_nothing_left();
}

/// Files of the volume that the daemon has open, besides the volume itself.
fn open_below(stage: &Stage) -> usize {
    let fds = fs::read_dir(format!("/proc/{}/fd", stage.daemon.child.id())).expect("alive").map_while(Result::ok);
    let links = fds.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter(|link| link.starts_with(&stage.volume) && *link != stage.volume).count()
}
