//! What a verified ticket permits: which run, which namespaces, for how long, how many victims.

use std::time::Duration;

use super::{Ticket, TicketError};
use crate::ids::RunId;

/// Control planes and our own parts: no ticket can name these.
pub const NEVER_HIT: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "chaosgate"];

impl Ticket {
    /// Expiry is judged once, when a run begins here: a run that was accepted in time may finish.
    pub fn accepts_at(&self, unix_seconds: u64) -> Result<(), TicketError> {
        if unix_seconds < self.expires {
            return Ok(());
        }
        Err(TicketError::Expired { id: self.id.clone(), ago: unix_seconds - self.expires })
    }

    /// A run is named by its ticket, so that one ticket cannot act under another's lease.
    pub fn covers_run(&self, run: &RunId) -> Result<(), TicketError> {
        let number = run.as_str().strip_prefix(self.id.as_str()).and_then(|rest| rest.strip_prefix('-'));
        let plain = |n: &str| !n.is_empty() && n.len() <= 4 && n.bytes().all(|b| b.is_ascii_digit());
        if number.is_some_and(plain) {
            return Ok(());
        }
        Err(TicketError::OtherRun { run: run.clone(), id: self.id.clone() })
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
    use crate::ticket::{Kind, Limits};

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
    fn limits_are_inclusive_and_have_no_grace() {
        assert!(ticket().permits_duration(Duration::from_secs(30)).is_ok());
        assert!(ticket().permits_duration(Duration::from_micros(30_000_001)).is_err());
        assert!(ticket().permits_victims(&run("t0123-0"), 2).is_ok());
        assert!(ticket().permits_victims(&run("t0123-0"), 3).is_err());
        assert!(ticket().accepts_at(999).is_ok());
        assert!(ticket().accepts_at(1000).is_err());
    }
}
