//! What a node says of itself: metrics to a scraper on the node, and the doctor's words to people and to programs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::client::{Runner, a_partition};
use crate::daemon::Site;
use crate::lab::lab;

/// HTTP by hand, so that nothing of the daemon's own is believed.
fn get(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(8))).expect("a socket");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers and closes");
    answer
}

fn scrape(port: u16) -> String {
    get(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn value(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// A port that was free a moment ago.
fn a_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

#[test]
fn metrics_follow_a_fault_from_its_inject_to_its_revert() {
    let Some(lab) = lab() else { return };
    let site = Site::new("metrics");
    let port = a_port();
    let daemon = site.serve_local(&["--metrics-listen", &format!("127.0.0.1:{port}")]);
    let mut runner = Runner::of(&site, &daemon);
    let active = "chaosgated_active_faults{effect=\"partition\"}";
    let before = scrape(port);
    assert!(before.starts_with("HTTP/1.1 200 OK\r\n") && before.contains("text/plain; version=0.0.4"), "{before}");
    assert_eq!((value(&before, active), value(&before, "chaosgated_reverts_total")), (None, Some(0)));
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    runner.inject(a_partition(&site, "f2", 1)).expect_err("pid 1");
    let during = scrape(port);
    assert_eq!((value(&during, active), value(&during, "chaosgated_refusals_total")), (Some(1), Some(1)));
    runner.revert("t1-0", "", 1).expect("reverted");
    let after = scrape(port);
    assert_eq!((value(&after, active), value(&after, "chaosgated_reverts_total")), (None, Some(1)));
    assert_eq!(value(&after, "chaosgated_injects_total{effect=\"partition\"}"), Some(1));
    assert!(!after.contains("shop") && !after.contains("t1-0"), "no name of a victim or a run is in it");
}

#[test]
fn nothing_but_metrics_is_answered_and_nobody_holds_the_daemon_up() {
    let site = Site::new("scraper");
    let port = a_port();
    let daemon = site.serve_local(&["--metrics-listen", &format!("127.0.0.1:{port}")]);
    for request in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"] {
        assert!(get(port, request).starts_with("HTTP/1.1 404"), "{request}");
    }
    assert!(get(port, "\x16\x03\x01 not http\r\n\r\n").starts_with("HTTP/1.1 400"));
    let silent: Vec<TcpStream> =
        (0..20).map(|_| TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).expect("a queue")).collect();
    Runner::of(&site, &daemon).capabilities().expect("its own port answers");
    drop(silent);
    assert!(scrape(port).contains("chaosgated_build_info"), "and scrapers are answered again");
}

#[test]
fn the_doctor_says_the_same_to_people_and_to_programs() {
    let site = Site::new("doctor");
    let doctor = |more: &[&str]| {
        let words = [&["doctor", "--cri-endpoint", "/nonexistent/cri.sock"], more].concat();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_chaosgated")).args(words).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let ((for_people, text), (for_programs, json)) = (doctor(&[]), doctor(&["--json"]));
    let said: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(for_people, for_programs);
    let effects = said["effects"].as_array().expect("effects");
    for effect in ["partition", "process-kill", "process-freeze", "cpu-pressure", "memory-pressure"] {
        let found = effects.iter().find(|found| found["effect"] == effect).unwrap_or_else(|| panic!("no {effect}: {json}"));
        assert!(found["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{found}");
        assert!(text.contains(effect), "{text}");
    }
    assert_eq!(said["runtime"]["reachable"], false);
    assert!(text.contains("/nonexistent/cri.sock"), "{text}");
    drop(site);
}
