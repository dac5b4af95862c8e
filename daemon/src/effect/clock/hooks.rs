//! What is put into a victim: the cave's bytes and a jump at the entry of each function that tells the time. The same bytes fit every
//! process of this kernel, because everything in them is relative; they are made once and know nothing of any offset.
//! One file per processor; a processor without one has no clock faults, and says so.

#[cfg(target_arch = "x86_64")]
#[path = "hooks/x86_64.rs"]
mod processor;

#[cfg(not(target_arch = "x86_64"))]
#[path = "hooks/none.rs"]
mod processor;

use std::ops::Range;

use thiserror::Error;

use super::image::Image;
use super::slots;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    pub entries: Vec<Entry>,
    /// Behind the slots, and up to the end of what is used of the cave.
    pub code: Vec<u8>,
    /// Where the code begins in the cave.
    pub code_at: usize,
}

/// One function's way into its hook. All offsets are from the start of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub function: &'static str,
    /// The instructions that gave way: the jump covers the first bytes of them, and a copy of all of them is in the cave.
    pub moved: Range<usize>,
    pub jump: Vec<u8>,
    /// Where each moved instruction was, and where its copy is.
    pub copies: Vec<(usize, usize)>,
}

#[derive(Debug, Error)]
pub enum HooksError {
    #[cfg(not(target_arch = "x86_64"))]
    #[error("clock faults are built for x86_64 only; on this processor the clock effect is not built")]
    Processor,
    #[error("the hooks need {needed} bytes behind this kernel's vDSO, and there are {there}")]
    NoRoom { needed: usize, there: usize },
    #[error("the first instructions of {function} cannot be moved: {why}")]
    Prologue { function: &'static str, why: &'static str },
    #[error("the hooks could not be assembled: {0}")]
    Assemble(String),
}

/// Makes the hooks for this kernel's image.
pub fn make(image: &Image) -> Result<Hooks, HooksError> {
    let code_at = slots::LENGTH.next_multiple_of(16);
    let made = processor::assemble(image, image.cave.start, image.cave.start + code_at)?;
    let (needed, there) = (code_at + made.code.len(), image.cave.len());
    if needed > there {
        return Err(HooksError::NoRoom { needed, there });
    }
    Ok(Hooks { entries: made.entries, code: made.code, code_at })
}

/// What a processor's file answers.
struct Made {
    entries: Vec<Entry>,
    code: Vec<u8>,
}

impl Entry {
    /// Where a thread that stands behind the first moved instruction has to go on once that instruction's place is a jump.
    /// At the first one it goes on where it is, and jumps.
    pub fn copy_of(&self, at: usize) -> Option<usize> {
        let is_inside = self.moved.contains(&at) && at != self.moved.start;
        is_inside.then(|| self.copies.iter().find(|(was, _)| *was == at).map(|(_, copy)| *copy))?
    }

    /// The bytes that the jump replaces.
    pub fn replaced(&self) -> Range<usize> {
        self.moved.start..self.moved.start + self.jump.len()
    }
}
