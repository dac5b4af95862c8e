//! File rows: a process that works in a volume and says what its calls did, and another one that works there too.

use std::path::PathBuf;

use chaosgated::contract::{FileAttributes, FileIoFault, FileMethod as M, InjectRequest};

use super::table::Wrong;
use super::trial::{Seen, Trial, must};
use crate::daemon::Site;
use crate::faults::{attributes, error, latency, request, zeros};
use crate::hand::Hand;
use crate::stage::{mounts_of, strays_of};

const LATE_MS: u64 = 30;
const CALLS: usize = 2000;
const FAILING_PERCENT: f32 = 30.0;
/// Three standard deviations of 2,000 throws at 30 %.
const THREE_SIGMA: f64 = 61.5;
/// A busy machine is late once and fast the next time.
const LOOKS_AT_TIMES: usize = 5;
/// One throw in 370 lies beyond three standard deviations, two in 100,000 do so twice; the matrix throws some dozens.
const LOOKS_AT_SHARES: usize = 2;

pub struct Files {
    wrong: Wrong,
    victim: Hand,
    neighbour: Hand,
    volume: PathBuf,
    site: Site,
    /// What `stat` says of the file before any fault.
    truth: String,
    is_gone: bool,
}

impl Files {
    pub fn new(wrong: Wrong, site: Site) -> Files {
        let volume = site.dir.join("volume");
        std::fs::create_dir_all(&volume).expect("writable");
        std::fs::write(volume.join("a"), "alpha").expect("writable");
        let (mut victim, mut neighbour) = (Hand::new(), Hand::new());
        let path = volume.join("a").display().to_string();
        // An open file, which has to move over and back.
        victim.does(&format!("open f {path} rw")).text();
        let truth = neighbour.does(&format!("stat {path}")).text();
        Files { wrong, victim, neighbour, volume, site, truth, is_gone: false }
    }

    fn fault(&self) -> FileIoFault {
        let (at, path) = (self.volume.display().to_string(), self.path());
        match self.wrong {
            Wrong::Latency => latency(&at, LATE_MS, &[M::Read]),
            // The directories on the way are looked at too; only the file counts.
            Wrong::Fault => FileIoFault { percent: FAILING_PERCENT, path, ..error(&at, libc::EDQUOT, &[M::Getattr]) },
            Wrong::Attributes => {
                let wrong = FileAttributes { size: Some(7777), perm: Some(0o600), uid: Some(4242), ..Default::default() };
                FileIoFault { path, ..attributes(&at, wrong) }
            }
            Wrong::Mistake => zeros(&at, M::Read),
        }
    }

    fn path(&self) -> String {
        self.volume.join("a").display().to_string()
    }
}

/// What the hand says of the one thing that this row is about.
fn told_by(hand: &mut Hand, wrong: Wrong, path: &str) -> String {
    let order = match wrong {
        Wrong::Latency => format!("times {path} 9"),
        Wrong::Fault => format!("errors {path} {CALLS}"),
        Wrong::Attributes => format!("stat {path}"),
        Wrong::Mistake => format!("cat {path}"),
    };
    hand.does(&order).text()
}

fn is_as_asked(wrong: Wrong, told: &str) -> bool {
    match wrong {
        Wrong::Latency => (LATE_MS as f64..=LATE_MS as f64 * 1.05 + 1.0).contains(&fastest_ms(told)),
        Wrong::Fault => {
            let words: Vec<&str> = told.split(' ').collect();
            let failed: f64 = words[0].parse().expect("a number");
            let expected = CALLS as f64 * f64::from(FAILING_PERCENT) / 100.0;
            (failed - expected).abs() <= THREE_SIGMA && words[1..] == ["122", "true"]
        }
        Wrong::Attributes => told.starts_with("7777 100600 4242 "),
        Wrong::Mistake => told != "alpha" && told.len() == 5 && told.contains('\0'),
    }
}

fn is_true(wrong: Wrong, told: &str, truth: &str) -> bool {
    match wrong {
        Wrong::Latency => fastest_ms(told) < 1.0,
        Wrong::Fault => told == "0 0 true",
        Wrong::Attributes => told == truth,
        Wrong::Mistake => told == "alpha",
    }
}

/// None may be early, and the fastest is what the fault adds: the others have what the machine's scheduler adds besides.
fn fastest_ms(times: &str) -> f64 {
    times.split(' ').map(|time| time.parse().expect("a number")).fold(f64::INFINITY, f64::min)
}

/// What is no figure is as it should be at the first look.
fn looks_at(wrong: Wrong) -> usize {
    match wrong {
        Wrong::Latency => LOOKS_AT_TIMES,
        Wrong::Fault => LOOKS_AT_SHARES,
        Wrong::Attributes | Wrong::Mistake => 1,
    }
}

/// By any of so many looks.
fn seen(who: &str, looks: usize, mut look: impl FnMut() -> String, holds: impl Fn(&str) -> bool) -> Seen {
    let mut told = Vec::new();
    for _ in 0..looks {
        told.push(look());
        if told.last().is_some_and(|told| holds(told)) {
            return Ok(());
        }
    }
    Err(format!("{who} says {}", told.join(" / ")))
}

impl Trial for Files {
    fn site(&self) -> &Site {
        &self.site
    }

    fn request(&self, run: &str) -> InjectRequest {
        InjectRequest { run_id: run.to_owned(), ..request(&self.site, "f1", self.victim.pid(), self.fault()) }
    }

    fn feels(&mut self) -> Seen {
        let (wrong, path) = (self.wrong, self.path());
        seen("the victim", looks_at(wrong), || told_by(&mut self.victim, wrong, &path), |told| is_as_asked(wrong, told))
    }

    fn is_healed(&mut self) -> Seen {
        let (wrong, path) = (self.wrong, self.path());
        seen(
            "the victim",
            looks_at(wrong),
            || told_by(&mut self.victim, wrong, &path),
            |told| is_true(wrong, told, &self.truth),
        )?;
        let open = self.victim.does("pread f 0 5").outcome;
        must(open == Ok("alpha".to_owned()), || format!("its open file says {open:?}"))?;
        let strays = strays_of(self.victim.pid());
        must(strays.is_empty(), || format!("open on a file system of ours: {strays:?}"))?;
        must(self.marks().is_empty(), || format!("mounted: {:?}", self.marks()))?;
        let kept = std::fs::read_dir(self.site.state().join("custody")).map_or(0, |entries| entries.count());
        must(kept <= 1, || format!("{kept} files in custody, and the socket alone should be"))
    }

    fn neighbours_are_well(&mut self) -> Seen {
        let (wrong, path) = (self.wrong, self.path());
        seen(
            "the neighbour",
            looks_at(wrong),
            || told_by(&mut self.neighbour, wrong, &path),
            |told| is_true(wrong, told, &self.truth),
        )
    }

    fn marks(&self) -> Vec<String> {
        // The mounts of a namespace that nobody is in went with it.
        if self.is_gone { Vec::new() } else { mounts_of(self.victim.pid()) }
    }

    fn kill_victim(&mut self) {
        crate::lab::end(&mut self.victim.child);
        self.is_gone = true;
    }

    fn needs_a_keeper(&self) -> bool {
        true
    }
}
