//! Who may call, by real handshakes, and certificates that change under a living daemon.

use chaosgated::contract::CapabilitiesRequest;
use chaosgated::contract::node_daemon_service_client::NodeDaemonServiceClient;
use tonic::transport::{ClientTlsConfig, Endpoint};

use crate::client::{Runner, a_partition};
use crate::daemon::{Daemon, Site};
use crate::lab::lab;
use crate::tls::Authority;

/// TLS 1.3 tells the client only with the first answer, so a refusal shows at connecting or at the first call.
fn is_answered(daemon: &Daemon, tls: ClientTlsConfig) -> bool {
    matches!(Runner::connect(daemon, tls).map(|mut runner| runner.capabilities()), Ok(Ok(_)))
}

#[test]
fn nobody_calls_without_a_runners_certificate_of_the_right_authority() {
    let site = Site::new("mtls");
    let daemon = site.serve_local(&[]);
    let stranger = Authority::new();
    let ours = &site.authority;
    let callers = [
        ("none", ours.client(None)),
        ("a stranger's", ours.client(Some(&stranger))),
        ("a daemon's", ours.client_named(Some((ours, "localhost")))),
        ("one that has expired", ours.client_of(2000..=2001)),
        ("one that is not valid yet", ours.client_of(4000..=4001)),
    ];
    for (name, shown) in callers {
        assert!(!is_answered(&daemon, shown), "a caller with {name} was answered");
    }
    assert!(is_answered(&daemon, ours.client_of(2000..=4000)), "a certificate that is valid now");
    assert!(!is_answered_in_plain_text(&daemon), "a caller without TLS was answered");
    let mut runner = Runner::of(&site, &daemon);
    let answer = runner.capabilities().expect("a certificate of the right authority");
    assert_eq!((answer.node.as_str(), answer.lease.expect("terms").expires_after_us), ("n1", 45_000_000));
    assert!(answer.capabilities.iter().any(|found| found.effect == "process-kill" && found.available));
    assert!(answer.tcp.is_some_and(|tcp| tcp.rmem > 4096 && tcp.wmem > 4096 && !tcp.congestion_control.is_empty()));
}

/// Over HTTP/2 without TLS, as a runner would call otherwise.
fn is_answered_in_plain_text(daemon: &Daemon) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", daemon.port)).expect("an address");
        match endpoint.connect().await {
            Ok(channel) => NodeDaemonServiceClient::new(channel).capabilities(CapabilitiesRequest {}).await.is_ok(),
            Err(_) => false,
        }
    })
}

#[test]
fn another_name_may_be_asked_of_callers() {
    let site = Site::new("client-name");
    let daemon = site.serve_local(&["--client-name", "night-shift.example"]);
    let named = |name| site.authority.client_named(Some((&site.authority, name)));
    assert!(is_answered(&daemon, named("night-shift.example")));
    assert!(!is_answered(&daemon, named("chaosgate-runner")));
}

#[test]
fn certificates_are_rotated_under_a_living_daemon_and_its_fault() {
    let Some(lab) = lab() else { return };
    let site = Site::new("rotation");
    let daemon = site.serve_local(&[]);
    let mut before = Runner::of(&site, &daemon);
    before.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    let next = Authority::new();
    assert!(!is_answered(&daemon, next.client(Some(&next))), "nobody has heard of it yet");
    next.write_server_files(&site.dir);
    let mut after = Runner::connect(&daemon, next.client(Some(&next))).expect("the new certificates serve");
    assert!(!is_answered(&daemon, site.authority.client(Some(&site.authority))), "the old authority signs for nobody now");
    after.renew("t1-0", 1).expect("the run is the same");
    before.renew("t1-0", 1).expect("a connection from before goes on");
    assert!(lab.is_cut(), "the fault stood all the while");
    after.revert("t1-0", "f1", 1).expect("reverts");
    assert!(!lab.is_cut());
}

#[test]
fn certificates_that_cannot_be_used_leave_those_of_before_in_use() {
    let site = Site::new("half-rotated");
    let daemon = site.serve_local(&[]);
    let next = Authority::new();
    let [certificate, key] = ["tls.pem", "tls.key"].map(|name| site.dir.join(name));
    let kept = std::fs::read(&certificate).expect("written for the daemon");
    next.write_server_files(&site.dir);
    for half in [kept, b"not PEM".to_vec(), Vec::new()] {
        std::fs::write(&certificate, half).expect("writable");
        assert!(is_answered(&daemon, site.authority.client(Some(&site.authority))), "as before");
        assert!(!is_answered(&daemon, next.client(Some(&next))));
    }
    std::fs::remove_file(&key).expect("writable");
    assert!(is_answered(&daemon, site.authority.client(Some(&site.authority))), "also without a key file");
    next.write_server_files(&site.dir);
    assert!(is_answered(&daemon, next.client(Some(&next))), "whole again");
}
