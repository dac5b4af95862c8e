//! The rows and columns of the matrix, and the one line that every cell leaves behind. `scripts/matrix.ts` adds the lines up; it has a
//! list of rows and columns of its own, so a cell that nobody ran is missed there.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use serde_json::json;

use crate::groups::Version;
use crate::scene::Act;

/// One effect, by the names that Capabilities uses, and what it does where it can do several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Wire(Shape),
    Clock,
    File(Wrong),
    Kill,
    Act(Act),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Delay,
    Loss,
    Duplicate,
    Corrupt,
    Reorder,
    Rate,
    Bandwidth,
    Partition,
}

/// What is wrong with the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Latency,
    Fault,
    Attributes,
    Mistake,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Felt,
    Neighbours,
    Sigterm,
    Restart,
    Keeper,
    Lease,
    Deadline,
    Death,
    Twice,
    Overlap,
}

pub const SHAPES: [Shape; 8] = [
    Shape::Delay,
    Shape::Loss,
    Shape::Duplicate,
    Shape::Corrupt,
    Shape::Reorder,
    Shape::Rate,
    Shape::Bandwidth,
    Shape::Partition,
];

/// Beside the network's.
pub const OTHERS: [Row; 12] = [
    Row::Clock,
    Row::File(Wrong::Latency),
    Row::File(Wrong::Fault),
    Row::File(Wrong::Attributes),
    Row::File(Wrong::Mistake),
    Row::Kill,
    Row::Act(Act::Freeze(Version::V1)),
    Row::Act(Act::Freeze(Version::V2)),
    Row::Act(Act::Cpu(Version::V1)),
    Row::Act(Act::Cpu(Version::V2)),
    Row::Act(Act::Memory(Version::V1)),
    Row::Act(Act::Memory(Version::V2)),
];

pub const COLUMNS: [Column; 10] = [
    Column::Felt,
    Column::Neighbours,
    Column::Sigterm,
    Column::Restart,
    Column::Keeper,
    Column::Lease,
    Column::Deadline,
    Column::Death,
    Column::Twice,
    Column::Overlap,
];

impl Row {
    pub fn name(self) -> &'static str {
        match self {
            Row::Wire(shape) => shape.name(),
            Row::Clock => "clock-skew",
            Row::File(Wrong::Latency) => "file-io latency",
            Row::File(Wrong::Fault) => "file-io fault",
            Row::File(Wrong::Attributes) => "file-io attrOverride",
            Row::File(Wrong::Mistake) => "file-io mistake",
            Row::Kill => "process-kill",
            Row::Act(Act::Freeze(Version::V1)) => "process-freeze, cgroup v1",
            Row::Act(Act::Freeze(Version::V2)) => "process-freeze, cgroup v2",
            Row::Act(Act::Cpu(Version::V1)) => "cpu-pressure, cgroup v1",
            Row::Act(Act::Cpu(Version::V2)) => "cpu-pressure, cgroup v2",
            Row::Act(Act::Memory(Version::V1)) => "memory-pressure, cgroup v1",
            Row::Act(Act::Memory(Version::V2)) => "memory-pressure, cgroup v2",
        }
    }
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Shape::Delay => "delay",
            Shape::Loss => "loss",
            Shape::Duplicate => "duplicate",
            Shape::Corrupt => "corrupt",
            Shape::Reorder => "reorder",
            Shape::Rate => "rate",
            Shape::Bandwidth => "bandwidth",
            Shape::Partition => "partition",
        }
    }
}

impl Column {
    pub fn name(self) -> &'static str {
        match self {
            Column::Felt => "felt",
            Column::Neighbours => "neighbours",
            Column::Sigterm => "sigterm",
            Column::Restart => "restart",
            Column::Keeper => "keeper",
            Column::Lease => "lease",
            Column::Deadline => "deadline",
            Column::Death => "death",
            Column::Twice => "twice",
            Column::Overlap => "overlap",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed(String),
    NotApplicable(String),
}

/// What ran, for whoever adds up. In user-mode Linux the file tree is read-only, so it goes to the console, and from there into the file.
pub fn record(row: Row, column: Column, outcome: &Outcome, took: Duration) {
    let (word, why) = match outcome {
        Outcome::Passed => ("pass", ""),
        Outcome::Failed(why) => ("fail", why.as_str()),
        Outcome::NotApplicable(why) => ("n/a", why.as_str()),
    };
    let kernel = if is_user_mode_linux() { "user-mode Linux" } else { "host" };
    let seconds = (took.as_secs_f64() * 10.0).round() / 10.0;
    let (effect, column) = (row.name(), column.name());
    let cell = json!({ "kernel": kernel, "effect": effect, "column": column, "outcome": word, "why": why, "seconds": seconds });
    println!("\ncell {cell}");
    if !is_user_mode_linux() {
        write_down(&cell.to_string());
    }
}

pub fn write_down(cell: &str) {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../.test");
    std::fs::create_dir_all(&dir).expect("writable");
    let mut file = OpenOptions::new().create(true).append(true).open(dir.join("matrix.jsonl")).expect("writable");
    writeln!(file, "{cell}").expect("writable");
}

pub fn is_user_mode_linux() -> bool {
    std::env::var("CHAOSGATE_TEST_IN_UML").is_ok()
}
