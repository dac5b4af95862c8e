//! Rows of the cgroup: a frozen container, and pressure on its account, in either version of cgroups.

use std::time::Duration;

use chaosgated::contract::InjectRequest;

use super::lacking;
use super::table::Outcome;
use super::trial::{Seen, Trial, must};
use crate::daemon::Site;
use crate::groups::Group;
use crate::lab;
use crate::scene::{Act, MEMORY, Scene, Ticker, cores_used, memory_used, room_for_batches, waited};

/// Two workers of half a core each.
const CORES: f64 = 1.0;
const LOOK: Duration = Duration::from_millis(150);
const LOOKS: usize = 5;

pub struct Acting {
    scene: Scene,
    /// Of the victim's group, before any fault.
    memory: u64,
}

impl Acting {
    pub fn new(act: Act, name: &str) -> Result<Acting, Outcome> {
        if let Some(why) = Group::why_not(act.version(), act.needs()) {
            return Err(Outcome::NotApplicable(why));
        }
        let scene = Scene::of(act, name).ok_or_else(|| lacking("no group can be made here"))?;
        let memory = if matches!(act, Act::Memory(_)) { memory_used(&scene.group) } else { 0 };
        Ok(Acting { scene, memory })
    }

    fn victim_goes_on(&self) -> Option<bool> {
        goes_on(&self.scene.victim, &self.scene.group)
    }

    fn presses_the_cpu(&self) -> Seen {
        let strangers = self.scene.strangers();
        let kept_waiting = || strangers.iter().map(|pid| waited(*pid)).sum::<f64>();
        let before = kept_waiting();
        let used = cores_used(&self.scene.group, Duration::from_secs(1));
        let in_the_way = kept_waiting() - before;
        must(used < CORES * 1.1 && used + in_the_way > CORES * 0.84, || {
            format!("{used:.3} cores instead of {CORES}, kept waiting for {in_the_way:.3} s")
        })
    }

    /// The kernel takes what a stressor that has ended had for itself (stacks, tables) off the account a moment later.
    fn takes_memory(&self) -> Seen {
        let added = || memory_used(&self.scene.group).saturating_sub(self.memory);
        let is_right = |added: u64| added <= MEMORY + room_for_batches() && added as f64 > MEMORY as f64 * 0.9;
        let settles = (0..LOOKS).any(|_| is_right(added()) || pause());
        must(settles, || format!("{} bytes instead of {MEMORY}", added()))
    }
}

/// Between two looks; false, because nothing was seen.
fn pause() -> bool {
    std::thread::sleep(LOOK);
    false
}

/// What is heard of a ticker on a busy machine may be from before, so only a look counts that agrees with the kernel's own word.
fn goes_on(who: &Ticker, group: &Group) -> Option<bool> {
    (0..LOOKS).find_map(|_| {
        let goes_on = who.ticks_in(LOOK) > 0;
        (goes_on != group.is_frozen()).then_some(goes_on)
    })
}

impl Trial for Acting {
    fn site(&self) -> &Site {
        &self.scene.site
    }

    fn request(&self, run: &str) -> InjectRequest {
        InjectRequest { run_id: run.to_owned(), ..self.scene.request("f1") }
    }

    fn feels(&mut self) -> Seen {
        match self.scene.act {
            Act::Freeze(_) => must(self.victim_goes_on() == Some(false), || "the victim goes on".to_owned()),
            Act::Cpu(_) => self.presses_the_cpu(),
            Act::Memory(_) => self.takes_memory(),
        }
    }

    fn is_healed(&mut self) -> Seen {
        let is_well = match self.scene.act {
            Act::Freeze(_) => self.victim_goes_on() == Some(true),
            Act::Cpu(_) | Act::Memory(_) => !self.scene.is_felt(),
        };
        must(is_well, || "the victim still feels it".to_owned())?;
        must(self.marks().is_empty(), || format!("left behind: {:?}", self.marks()))
    }

    fn neighbours_are_well(&mut self) -> Seen {
        let is_well = match self.scene.act {
            Act::Freeze(_) => (0..LOOKS).any(|_| self.scene.neighbour.ticks_in(LOOK) > 0),
            Act::Cpu(_) | Act::Memory(_) => !self.scene.is_felt_by_the_neighbour(),
        };
        must(is_well, || "the neighbour feels it".to_owned())
    }

    fn marks(&self) -> Vec<String> {
        let is_marked = self.scene.has_marks();
        is_marked.then(|| "a mark, or a process that is not the victim's, in its cgroup".to_owned()).into_iter().collect()
    }

    fn kill_victim(&mut self) {
        lab::end(&mut self.scene.victim.child);
    }
}
