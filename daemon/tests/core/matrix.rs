//! Every effect, whatever happens to whom: a row for each effect, a column for each way in which a fault is felt or ends, and a cell
//! that passes, fails, or says why it cannot be. Each cell has a daemon, a victim and a neighbour of its own.
//! `make test` runs `A_CELL_OF_EACH`, `make test-full` all of them; `scripts/matrix.ts` prints the table.

#[path = "../matrix/acts.rs"]
mod acts;
#[path = "../matrix/clocks.rs"]
mod clocks;
#[path = "../matrix/columns.rs"]
mod columns;
#[path = "../matrix/controls.rs"]
mod controls;
#[path = "../matrix/elsewhere.rs"]
mod elsewhere;
#[path = "../matrix/files.rs"]
mod files;
#[path = "../matrix/kills.rs"]
mod kills;
#[path = "../matrix/table.rs"]
mod table;
#[path = "../matrix/trial.rs"]
mod trial;
#[path = "../matrix/wires.rs"]
mod wires;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use self::table::{COLUMNS, Column, OTHERS, Outcome, Row, SHAPES, Shape, Wrong, record};
use self::trial::Trial;
use crate::daemon::Site;
use crate::groups::Version;
use crate::lab;
use crate::scene::Act;

/// Every effect and every column once, those that wait as few times as can be.
const A_CELL_OF_EACH: [(Row, Column); 20] = [
    (Row::Wire(Shape::Delay), Column::Keeper),
    (Row::Wire(Shape::Loss), Column::Lease),
    (Row::Wire(Shape::Duplicate), Column::Felt),
    (Row::Wire(Shape::Corrupt), Column::Restart),
    (Row::Wire(Shape::Reorder), Column::Twice),
    (Row::Wire(Shape::Rate), Column::Overlap),
    (Row::Wire(Shape::Bandwidth), Column::Sigterm),
    (Row::Wire(Shape::Partition), Column::Neighbours),
    (Row::Clock, Column::Felt),
    (Row::File(Wrong::Latency), Column::Neighbours),
    (Row::File(Wrong::Fault), Column::Sigterm),
    (Row::File(Wrong::Attributes), Column::Death),
    (Row::File(Wrong::Mistake), Column::Deadline),
    (Row::Kill, Column::Restart),
    (Row::Act(Act::Freeze(Version::V1)), Column::Death),
    (Row::Act(Act::Freeze(Version::V2)), Column::Twice),
    (Row::Act(Act::Cpu(Version::V1)), Column::Felt),
    (Row::Act(Act::Cpu(Version::V2)), Column::Felt),
    (Row::Act(Act::Memory(Version::V1)), Column::Neighbours),
    (Row::Act(Act::Memory(Version::V2)), Column::Felt),
];

/// What it takes to have a cell of this row, or what becomes of the cell without it.
fn trial_of(row: Row, column: Column) -> Result<Box<dyn Trial>, Outcome> {
    let name = format!("matrix-{}-{}", row.name().replace([' ', ','], "-"), column.name());
    if !lab::can_have_labs() {
        return Err(lacking("no network namespaces, or no iptables"));
    }
    match row {
        Row::Wire(shape) => Ok(Box::new(wires::Wire::new(shape, Site::new(&name)))),
        Row::Clock => Ok(Box::new(clocks::Clock::new(Site::new(&name)).ok_or_else(|| lacking("no C compiler for a victim"))?)),
        Row::File(_) if !crate::stage::can_be() => Err(lacking("no mount namespaces, or no /dev/fuse")),
        Row::File(wrong) => Ok(Box::new(files::Files::new(wrong, Site::new(&name)))),
        Row::Kill => Ok(Box::new(kills::Kill::new(Site::new(&name)).ok_or_else(|| lacking("no cgroups to put victims into"))?)),
        Row::Act(act) => Ok(Box::new(acts::Acting::new(act, &name)?)),
    }
}

/// Without what a machine can be given; a controller of cgroups that its kernel has in the other version it cannot.
fn lacking(what: &str) -> Outcome {
    if lab::must_run() { Outcome::Failed(what.to_owned()) } else { Outcome::NotApplicable(what.to_owned()) }
}

/// What cannot be, whatever the machine.
fn is_meaningless(row: Row, column: Column) -> Option<&'static str> {
    let is_it = row == Row::Kill && column == Column::Death;
    is_it.then_some("a kill ends its victim: there is no meanwhile in which it could be killed")
}

fn cell(row: Row, column: Column) -> Outcome {
    if let Some(why) = is_meaningless(row, column) {
        return Outcome::NotApplicable(why.to_owned());
    }
    match trial_of(row, column) {
        Ok(mut trial) => outcome_of(column, trial.as_mut()),
        Err(outcome) => outcome,
    }
}

fn outcome_of(column: Column, trial: &mut dyn Trial) -> Outcome {
    match catch_unwind(AssertUnwindSafe(|| columns::run(column, trial))) {
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err(why)) => Outcome::Failed(why),
        Err(panic) => Outcome::Failed(words_of(panic.as_ref())),
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}

/// Cells mostly wait, so two of them run at once where there are processors for it.
const LANES: usize = 2;

fn all_pass(cells: impl IntoIterator<Item = (Row, Column)>) {
    let cells: Vec<(Row, Column)> = cells.into_iter().collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let lane = || {
        while let Some((row, column)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            failed.lock().expect("no lane panics").extend(why_it_failed(*row, *column));
        }
    };
    let lanes = if table::is_user_mode_linux() { 1 } else { LANES };
    thread::scope(|scope| (0..lanes).for_each(|_| drop(scope.spawn(lane))));
    let failed = failed.into_inner().expect("no lane panics");
    assert!(failed.is_empty(), "{} of {} cells failed:\n{}", failed.len(), cells.len(), failed.join("\n"));
}

/// Runs one cell and leaves its line.
fn why_it_failed(row: Row, column: Column) -> Option<String> {
    let started = Instant::now();
    let outcome = cell(row, column);
    record(row, column, &outcome, started.elapsed());
    match outcome {
        Outcome::Failed(why) => Some(format!("{} x {}: {why}", row.name(), column.name())),
        Outcome::Passed | Outcome::NotApplicable(_) => None,
    }
}

/// Whoever works on an effect names it, and the other rows are left out; adding up misses them then.
const ONLY: &str = "CHAOSGATE_MATRIX_EFFECT";

fn every_column(rows: impl IntoIterator<Item = Row>) -> impl Iterator<Item = (Row, Column)> {
    let only = std::env::var(ONLY).ok();
    let is_wanted = move |row: &Row| only.as_ref().is_none_or(|only| row.name() == only);
    rows.into_iter().filter(is_wanted).flat_map(|row| COLUMNS.map(|column| (row, column)))
}

#[test]
fn a_cell_of_every_effect_and_of_every_column_passes() {
    all_pass(A_CELL_OF_EACH);
}

#[test]
#[ignore = "takes ten minutes: in make test-full"]
fn every_cell_of_the_network_passes() {
    all_pass(every_column(SHAPES.map(Row::Wire)));
}

#[test]
#[ignore = "takes ten minutes: in make test-full"]
fn every_other_cell_passes() {
    all_pass(every_column(OTHERS));
}
