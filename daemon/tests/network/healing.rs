use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chaosgated::effect::Receipt;
use chaosgated::effect::network::NetworkEffects;
use chaosgated::fault::{Direction, NetworkFault};

use crate::faults::{back_end, both_families, delay, during, inject, is_about, is_unharmed, partition, shaped};
use crate::lab::Lab;
use crate::traffic::{Echo, PORT, connect_ms, send_until};

#[test]
fn whoever_reads_the_receipt_can_undo_it() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let before = lab.victim.footprint();
    for fault in [shaped(Direction::Both, delay(100)), partition(Direction::Both)] {
        let daemon = NetworkEffects::new(back_end());
        let active = inject(&daemon, "run-1/a", &fault, &lab.victim).expect("injects");
        let on_disk = serde_json::to_string(&active.receipt).expect("a receipt is written down");
        let read: Receipt = serde_json::from_str(&on_disk).expect("a receipt is read back");
        NetworkEffects::new(back_end()).undo(&read).expect("another process undoes it");
        assert_eq!(lab.victim.footprint(), before);
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.peer.v4, PORT)));
        daemon.undo(&active.receipt).expect("the first process finds it already gone");
    }
}

#[test]
fn a_sweep_removes_what_is_on_no_record() {
    let lab = Lab::new();
    let before = lab.victim.footprint();
    let effects = NetworkEffects::new(back_end());
    inject(&effects, "run-1/a", &shaped(Direction::Both, delay(100)), &lab.victim).expect("injects");
    inject(&effects, "run-1/b", &partition(Direction::Both), &lab.victim).expect("injects");
    let (swept, failed) = NetworkEffects::new(back_end()).sweep(&lab.victim.as_victim());
    assert!(failed.is_empty(), "{failed:?}");
    assert!(swept.len() >= 4, "a chain or qdisc per heading and fault: {swept:?}");
    assert_eq!(lab.victim.footprint(), before);
}

#[test]
fn the_rules_of_others_stay() {
    let lab = Lab::new();
    let theirs =
        ["-t", "mangle", "-A", "OUTPUT", "-d", "192.0.2.1/32", "-m", "comment", "--comment", "CHAOSGATE-x", "-j", "DROP"];
    let placed =
        ["iptables-nft", "iptables-legacy"].map(|program| lab.victim.can_run(&[&[program], theirs.as_slice()].concat()));
    assert!(placed.contains(&true), "one of the two works on every kernel");
    // The footprint is compared inside, with their rules in it.
    during(&lab, &partition(Direction::To), |_| ());
    let effects = NetworkEffects::new(back_end());
    let (swept, failed) = effects.sweep(&lab.victim.as_victim());
    assert!(swept.is_empty() && failed.is_empty(), "{swept:?} {failed:?}");
}

#[test]
fn a_victim_that_is_gone_is_undone() {
    let mut lab = Lab::new();
    let effects = NetworkEffects::new(back_end());
    let faults = [shaped(Direction::Both, delay(100)), partition(Direction::Both)];
    let receipts = faults.each_ref().map(|fault| {
        let name = format!("run-1/{:?}", fault.act);
        inject(&effects, &name, fault, &lab.victim).expect("injects").receipt
    });
    let victim = lab.victim.as_victim();
    lab.victim.leave();
    for receipt in &receipts {
        effects.undo(receipt).expect("gone is undone");
    }
    assert_eq!(effects.residue(&victim).expect("gone has no residue"), []);
}

#[test]
fn the_probe_says_it_was_felt_only_when_traffic_showed_it() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    // With a peer named, the kernel's own multicasts do not count as traffic.
    let to_the_peer = NetworkFault { peers: both_families(&lab.peer, None), ..shaped(Direction::To, delay(100)) };
    during(&lab, &to_the_peer, |active| {
        assert!(!active.felt.measured && !active.felt.felt, "nobody sent anything: {:?}", active.felt);
    });
    let over = AtomicBool::new(false);
    let felt = thread::scope(|scope| {
        scope.spawn(|| send_until(&over, &lab.victim, &lab.peer.v4));
        let seen = [shaped(Direction::To, delay(100)), partition(Direction::To)]
            .map(|fault| during(&lab, &fault, |active| active.felt.clone()));
        over.store(true, Ordering::Relaxed);
        seen
    });
    assert!(felt.iter().all(|felt| felt.measured && felt.felt), "{felt:?}");
}

#[test]
fn the_same_fault_can_come_back_after_it_was_undone() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let effects = NetworkEffects::new(back_end());
    for _ in 0..3 {
        let active = inject(&effects, "run-1/again", &shaped(Direction::To, delay(100)), &lab.victim).expect("injects");
        assert!(is_about(connect_ms(&lab.victim, &lab.peer.v4, PORT), 100.0));
        effects.undo(&active.receipt).expect("undoes");
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.peer.v4, PORT)));
    }
}
