use chaosgated::effect::BackEnd;
use chaosgated::effect::network::NetworkEffects;
use chaosgated::fault::Direction;

use crate::faults::{delay, inject, is_about, is_unharmed, partition, shaped};
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
