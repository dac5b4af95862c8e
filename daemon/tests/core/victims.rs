//! Who may be hit and who may call, and what a kill does.

use std::process::Command;

use chaosgated::contract::{InjectRequest, NetworkFault, ProcessFault, Victim, inject_request, victim};
use tonic::Code;

use crate::client::{Runner, a_partition, by_pid};
use crate::daemon::Site;
use crate::lab::{self, lab};

fn a_kill(site: &Site, pid: u32) -> InjectRequest {
    let fault = Some(inject_request::Fault::Process(ProcessFault { signal: 9 }));
    InjectRequest { fault, ..a_partition(site, "f1", pid) }
}

#[test]
fn a_kill_ends_the_victim_and_needs_no_undo() {
    let Some(lab) = lab() else { return };
    let site = Site::new("kill");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let receipt = runner.inject(a_kill(&site, lab.victim_pid())).expect("a permitted kill").receipt.expect("a receipt");
    let felt = receipt.felt.expect("felt");
    assert!(felt.measured && felt.felt, "{felt:?}");
    assert_eq!((receipt.effect.as_str(), receipt.back_end.as_str()), ("process-kill", "signal"));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", lab.victim_pid())).expect("a zombie, until it is waited for");
    assert!(stat.contains(") Z "), "{stat}");
    assert_eq!(runner.revert("t1-0", "", 1).expect("nothing to undo").reverted, 1);
    assert_eq!(site.records(), 0);
}

#[test]
fn processes_that_must_not_be_hit_are_refused() {
    let Some(lab) = lab() else { return };
    let site = Site::new("deny");
    let daemon = site.serve_local(&["--cri-endpoint", "/nonexistent/cri.sock"]);
    let mut runner = Runner::of(&site, &daemon);
    let mut beside = Command::new("sleep").arg("60").spawn().expect("sleep runs");
    let container = victim::Target::ContainerId("containerd://abc".to_owned());
    let unnamed = Victim { target: None, ..by_pid(1) };
    let cases = [
        (by_pid(1), Code::PermissionDenied, "one of the processes above it"),
        (by_pid(daemon.child.id()), Code::PermissionDenied, "is this daemon"),
        (by_pid(std::process::id()), Code::PermissionDenied, "one of the processes above it"),
        (by_pid(beside.id()), Code::PermissionDenied, "shares the network namespace"),
        (by_pid(4_000_000), Code::NotFound, "is not running"),
        (Victim { target: Some(container), ..by_pid(1) }, Code::FailedPrecondition, "no container runtime listens at"),
        (unnamed, Code::InvalidArgument, "set container_id or local_pid"),
    ];
    for (victim, code, expected) in cases {
        let request = InjectRequest { victim: Some(victim), ..a_kill(&site, lab.victim_pid()) };
        let refused = runner.inject(request).expect_err(expected);
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(expected), "expected {expected:?} in {:?}", refused.message());
    }
    assert!(beside.try_wait().expect("our own child").is_none(), "the neighbour lives");
    lab::end(&mut beside);
}

#[test]
fn local_victims_need_the_flag() {
    let Some(lab) = lab() else { return };
    let site = Site::new("flag");
    let daemon = site.serve(&[]);
    let refused = Runner::of(&site, &daemon).inject(a_kill(&site, lab.victim_pid())).expect_err("no flag");
    assert!(refused.message().contains("--allow-local-victims"), "{refused}");
}

#[test]
fn what_cannot_be_meant_is_an_invalid_argument_with_its_place() {
    let Some(lab) = lab() else { return };
    let site = Site::new("invalid");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let good = || a_partition(&site, "f1", lab.victim_pid());
    let no_direction =
        inject_request::Fault::Network(NetworkFault { partition: Some(Default::default()), ..Default::default() });
    let cases = [
        (InjectRequest { fault: Some(no_direction), ..good() }, "network.direction is 0"),
        (InjectRequest { fault: None, ..good() }, "names no fault"),
        (InjectRequest { run_id: "../t1".to_owned(), ..good() }, "run_id has the character"),
        (InjectRequest { fault_id: String::new(), ..good() }, "fault_id is empty"),
        (InjectRequest { epoch: 0, ..good() }, "epoch is 1 or more"),
    ];
    for (request, expected) in cases {
        let refused = runner.inject(request).expect_err(expected);
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains(expected), "expected {expected:?} in {:?}", refused.message());
    }
    let huge = InjectRequest { fault_id: "x".repeat(200_000), ..good() };
    assert_eq!(runner.inject(huge).expect_err("too large").code(), Code::OutOfRange);
}
