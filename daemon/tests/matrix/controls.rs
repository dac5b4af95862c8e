//! The controls: a cell fails where the undo is disabled, where nothing was done, and where somebody else is hit.

use chaosgated::contract::{InjectRequest, inject_request};

use super::outcome_of;
use super::table::{Column, Outcome, Shape};
use super::trial::{Seen, Trial};
use super::wires::Wire;
use crate::daemon::Site;
use crate::lab;

/// How a partition is spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoiled {
    /// A rule that no daemon takes away cuts the victim too: whatever undoes the fault, the victim is as if nobody had.
    WithoutUndo,
    /// It is asked for on a port that nobody uses.
    WithoutEffect,
    /// A rule cuts the twin too.
    OnTheTwinToo,
}

struct Spoilt {
    wire: Wire,
    how: Spoiled,
}

impl Spoilt {
    fn new(how: Spoiled, column: Column) -> Spoilt {
        let site = Site::new(&format!("matrix-control-{how:?}-{}", column.name()));
        Spoilt { wire: Wire::new(Shape::Partition, site), how }
    }
}

impl Trial for Spoilt {
    fn site(&self) -> &Site {
        self.wire.site()
    }

    fn request(&self, run: &str) -> InjectRequest {
        let mut request = self.wire.request(run);
        if let (Spoiled::WithoutEffect, Some(inject_request::Fault::Network(fault))) = (self.how, request.fault.as_mut()) {
            fault.peers.iter_mut().for_each(|peer| peer.port = 1);
        }
        request
    }

    fn feels(&mut self) -> Seen {
        self.wire.feels()?;
        match self.how {
            Spoiled::WithoutUndo => self.wire.cut_by_hand(),
            Spoiled::OnTheTwinToo => self.wire.cut_the_twin_by_hand(),
            Spoiled::WithoutEffect => {}
        }
        Ok(())
    }

    fn is_healed(&mut self) -> Seen {
        self.wire.is_healed()
    }

    fn neighbours_are_well(&mut self) -> Seen {
        self.wire.neighbours_are_well()
    }

    fn marks(&self) -> Vec<String> {
        self.wire.marks()
    }

    fn kill_victim(&mut self) {
        self.wire.kill_victim();
    }
}

/// Each of these cells passes for a partition that is not spoiled: `every_cell_of_the_network_passes`.
fn fail(cells: &[(Spoiled, Column)]) {
    if !lab::can_have_labs() {
        return;
    }
    for (how, column) in cells {
        let outcome = outcome_of(*column, &mut Spoilt::new(*how, *column));
        println!("{how:?}, {}: {outcome:?}", column.name());
        assert!(matches!(outcome, Outcome::Failed(_)), "{how:?}: {} says {outcome:?}", column.name());
    }
}

#[test]
fn a_cell_fails_without_effect_without_undo_and_where_another_is_hit() {
    fail(&[
        (Spoiled::WithoutEffect, Column::Felt),
        (Spoiled::OnTheTwinToo, Column::Neighbours),
        (Spoiled::WithoutUndo, Column::Twice),
    ]);
}

#[test]
#[ignore = "takes half a minute: in make test-full"]
fn no_way_to_end_a_fault_passes_where_its_undo_is_disabled() {
    let ends =
        [Column::Felt, Column::Sigterm, Column::Restart, Column::Keeper, Column::Lease, Column::Deadline, Column::Overlap];
    fail(&ends.map(|column| (Spoiled::WithoutUndo, column)));
}
