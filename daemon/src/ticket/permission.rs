//! What a verified ticket permits: which run, which namespaces, for how long, how many victims, and harm that no undoing takes back.

use std::time::Duration;

use super::{Kind, Ticket, TicketError};
use crate::fault::Fault;
use crate::ids::RunId;

/// Control planes and our own parts: no ticket can name these.
pub const NEVER_HIT: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "chaosgate"];

/// A runner begins a minute late at most, ten where the Schedule says so; its clock and a baseline may add to that.
const STANDING_SLACK_SECONDS: u64 = 3600;

impl Ticket {
    /// Expiry is judged once, when a run begins here: a run that was accepted in time may finish.
    /// A run of a standing ticket begins within an hour of the second in its name, so that an old order is not good later. That the cron
    /// asks for that second is the runner's word, for nobody reads a cron here: whoever has such a ticket and a runner's certificate
    /// chooses the hour.
    pub fn accepts_at(&self, run: &RunId, unix_seconds: u64) -> Result<(), TicketError> {
        if unix_seconds >= self.expires {
            return Err(TicketError::Expired { id: self.id.clone(), ago: unix_seconds - self.expires });
        }
        let is_due = |number: u64| number.abs_diff(unix_seconds) <= STANDING_SLACK_SECONDS;
        if self.kind == Kind::Once || self.number_of(run).is_some_and(is_due) {
            return Ok(());
        }
        Err(TicketError::NotDue { run: run.clone(), id: self.id.clone() })
    }

    /// A run is named by its ticket, so that one ticket cannot act under another's lease.
    pub fn covers_run(&self, run: &RunId) -> Result<(), TicketError> {
        if self.number_of(run).is_some() {
            return Ok(());
        }
        Err(TicketError::OtherRun { run: run.clone(), id: self.id.clone() })
    }

    fn number_of(&self, run: &RunId) -> Option<u64> {
        let number = run.as_str().strip_prefix(self.id.as_str()).and_then(|rest| rest.strip_prefix('-'))?;
        let longest = if self.kind == Kind::Once { 4 } else { 10 };
        let plain = !number.is_empty() && number.len() <= longest && number.bytes().all(|b| b.is_ascii_digit());
        if plain { number.parse().ok() } else { None }
    }

    /// `denied` are this node's own flags; they and the built-in list outrank what the ticket says.
    pub fn permits_namespace(&self, namespace: &str, denied: &[String]) -> Result<(), TicketError> {
        let is = |name: &String| name == namespace;
        if NEVER_HIT.contains(&namespace) || denied.iter().any(is) || self.limits.protected_namespaces.iter().any(is) {
            return Err(TicketError::Denied { namespace: namespace.to_owned() });
        }
        if self.limits.namespaces.iter().any(is) {
            return Ok(());
        }
        Err(TicketError::Namespace {
            id: self.id.clone(),
            namespace: namespace.to_owned(),
            permitted: self.limits.namespaces.clone(),
        })
    }

    /// No grace: the runner's own slack lies within the limit.
    pub fn permits_duration(&self, deadline: Duration) -> Result<(), TicketError> {
        let most = self.limits.max_duration_seconds;
        if deadline <= Duration::from_secs(most) {
            return Ok(());
        }
        Err(TicketError::Duration { id: self.id.clone(), asked: deadline.as_secs_f64(), most })
    }

    /// What a request says of its own harm was written by whoever sends it; consent is in what was signed.
    pub fn permits_harm(&self, fault: &Fault) -> Result<(), TicketError> {
        match fault {
            Fault::FileIo(asked) if asked.alters_data() && !self.limits.altered_data => {
                Err(TicketError::AltersData { id: self.id.clone() })
            }
            Fault::Clock(asked) if asked.clocks.counts_from_boot() => self.permits_shift(asked.offset_ns),
            _ => Ok(()),
        }
    }

    fn permits_shift(&self, offset_ns: i64) -> Result<(), TicketError> {
        let (asked, most) = (offset_ns.unsigned_abs() as f64 / 1e9, self.limits.max_clock_shift_seconds);
        if asked <= most { Ok(()) } else { Err(TicketError::ClockShift { id: self.id.clone(), asked, most }) }
    }

    /// `victims` counts all that the run has ever hit here, and the one that is asked for.
    pub fn permits_victims(&self, run: &RunId, victims: usize) -> Result<(), TicketError> {
        let most = self.limits.max_pods;
        if victims <= most as usize {
            return Ok(());
        }
        Err(TicketError::Victims { id: self.id.clone(), run: run.clone(), most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;
    use crate::fault::{ClockFault, ClockSet};
    use crate::ticket::Limits;

    fn ticket() -> Ticket {
        Ticket {
            id: "t0123".to_owned(),
            audience: "here".to_owned(),
            expires: 1000,
            kind: Kind::Once,
            limits: Limits {
                max_duration_seconds: 30,
                max_pods: 2,
                namespaces: vec!["shop".to_owned(), "kube-system".to_owned(), "bank".to_owned()],
                protected_namespaces: vec!["vault".to_owned()],
                altered_data: false,
                max_clock_shift_seconds: 10.0,
            },
        }
    }

    fn run(name: &str) -> RunId {
        RunId::try_from(name.to_owned()).expect("a plain name")
    }

    #[test]
    fn only_a_run_named_by_the_ticket_is_covered() {
        for covered in ["t0123-0", "t0123-12"] {
            assert_eq!(ticket().covers_run(&run(covered)), Ok(()));
        }
        for other in ["t0123", "t0123-", "t0123-x", "t01234-0", "t0123-0-1", "t9-0", "t0123-12345"] {
            assert!(ticket().covers_run(&run(other)).is_err(), "{other} was covered");
        }
    }

    #[test]
    fn built_in_and_own_denials_outrank_the_ticket() {
        let denied = ["bank".to_owned()];
        assert_eq!(ticket().permits_namespace("shop", &denied), Ok(()));
        for namespace in ["kube-system", "bank", "vault"] {
            let refused = ticket().permits_namespace(namespace, &denied);
            assert_eq!(refused, Err(TicketError::Denied { namespace: namespace.to_owned() }));
        }
        assert!(matches!(ticket().permits_namespace("", &denied), Err(TicketError::Namespace { .. })));
    }

    #[test]
    fn harm_that_stays_needs_a_ticket_that_says_so() {
        let mistake = contract::FileMistake { filling: 1, max_occurrences: 1, max_length: 1, alters_data: true };
        let fault = |methods: &[contract::FileMethod]| {
            let methods = methods.iter().map(|method| *method as i32).collect();
            let mistake = Some(mistake);
            let message = contract::FileIoFault {
                volume_path: "/data".to_owned(),
                percent: 100.0,
                methods,
                mistake,
                ..Default::default()
            };
            Fault::FileIo(message.try_into().expect("a valid fault"))
        };
        let (writes, reads) = (fault(&[contract::FileMethod::Write]), fault(&[contract::FileMethod::Read]));
        assert_eq!(ticket().permits_harm(&reads), Ok(()));
        assert_eq!(ticket().permits_harm(&writes), Err(TicketError::AltersData { id: "t0123".to_owned() }));
        let mut consenting = ticket();
        consenting.limits.altered_data = true;
        assert_eq!(consenting.permits_harm(&writes), Ok(()));
    }

    #[test]
    fn a_clock_that_counts_from_boot_is_shifted_no_further_than_the_ticket_says() {
        let shift = |clock: u32, seconds: i64| {
            let clocks = ClockSet::of_mask(1 << clock);
            ticket().permits_harm(&Fault::Clock(ClockFault { clocks, offset_ns: seconds * 1_000_000_000 }))
        };
        assert_eq!(shift(0, 3600), Ok(()), "the wall clock");
        assert_eq!(shift(1, -10), Ok(()));
        assert!(matches!(shift(1, -11), Err(TicketError::ClockShift { .. })));
    }

    #[test]
    fn limits_are_inclusive_and_have_no_grace() {
        assert!(ticket().permits_duration(Duration::from_secs(30)).is_ok());
        assert!(ticket().permits_duration(Duration::from_micros(30_000_001)).is_err());
        assert!(ticket().permits_victims(&run("t0123-0"), 2).is_ok());
        assert!(ticket().permits_victims(&run("t0123-0"), 3).is_err());
        assert!(ticket().accepts_at(&run("t0123-0"), 999).is_ok());
        assert!(ticket().accepts_at(&run("t0123-0"), 1000).is_err());
    }

    #[test]
    fn a_standing_ticket_covers_runs_by_the_second_they_were_due() {
        let standing = Ticket { kind: Kind::Standing, expires: 1_800_000_000, ..ticket() };
        let due = run("t0123-1795725600");
        assert_eq!(standing.covers_run(&due), Ok(()));
        assert!(ticket().covers_run(&due).is_err());
        assert_eq!(standing.accepts_at(&due, 1_795_725_660), Ok(()));
        let refused = Err(TicketError::NotDue { run: due.clone(), id: "t0123".to_owned() });
        for other in [1_795_725_600 - 3601, 1_795_725_600 + 3601] {
            assert_eq!(standing.accepts_at(&due, other), refused);
        }
    }
}
