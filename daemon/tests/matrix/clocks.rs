//! The clock's row: a C program that says what its wall clock reads, and whose vDSO is compared with this process's own.

use chaosgated::contract::InjectRequest;

use super::trial::{Seen, Trial, must};
use crate::daemon::Site;
use crate::tellers::{MS, Program, REALTIME, Victim, a_skew};

const OFFSET_NS: i64 = 150 * MS;

pub struct Clock {
    victim: Victim,
    neighbour: Victim,
    site: Site,
    is_gone: bool,
}

impl Clock {
    /// None where there is no compiler.
    pub fn new(site: Site) -> Option<Clock> {
        let (victim, neighbour) = (Victim::start(Program::C, &[])?, Victim::start(Program::C, &[])?);
        Some(Clock { victim, neighbour, site, is_gone: false })
    }
}

fn tells_the_truth(who: &str, program: &mut Victim) -> Seen {
    must(program.is_off_by_about(0), || format!("{who} is off by {} ns", program.is_off_by()))?;
    must(program.is_pristine(), || format!("the vDSO of {who} is not the kernel's"))
}

impl Trial for Clock {
    fn site(&self) -> &Site {
        &self.site
    }

    fn request(&self, run: &str) -> InjectRequest {
        InjectRequest { run_id: run.to_owned(), ..a_skew(&self.site, "f1", self.victim.pid(), REALTIME, OFFSET_NS) }
    }

    fn feels(&mut self) -> Seen {
        let off = self.victim.is_off_by_about(OFFSET_NS);
        must(off, || format!("the victim is off by {} ns", self.victim.is_off_by()))
    }

    fn is_healed(&mut self) -> Seen {
        tells_the_truth("the victim", &mut self.victim)
    }

    fn neighbours_are_well(&mut self) -> Seen {
        tells_the_truth("the neighbour", &mut self.neighbour)
    }

    fn marks(&self) -> Vec<String> {
        if self.is_gone || self.victim.is_pristine() { Vec::new() } else { vec!["hooks in its vDSO".to_owned()] }
    }

    fn kill_victim(&mut self) {
        self.victim.kill();
        self.is_gone = true;
    }
}
