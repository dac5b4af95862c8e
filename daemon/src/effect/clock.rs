//! Clock skew: the victim's container reads its clocks as wrong by an offset. The functions of the vDSO that tell the time are led
//! through hooks of ours in the same page, so a skewed read costs what an unskewed one does and is no system call.
//! Faults and receipts come in; patched processes go out. It never changes the clock of the node, never makes a victim call anything,
//! and never leaves a byte that the kernel did not put there.

mod hooks;
mod image;
mod members;
mod patch;
mod probe;
mod slots;
mod stopped;
mod surgery;
mod watcher;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use probe::{COMMAND as COMPARE_CLOCKS, compare_clocks};

use self::hooks::{Hooks, HooksError};
use self::image::{Image, ImageError};
use self::members::Members;
use self::patch::{Found, PatchError, Patient};
use self::probe::{Double, Offsets, ProbeError};
use self::slots::{Order, Slots};
use self::surgery::{Reached, Surgery};
use self::watcher::Watcher;
use super::{Capability, Effect, Felt, Residue, Swept, sweep_each};
use crate::fault::{ClockFault, Fault};
use crate::ledger;
use crate::procfs;
use crate::sys;
use crate::victim::ResolvedVictim;

/// A double's comparison is right to some microseconds; a coarse clock may tick in between (1 to 4 ms), and is compared with itself.
const FELT_WITHIN_NS: i128 = 1_000_000;
const TRIED_OFFSET_NS: i64 = 150_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReceipt {
    pub fault: String,
    /// Names this fault's part in the memory of each process.
    pub tag: u64,
    pub skew: ClockFault,
    pub pid: u32,
    pub members: Members,
    /// What the kernel has put where the jumps go, for whoever has to restore by hand.
    pub originals: Vec<Original>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    pub function: String,
    /// From the start of the vDSO.
    pub offset: usize,
    /// Hexadecimal.
    pub bytes: String,
}

#[derive(Debug, Error)]
pub enum ClockError {
    #[error("fault {fault} is no clock fault")]
    NotClock { fault: String },
    #[error("clocks cannot be skewed on this node: {0}")]
    Image(Arc<ImageError>),
    #[error("clocks cannot be skewed on this node: {0}")]
    Hooks(String),
    #[error("could not look at the processes of {pod}: {cause}")]
    Look { pod: String, cause: io::Error },
    #[error("could not skew the clock of {pod}: {cause}")]
    Victim { pod: String, cause: PatchError },
    #[error(
        "an offset of {offset_s} s would make a clock of {pod} that counts from boot negative, which programs take for a fault of their own; this node is up for {up_s} s"
    )]
    Negative { pod: String, offset_s: f64, up_s: f64 },
    #[error("could not skew the clock of pid {pid} for fault {fault}: {cause}")]
    Apply { fault: String, pid: u32, cause: PatchError },
    #[error("could not follow the processes of fault {fault}: {cause}")]
    Follow { fault: String, cause: io::Error },
    #[error("{} of the processes that have fault {fault} still have it, first: {first}", others + 1)]
    Left { fault: String, others: usize, first: PatchError },
}

#[derive(Default)]
pub struct ClockEffect {
    /// The records beside which this effect works; none in tests of the effect by itself.
    state_dir: Option<PathBuf>,
    prepared: OnceLock<Result<Prepared, Arc<ImageError>>>,
}

struct Prepared {
    surgery: Arc<Surgery>,
    watcher: Watcher,
}

impl ClockEffect {
    pub fn with_state(state_dir: &Path) -> ClockEffect {
        ClockEffect { state_dir: Some(state_dir.to_owned()), prepared: OnceLock::new() }
    }

    fn prepared(&self) -> Result<&Prepared, ClockError> {
        let prepare = || {
            let surgery = Arc::new(Surgery::prepare().map_err(Arc::new)?);
            Ok(Prepared { watcher: Watcher::new(Arc::clone(&surgery)), surgery })
        };
        self.prepared.get_or_init(prepare).as_ref().map_err(|error| ClockError::Image(Arc::clone(error)))
    }

    /// Skews a child of our own, hears from it what it reads, and sees that nothing is left of it.
    pub fn capabilities(&self) -> Vec<Capability> {
        let tried = self.prepared().and_then(|prepared| prepared.tried());
        let (available, reason) = tried.map_or_else(|error| (false, error.to_string()), |reason| (true, reason));
        vec![Capability { effect: "clock-skew", available, back_end: "vdso", reason }]
    }
}

impl Prepared {
    fn hooks(&self) -> Result<&Hooks, ClockError> {
        self.surgery.hooks.as_ref().map_err(|error: &HooksError| ClockError::Hooks(error.to_string()))
    }

    fn tried(&self) -> Result<String, ClockError> {
        let hooks = self.hooks()?;
        let order = Order { tag: 1, clocks: crate::fault::ClockSet::of_mask(1), offset_ns: TRIED_OFFSET_NS };
        let offsets = self.try_on_a_child(hooks, order).map_err(|error| ClockError::Hooks(error.to_string()))?;
        let [skewed, again] = offsets.map(|offsets| offsets.get(&0).copied().unwrap_or(0));
        let is_right = is_about(skewed, TRIED_OFFSET_NS.into()) && is_about(again, 0);
        if !is_right {
            return Err(ClockError::Hooks(format!("a child asked for +150 ms read {skewed} ns, and {again} ns afterwards")));
        }
        let newcomers = match watcher::hears_of_execs() {
            Ok(()) => "new programs are told of by the kernel (proc connector)".to_owned(),
            Err(error) => format!(
                "the kernel does not tell of new programs here ({error}), so they read true clocks for up to {:?}",
                watcher::LOOKS_EVERY
            ),
        };
        Ok(format!("a child read +150 ms through a patched vDSO and the truth afterwards; {newcomers}"))
    }

    /// What the child reads with the order, and after it was taken away.
    fn try_on_a_child(&self, hooks: &Hooks, order: Order) -> Result<[Offsets; 2], ProbeError> {
        let mut double = Double::start()?;
        let patient = Patient::open(&self.surgery.image, double.pid())?;
        patient.put(hooks, order)?;
        let skewed = double.compares()?;
        patient.take(Some(hooks), order.tag)?;
        Ok([skewed, double.compares()?])
    }

    /// What a double of the victim reads, beside what all faults of the victim together ask for.
    fn felt(&self, pid: u32, order: Order) -> Result<Felt, ProbeError> {
        let bytes = Patient::open(&self.surgery.image, pid)?.bytes()?;
        let mut double = Double::start()?;
        Patient::open(&self.surgery.image, double.pid())?.imitate(&bytes)?;
        let offsets = double.compares()?;
        let slots = Slots::read(&bytes[self.surgery.image.cave.clone()]);
        let asked = offsets.iter().filter(|(clock, _)| order.clocks.has(**clock));
        let read: Vec<(usize, i64)> = asked.map(|(clock, offset)| (*clock, *offset)).collect();
        let is_right =
            |(clock, offset): &(usize, i64)| slots.as_ref().is_some_and(|slots| is_about(*offset, slots.offset_ns(*clock)));
        let how =
            read.iter().map(|(clock, offset)| format!("clock {clock} {:+.3} ms", *offset as f64 / 1e6)).collect::<Vec<_>>();
        let how = format!("a double with the victim's vDSO read {}", how.join(", "));
        Ok(Felt { measured: true, felt: !read.is_empty() && read.iter().all(is_right), how })
    }
}

fn is_about(offset_ns: i64, expected_ns: i128) -> bool {
    (i128::from(offset_ns) - expected_ns).abs() < FELT_WITHIN_NS
}

impl Effect for ClockEffect {
    type Receipt = ClockReceipt;
    type Error = ClockError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<ClockReceipt, ClockError> {
        let skew = skew_of(name, fault)?;
        let pod = || victim.pod.clone();
        let prepared = self.prepared()?;
        let hooks = prepared.hooks()?;
        refuse_negative(skew, victim)?;
        let found = prepared.surgery.found(victim.pid).map_err(|cause| ClockError::Victim { pod: pod(), cause })?;
        if matches!(&found, Found::Ours { slots, .. } if slots.orders.len() >= slots::MOST_ORDERS) {
            return Err(ClockError::Victim { pod: pod(), cause: PatchError::Full { pid: victim.pid } });
        }
        let members = Members::of(victim.pid, victim.start_time).map_err(|cause| ClockError::Look { pod: pod(), cause })?;
        let originals = originals(&prepared.surgery.image, hooks);
        Ok(ClockReceipt { fault: name.to_owned(), tag: tag_of(name), skew, pid: victim.pid, members, originals })
    }

    fn apply(&self, receipt: &ClockReceipt, _fault: &Fault) -> Result<Felt, ClockError> {
        let prepared = self.prepared()?;
        let record = self.state_dir.as_ref().map(|dir| ledger::record_path(dir, &receipt.fault));
        let reached = put(prepared, record, receipt).inspect_err(|_| prepared.watcher.forget(receipt.tag));
        let reached = reached.or_else(|error| self.undo(receipt).and(Err(error)))?;
        let felt = prepared.felt(receipt.pid, receipt.order());
        let felt = felt.unwrap_or_else(|error| Felt { measured: false, felt: false, how: error.to_string() });
        Ok(Felt { how: format!("{}; {reached}", felt.how), ..felt })
    }

    fn undo(&self, receipt: &ClockReceipt) -> Result<(), ClockError> {
        let prepared = self.prepared()?;
        let fault = || receipt.fault.clone();
        prepared.watcher.forget(receipt.tag);
        let left = prepared.surgery.take_from_all(receipt.tag);
        let mut left = left.map_err(|cause| ClockError::Look { pod: fault(), cause })?.into_iter();
        left.next().map_or(Ok(()), |first| Err(ClockError::Left { fault: fault(), others: left.len(), first }))
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, ClockError> {
        let having = having_hooks(self.prepared()?, victim)?;
        Ok(having.into_iter().map(|pid| residue_of(pid, victim)).collect())
    }

    fn sweep(&self, victim: &ResolvedVictim) -> Swept<ClockError> {
        let (prepared, having) = match self.prepared().and_then(|prepared| Ok((prepared, having_hooks(prepared, victim)?))) {
            Ok(found) => found,
            Err(error) => return (Vec::new(), vec![error]),
        };
        let restore = |pid| {
            let restored = prepared.surgery.restore(pid);
            restored.map(drop).map_err(|cause| ClockError::Victim { pod: victim.pod.clone(), cause })
        };
        sweep_each(having.into_iter().map(|pid| (residue_of(pid, victim), pid)), restore)
    }
}

/// The processes of the victim's pod whose memory has hooks.
fn having_hooks(prepared: &Prepared, victim: &ResolvedVictim) -> Result<Vec<u32>, ClockError> {
    let having = prepared.surgery.having(|_| true).map_err(|cause| ClockError::Look { pod: victim.pod.clone(), cause })?;
    let is_in_pod = |pid: &u32| procfs::netns_inode(*pid).is_ok_and(|inode| inode == victim.netns.inode);
    Ok(having.into_iter().filter(is_in_pod).collect())
}

fn residue_of(pid: u32, victim: &ResolvedVictim) -> Residue {
    let what = "hooks of a clock fault in its vDSO".to_owned();
    Residue { place: format!("memory of pid {pid} ({})", victim.pod), what }
}

fn skew_of(name: &str, fault: &Fault) -> Result<ClockFault, ClockError> {
    match fault {
        Fault::Clock(skew) => Ok(*skew),
        _ => Err(ClockError::NotClock { fault: name.to_owned() }),
    }
}

/// The watcher first, so that nobody who comes meanwhile is missed.
fn put(prepared: &Prepared, record: Option<PathBuf>, receipt: &ClockReceipt) -> Result<Reached, ClockError> {
    let (fault, pid, hooks) = (|| receipt.fault.clone(), receipt.pid, prepared.hooks()?);
    let follow = |cause| ClockError::Follow { fault: fault(), cause };
    prepared.watcher.follow(record, receipt.order(), receipt.members.clone()).map_err(follow)?;
    let mut reached = prepared.surgery.put_on_all(hooks, &receipt.members, receipt.order()).map_err(follow)?;
    match reached.missed.iter().position(|(missed, _)| *missed == pid) {
        Some(at) => Err(ClockError::Apply { fault: fault(), pid, cause: reached.missed.swap_remove(at).1 }),
        None => {
            prepared.watcher.have(receipt.tag, &reached.processes);
            Ok(reached)
        }
    }
}

/// Clocks that count from boot begin at 0 and never go back behind it; a program that reads a negative one breaks in ways that no
/// broken clock of a real machine can cause.
fn refuse_negative(skew: ClockFault, victim: &ResolvedVictim) -> Result<(), ClockError> {
    let up = sys::clock::since_boot();
    let back = Duration::from_nanos(skew.offset_ns.min(0).unsigned_abs());
    if !skew.clocks.counts_from_boot() || back < up {
        return Ok(());
    }
    Err(ClockError::Negative { pod: victim.pod.clone(), offset_s: skew.offset_ns as f64 / 1e9, up_s: up.as_secs_f64() })
}

impl ClockReceipt {
    fn order(&self) -> Order {
        Order { tag: self.tag, clocks: self.skew.clocks, offset_ns: self.skew.offset_ns }
    }
}

/// The first bytes of a digest; 0 means that there is no fault, so it is never 0.
fn tag_of(name: &str) -> u64 {
    let bytes = digest(&SHA256, name.as_bytes());
    bytes.as_ref()[..8].iter().fold(0, |tag, byte| tag << 8 | u64::from(*byte)).max(2)
}

fn originals(image: &Image, hooks: &Hooks) -> Vec<Original> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let original = |entry: &hooks::Entry| Original {
        function: entry.function.to_owned(),
        offset: entry.moved.start,
        bytes: hex(&image.bytes[entry.replaced()]),
    };
    hooks.entries.iter().map(original).collect()
}
