//! Names that other people chose, made safe to be file names, log fields and parts of kernel object names. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Two of these, a dot and `.json` must fit into one file name of 255 bytes.
const LONGEST: usize = 96;

/// One execution of one experiment document: `<ticket id>-<n>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// One fault, unique within its run, chosen by the runner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultId(String);

/// A fault on this node. Its text is the name of its record, and what effects derive the names of kernel objects from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultKey {
    pub run: RunId,
    pub fault: FaultId,
}

/// The fencing number of a lease. Who holds a higher one has taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

#[derive(Debug, Error, PartialEq)]
pub enum InvalidId {
    #[error("{what} is empty: give 1 to {LONGEST} letters, digits, '-' or '_'")]
    Empty { what: &'static str },
    #[error("{what} is {length} bytes long: give 1 to {LONGEST} letters, digits, '-' or '_'")]
    TooLong { what: &'static str, length: usize },
    #[error("{what} has the character {found:?} at byte {at}: only letters, digits, '-' and '_' are safe in a file name")]
    Character { what: &'static str, found: char, at: usize },
}

impl RunId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FaultId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        checked("run_id", text).map(Self)
    }
}

impl TryFrom<String> for FaultId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        checked("fault_id", text).map(Self)
    }
}

fn checked(what: &'static str, text: String) -> Result<String, InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty { what });
    }
    if text.len() > LONGEST {
        return Err(InvalidId::TooLong { what, length: text.len() });
    }
    match text.char_indices().find(|(_, c)| !(c.is_ascii_alphanumeric() || *c == '-' || *c == '_')) {
        Some((at, found)) => Err(InvalidId::Character { what, found, at }),
        None => Ok(text),
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0
    }
}

impl From<FaultId> for String {
    fn from(id: FaultId) -> String {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.run, self.fault)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_the_state_directory_is_refused() {
        for hostile in ["../x", "a/b", "a.b", "a b", "a\0", "ü", "\n", "a'--"] {
            assert!(RunId::try_from(hostile.to_owned()).is_err(), "{hostile:?} was accepted");
        }
    }

    #[test]
    fn a_name_is_as_long_as_its_record_can_bear() {
        assert!(FaultId::try_from("f".repeat(LONGEST)).is_ok());
        assert_eq!(
            FaultId::try_from("f".repeat(LONGEST + 1)),
            Err(InvalidId::TooLong { what: "fault_id", length: LONGEST + 1 })
        );
        assert!(".json".len() + 1 + 2 * LONGEST <= 255);
    }
}
