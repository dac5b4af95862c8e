//! Faults as the tests say them, and one way to put one on a victim, look, and take it off again.

use std::time::Duration;

use chaosgated::effect::network::{NetworkEffects, NetworkError};
use chaosgated::effect::{BackEnd, Felt, Receipt};
use chaosgated::fault::{Direction, Fault, Netem, NetworkAct, NetworkFault, Peer, Percent};

use crate::lab::{Host, Lab};

pub const DELAY_MS: f64 = 100.0;

/// The back end under test; the tests that boot another kernel set it.
pub fn back_end() -> BackEnd {
    match std::env::var("CHAOSGATE_TEST_BACK_END").as_deref() {
        Ok("netem") => BackEnd::Netem,
        Ok("packet-queue") => BackEnd::PacketQueue,
        _ => BackEnd::Auto,
    }
}

pub fn still() -> Netem {
    Netem { seed: Some(11), ..Netem::default() }
}

pub fn delay(milliseconds: u64) -> Netem {
    Netem { delay: Duration::from_millis(milliseconds), ..still() }
}

pub fn percent(value: f32) -> Percent {
    Percent::try_from(value).expect("a percentage")
}

pub fn shaped(direction: Direction, netem: Netem) -> NetworkFault {
    NetworkFault { act: NetworkAct::Netem(netem), ..NetworkFault::partition(direction) }
}

pub fn partition(direction: Direction) -> NetworkFault {
    NetworkFault::partition(direction)
}

/// Both addresses of a host, optionally one port of it.
pub fn both_families(host: &Host, port: Option<u16>) -> Vec<Peer> {
    let peer = |address: &str, prefix| Peer { address: address.parse().expect("an address of the lab"), prefix, port };
    vec![peer(&host.v4, 32), peer(&host.v6, 128)]
}

/// A fault in place.
pub struct Active {
    pub receipt: Receipt,
    pub felt: Felt,
}

pub fn inject(effects: &NetworkEffects, name: &str, fault: &NetworkFault, host: &Host) -> Result<Active, NetworkError> {
    let fault = Fault::Network(fault.clone());
    let receipt = effects.plan(name, &fault, &host.as_victim())?;
    let felt = effects.apply(&receipt, &fault)?;
    Ok(Active { receipt, felt })
}

/// Puts the fault on the lab's victim while `look` looks. The victim's footprint is the same afterwards as before,
/// the residue sees the fault while it is there and nothing afterwards, and undoing again is fine.
pub fn during<T>(lab: &Lab, fault: &NetworkFault, look: impl FnOnce(&Active) -> T) -> T {
    during_by(back_end(), lab, fault, look)
}

/// The same by a certain back end.
pub fn during_by<T>(back_end: BackEnd, lab: &Lab, fault: &NetworkFault, look: impl FnOnce(&Active) -> T) -> T {
    let effects = NetworkEffects::new(back_end);
    let before = lab.victim.footprint();
    let active = inject(&effects, "run-1/fault-1", fault, &lab.victim).unwrap_or_else(|error| panic!("{error}"));
    let meanwhile = lab.victim.footprint();
    assert_ne!(before, meanwhile, "a fault in place is seen from outside");
    assert!(!effects.residue(&lab.victim.as_victim()).expect("looks").is_empty(), "a fault in place is residue");
    let seen = look(&active);
    effects.undo(&active.receipt).expect("undoes");
    assert_eq!(lab.victim.footprint(), before, "nothing is left");
    assert_eq!(effects.residue(&lab.victim.as_victim()).expect("looks"), []);
    effects.undo(&active.receipt).expect("undoing twice is fine");
    seen
}

/// Within ten percent above, and never below: nothing arrives early (where the clock is the machine's own).
pub fn is_about(found_ms: f64, expected_ms: f64) -> bool {
    found_ms >= expected_ms * 0.99 - slack_ms() / 3.0 && found_ms <= expected_ms * 1.10 + slack_ms()
}

pub fn is_unharmed(found_ms: f64) -> bool {
    found_ms < 10.0 + slack_ms()
}

/// A kernel that runs as a process of another schedules coarsely, and its clock comes in ticks of 10 ms under load.
pub fn slack_ms() -> f64 {
    if std::env::var("CHAOSGATE_TEST_IN_UML").is_ok() { 15.0 } else { 0.0 }
}
