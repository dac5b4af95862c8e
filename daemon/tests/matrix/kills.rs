//! The kill's row. A kill cannot be taken back, so what is healed is everybody else: whoever comes in the victim's place lives, however
//! often the record of the kill is undone.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use chaosgated::contract::{InjectRequest, ProcessFault, inject_request};

use super::trial::{Seen, Trial, must};
use crate::client::a_partition;
use crate::daemon::{Site, ends_within};
use crate::groups::{Group, Version};
use crate::scene::Ticker;

const KILL: i32 = 9;
const LOOK: Duration = Duration::from_millis(150);

pub struct Kill {
    victim: Ticker,
    neighbour: Ticker,
    /// As the victim's supervisor starts it, in the same cgroup.
    successor: Option<Ticker>,
    group: Group,
    _neighbours_group: Group,
    site: Site,
}

impl Kill {
    /// None where this machine has no cgroups to put a container's successor into.
    pub fn new(site: Site) -> Option<Kill> {
        let group = || [Version::V1, Version::V2].into_iter().find_map(|version| Group::new(version, &["freezer"]));
        let (group, neighbours_group) = (group()?, group()?);
        let (victim, neighbour) = (Ticker::start_in(&group), Ticker::start_in(&neighbours_group));
        Some(Kill { victim, neighbour, successor: None, group, _neighbours_group: neighbours_group, site })
    }
}

fn ticks(who: &str, ticker: &Ticker) -> Seen {
    must(ticker.ticks_in(LOOK) > 0, || format!("{who} does not tick"))
}

impl Trial for Kill {
    fn site(&self) -> &Site {
        &self.site
    }

    fn request(&self, run: &str) -> InjectRequest {
        let fault = Some(inject_request::Fault::Process(ProcessFault { signal: KILL }));
        InjectRequest { run_id: run.to_owned(), fault, ..a_partition(&self.site, "f1", self.victim.pid()) }
    }

    fn feels(&mut self) -> Seen {
        let ended = ends_within(&mut self.victim.child, Duration::from_secs(1));
        let by_the_signal = ended.and_then(|status| status.signal()) == Some(KILL);
        must(by_the_signal, || format!("the victim has ended: {ended:?}"))?;
        self.successor.get_or_insert_with(|| Ticker::start_in(&self.group));
        Ok(())
    }

    fn is_healed(&mut self) -> Seen {
        ticks("whoever is in the victim's place", self.successor.as_ref().unwrap_or(&self.victim))
    }

    fn neighbours_are_well(&mut self) -> Seen {
        ticks("the neighbour", &self.neighbour)
    }

    fn marks(&self) -> Vec<String> {
        Vec::new()
    }

    fn kill_victim(&mut self) {
        crate::lab::end(&mut self.victim.child);
    }

    fn stands(&self) -> bool {
        false
    }
}
