use std::time::Duration;

use chaosgated::fault::{Direction, NetworkFault};

use crate::faults::{both_families, during, is_unharmed, partition};
use crate::lab::Lab;
use crate::traffic::{Conversation, Echo, PORT, connect, connect_ms};

const A_WHILE: Duration = Duration::from_millis(400);
/// TCP tries again at growing distances; after a partition of about a second the next try comes within this.
const RETRANSMISSION: Duration = Duration::from_secs(5);

#[test]
fn a_partition_stops_new_and_established_connections_and_only_to_the_named_peer() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    for direction in [Direction::To, Direction::From, Direction::Both] {
        let mut old = [&lab.peer.v4, &lab.peer.v6].map(|address| Conversation::start(&lab.victim, address));
        assert!(old.iter_mut().all(|talk| talk.carries_within(A_WHILE)), "{direction:?}: healthy before");
        let fault = NetworkFault { peers: both_families(&lab.peer, None), ..partition(direction) };
        during(&lab, &fault, |_| {
            assert!(!old.iter_mut().any(|talk| talk.carries_within(A_WHILE)), "{direction:?}: established flows are cut");
            assert_eq!(connect(&lab.victim, &lab.peer.v4, PORT), None, "{direction:?}");
            assert!(is_unharmed(connect_ms(&lab.victim, &lab.other.v4, PORT)), "{direction:?}: the other peer answers");
            assert!(is_unharmed(connect_ms(&lab.victim, &lab.other.v6, PORT)), "{direction:?}: the other peer answers");
            assert!(is_unharmed(connect_ms(&lab.twin, &lab.peer.v4, PORT)), "{direction:?}: the twin is served");
        });
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.peer.v6, PORT)), "{direction:?}: healed");
        assert!(old.iter_mut().all(|talk| talk.hears_within(RETRANSMISSION)), "{direction:?}: what was said is heard");
    }
}

#[test]
fn a_partition_from_everybody_spares_the_exempt() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    let fault = NetworkFault { exempt: both_families(&lab.other, None), ..partition(Direction::Both) };
    during(&lab, &fault, |_| {
        assert_eq!(connect(&lab.victim, &lab.peer.v6, PORT), None);
        for address in [&lab.other.v4, &lab.other.v6] {
            assert!(is_unharmed(connect_ms(&lab.victim, address, PORT)), "{address} is exempt");
        }
    });
}
