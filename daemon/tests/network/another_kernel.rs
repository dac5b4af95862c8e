//! The host's kernel may lack sch_netem. User-mode Linux has it, and runs these very tests on the netem back end.

use crate::kernel::passes_there;

#[test]
fn another_kernel_with_netem_passes_the_same_tests() {
    let tests = "--skip,another_kernel,--skip,partitioning,--skip,resetting,--skip,statistics,--skip,large_sends,\
                 --skip,accuracy,--skip,pacing,--skip,naming";
    passes_there(tests, "delaying::a_delay_to_the_peers_is_felt_once_per_connection");
}

#[test]
#[ignore = "takes minutes: in make test-full"]
fn another_kernel_measures_both_back_ends_and_paces_and_follows_names_by_its_own() {
    passes_there("accuracy,pacing,naming", "accuracy::a_delay_is_exact_at_every_rate");
}
