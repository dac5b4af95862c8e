//! A processor without hooks. aarch64 would need: a branch of 4 bytes at the entry (its reach of 128 MiB is ample), the moved
//! instruction copied with its pc-relative forms fixed up, and a flush of the instruction cache, which writes through
//! /proc/PID/mem bring along.

use super::{HooksError, Made};
use crate::effect::clock::image::Image;

pub fn assemble(_image: &Image, _slots: usize, _code: usize) -> Result<Made, HooksError> {
    Err(HooksError::Processor)
}
