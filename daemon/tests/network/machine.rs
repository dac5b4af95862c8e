//! User-mode Linux: a kernel that boots in seconds as a process of this one. Its root is the host's file tree, read-only; its first
//! process is a script that runs this very test binary; and it ends with a line on its console.

use std::io::Read;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub const KERNEL: &str = "/usr/bin/linux.uml";

/// All that its console said. `words` are the test binary's own, with commas for spaces.
pub fn boot(init: &str, words: &str, patience: Duration) -> String {
    let binary = std::env::current_exe().expect("we are a file");
    let mut kernel = Command::new(KERNEL);
    kernel.args(["rootfstype=hostfs", "rootflags=/", "ro", "mem=1G", "con=null", "con0=fd:0,fd:1", "quiet"]);
    kernel.arg(format!("init={init}")).arg(format!("TEST_BINARY={}", binary.display()));
    kernel.arg(format!("TEST_WORDS={words}")).args([
        "CHAOSGATE_TEST_BACK_END=netem",
        "CHAOSGATE_TEST_IN_UML=1",
        "RUST_BACKTRACE=0",
    ]);
    kernel.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut kernel = kernel.spawn().expect("user-mode Linux starts");
    let output = kernel.stdout.take().expect("piped");
    let console = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&console);
    let hearing = thread::spawn(move || hear(output, &heard));
    let start = Instant::now();
    while kernel.try_wait().expect("our child").is_none() {
        if start.elapsed() > patience {
            kernel.kill().expect("our child");
        }
        thread::sleep(Duration::from_millis(100));
    }
    // A kernel that was killed may leave helpers that keep the console open: what it said until then is what there is.
    let end = Instant::now() + Duration::from_secs(2);
    while !hearing.is_finished() && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    String::from_utf8_lossy(&console.lock().expect("the reader does not panic")).into_owned()
}

fn hear(mut console: ChildStdout, heard: &Mutex<Vec<u8>>) {
    let mut piece = [0; 4096];
    // A console that breaks off is judged by what it said before.
    while let Ok(length @ 1..) = console.read(&mut piece) {
        heard.lock().expect("nobody panics").extend_from_slice(&piece[..length]);
    }
}
