use chaosgated::effect::BackEnd;
use chaosgated::effect::network::NetworkEffects;
use chaosgated::fault::{Bandwidth, BytesPerSecond, Direction, NetworkAct, NetworkFault};

use crate::faults::{delay, during_by, inject, is_about, is_unharmed, partition, shaped};
use crate::lab::Lab;
use crate::traffic::{Echo, PORT, connect, connect_ms};

#[test]
fn two_delays_on_one_victim_add_up_and_end_independently() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let before = lab.victim.footprint();
    let effects = NetworkEffects::new(BackEnd::Auto);
    for direction in [Direction::To, Direction::From] {
        let first = inject(&effects, "run-1/a", &shaped(direction, delay(60)), &lab.victim).expect("the first fault");
        let second = inject(&effects, "run-2/a", &shaped(direction, delay(80)), &lab.victim).expect("the second fault");
        let together = connect_ms(&lab.victim, &lab.peer.v4, PORT);
        effects.undo(&first.receipt).expect("undoes the first");
        let alone = connect_ms(&lab.victim, &lab.peer.v4, PORT);
        effects.undo(&second.receipt).expect("undoes the second");
        let healed = connect_ms(&lab.victim, &lab.peer.v4, PORT);
        assert!(is_about(together, 140.0) && is_about(alone, 80.0), "{direction:?}: {together} ms, then {alone} ms");
        assert!(is_unharmed(healed), "{direction:?}: {healed} ms after both");
        assert_eq!(lab.victim.footprint(), before);
    }
}

#[test]
fn a_partition_and_a_delay_on_one_victim_end_independently() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let effects = NetworkEffects::new(crate::faults::back_end());
    let slow = inject(&effects, "run-1/slow", &shaped(Direction::To, delay(100)), &lab.victim).expect("the delay");
    let cut = inject(&effects, "run-2/cut", &partition(Direction::Both), &lab.victim).expect("the partition");
    assert_eq!(connect(&lab.victim, &lab.peer.v4, PORT), None);
    effects.undo(&cut.receipt).expect("undoes the partition");
    assert!(is_about(connect_ms(&lab.victim, &lab.peer.v4, PORT), 100.0));
    effects.undo(&slow.receipt).expect("undoes the delay");
    assert!(is_unharmed(connect_ms(&lab.victim, &lab.peer.v4, PORT)));
}

fn slow_line() -> NetworkFault {
    let rate = BytesPerSecond::new(1_000_000).expect("not zero");
    let act = NetworkAct::Bandwidth(Bandwidth { rate, limit: 1_000_000, buffer: 10_000, peak: None });
    NetworkFault { act, ..NetworkFault::partition(Direction::To) }
}

#[test]
fn one_run_may_use_both_back_ends_and_says_which_fault_went_by_which() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let before = lab.victim.footprint();
    let effects = NetworkEffects::new(BackEnd::Auto);
    let limited = inject(&effects, "run-1/limited", &slow_line(), &lab.victim).expect("the bandwidth");
    let slow = inject(&effects, "run-1/slow", &shaped(Direction::To, delay(100)), &lab.victim).expect("the delay");
    // The kernel has sch_tbf; it has no netem, or netem finds the root taken.
    assert_eq!([limited.receipt.back_end(), slow.receipt.back_end()], ["tbf", "packet-queue"]);
    assert!(lab.victim.run(&["tc", "qdisc", "show", "dev", "eth0"]).contains("qdisc tbf"), "as tc sees it too");
    assert!(is_about(connect_ms(&lab.victim, &lab.peer.v4, PORT), 100.0));
    effects.undo(&limited.receipt).expect("undoes the first");
    assert!(is_about(connect_ms(&lab.victim, &lab.peer.v4, PORT), 100.0), "the second stays");
    effects.undo(&slow.receipt).expect("undoes the second");
    assert_eq!(lab.victim.footprint(), before);
}

#[test]
fn a_tree_of_qdiscs_that_somebody_else_planted_is_never_touched() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for words in [
        "qdisc add dev eth0 root handle 7: htb default 20",
        "class add dev eth0 parent 7: classid 7:10 htb rate 10mbit",
        "class add dev eth0 parent 7: classid 7:20 htb rate 1gbit",
        "filter add dev eth0 parent 7: protocol ip prio 5 u32 match ip dport 25 0xffff flowid 7:10",
        "qdisc add dev eth0 ingress",
    ] {
        lab.victim.run(&[&["tc"], words.split(' ').collect::<Vec<_>>().as_slice()].concat());
    }
    let tree = || ["qdisc", "class", "filter"].map(|kind| lab.victim.run(&["tc", kind, "show", "dev", "eth0"])).join("\n");
    let planted = tree();
    assert!(planted.contains("htb 7:") && planted.contains("7:10"), "{planted}");
    for fault in [shaped(Direction::Both, delay(50)), NetworkFault { direction: Direction::Both, ..slow_line() }] {
        during_by(BackEnd::Auto, &lab, &fault, |active| {
            assert_eq!(active.receipt.back_end(), "packet-queue", "the queue composes where the root is taken");
            assert_eq!(tree(), planted, "during the fault");
        });
        assert_eq!(tree(), planted, "after the fault");
    }
    let refused = inject(&NetworkEffects::new(BackEnd::Netem), "run-1/x", &slow_line(), &lab.victim).err().expect("refused");
    assert!(refused.to_string().contains("htb set from outside holds its root"), "{refused}");
}
