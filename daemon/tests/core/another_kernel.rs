//! What needs a kernel that nobody else lives on.

use crate::kernel::passes_there;

#[test]
fn another_kernel_whose_clock_jumps_ends_faults_on_time() {
    let test = "jumping::a_clock_that_jumps_by_an_hour_moves_neither_leases_nor_deadlines";
    passes_there(&format!("--ignored,--exact,{test},--nocapture"), test);
}
