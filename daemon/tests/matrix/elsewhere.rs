//! The network's rows on another kernel: the host's may lack sch_netem, and Debian's user-mode Linux has it. The whole daemon runs there,
//! from the host's file tree, which is read-only; what the cells say comes over the console.

use std::path::Path;

use super::table::write_down;
use crate::machine::{KERNEL, boot};

const INIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/another_kernel_init.sh");
const CELLS: &str = "--ignored,--nocapture,--exact,matrix::every_cell_of_the_network_passes";

#[test]
#[ignore = "takes ten minutes: in make test-full"]
fn another_kernel_passes_every_cell_of_the_network_by_real_netem() {
    if !Path::new(KERNEL).exists() {
        assert!(!crate::lab::must_run(), "{KERNEL} is missing: apt-get install user-mode-linux kmod");
        return println!("skipped: {KERNEL} is missing (apt-get install user-mode-linux kmod)");
    }
    let console = boot(INIT, CELLS, std::time::Duration::from_secs(1500));
    // What a kernel says between two words stands before the line or behind it.
    let cells = console.lines().filter_map(|line| line.split_once("cell {")).map(|(_, cell)| format!("{{{cell}"));
    cells.for_each(|cell| write_down(cell.trim_end()));
    assert!(console.contains("test result: ok") && console.contains("ended with 0"), "the other kernel said:\n{console}");
}
