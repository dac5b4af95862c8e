//! The host's kernel may lack sch_netem. Debian's user-mode Linux has it, boots in seconds as a process, and runs this very
//! test binary on the netem back end; its root is the host's file tree, read-only, and it ends with a line on its console.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const KERNEL: &str = "/usr/bin/linux.uml";
const INIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/another_kernel_init.sh");
const PATIENCE: Duration = Duration::from_secs(420);

#[test]
fn another_kernel_with_netem_passes_the_same_tests() {
    if !Path::new(KERNEL).exists() {
        let is_required = ["CI", "CHAOSGATE_REQUIRE"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!is_required, "{KERNEL} is missing: apt-get install user-mode-linux kmod");
        eprintln!("skipped: {KERNEL} is missing, so netem was not tested (apt-get install user-mode-linux kmod)");
        return;
    }
    let console = boot();
    assert!(console.contains("test result: ok") && console.contains("ended with 0"), "the other kernel said:\n{console}");
    assert!(console.contains("delaying::a_delay_to_the_peers_is_felt_once_per_connection"), "it ran our tests:\n{console}");
}

fn boot() -> String {
    let binary = std::env::current_exe().expect("we are a file");
    let mut kernel = Command::new(KERNEL);
    kernel.args(["rootfstype=hostfs", "rootflags=/", "ro", "mem=1G", "con=null", "con0=fd:0,fd:1", "quiet"]);
    kernel.arg(format!("init={INIT}")).arg(format!("TEST_BINARY={}", binary.display()));
    kernel.args(["CHAOSGATE_TEST_BACK_END=netem", "CHAOSGATE_TEST_IN_UML=1", "RUST_BACKTRACE=0"]);
    kernel.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut kernel = kernel.spawn().expect("user-mode Linux starts");
    let mut output = kernel.stdout.take().expect("piped");
    let console = thread::spawn(move || {
        let mut text = Vec::new();
        // A console that breaks off is judged by what it said before.
        let _ = std::io::Read::read_to_end(&mut output, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let start = Instant::now();
    while kernel.try_wait().expect("our child").is_none() {
        if start.elapsed() > PATIENCE {
            kernel.kill().expect("our child");
        }
        thread::sleep(Duration::from_millis(100));
    }
    console.join().expect("the reader does not panic")
}
