//! The vDSO as the kernel gives it to every new program: this process's own, which nobody has patched. It is what restoring
//! writes back, so a restorer needs no saved state, and what every victim is compared with before it is touched.
//! The *cave* is the zero tail behind the ELF image in the last page: mapped, executable, and used by nobody.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use object::read::elf::{ElfFile64, FileHeader};
use object::{Endianness, Object, ObjectSymbol};
use thiserror::Error;

/// A cache line, so that the data of the cave shares none with what it is not.
const ALIGNMENT: usize = 64;
/// The vDSOs of Linux have 1 to 4 pages; what is far larger is not one.
const LARGEST: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub bytes: Vec<u8>,
    /// Offsets from the start of the image; the size is the symbol's.
    pub clock_gettime: Range<usize>,
    pub gettimeofday: Option<Range<usize>>,
    pub time: Option<Range<usize>>,
    pub cave: Range<usize>,
}

#[derive(Debug, Error)]
pub enum ImageError {
    #[error("could not read this process's own vDSO: {0}")]
    Read(#[from] io::Error),
    #[error("this process has no vDSO: the kernel runs with vdso=0, and every clock read is a system call")]
    Absent,
    #[error("this kernel's vDSO is no ELF image that can be read: {0}")]
    Elf(#[from] object::Error),
    #[error("this kernel's vDSO has no function {0}")]
    NoFunction(&'static str),
    #[error("this kernel's vDSO ends with something in its last bytes, so there is no room for a hook")]
    NoCave,
}

impl Image {
    pub fn own() -> Result<Image, ImageError> {
        let maps = fs::read_to_string("/proc/self/maps")?;
        let place = maps.lines().find_map(place_of_vdso).ok_or(ImageError::Absent)?;
        let mut bytes = vec![0; (place.end - place.start) as usize];
        File::open("/proc/self/mem")?.read_exact_at(&mut bytes, place.start)?;
        Image::parse(bytes)
    }

    pub fn parse(bytes: Vec<u8>) -> Result<Image, ImageError> {
        let (clock_gettime, gettimeofday, time, end) = {
            let elf = ElfFile64::<Endianness>::parse(&*bytes)?;
            let named = |name: &str| function(&elf, name).filter(|range| range.end <= bytes.len());
            let clock_gettime = named("__vdso_clock_gettime").or_else(|| named("__kernel_clock_gettime"));
            let gettimeofday = named("__vdso_gettimeofday").or_else(|| named("__kernel_gettimeofday"));
            (clock_gettime, gettimeofday, named("__vdso_time"), end_of(&elf))
        };
        let cave = end.next_multiple_of(ALIGNMENT)..bytes.len();
        if cave.start >= cave.end || bytes[end..].iter().any(|byte| *byte != 0) {
            return Err(ImageError::NoCave);
        }
        let clock_gettime = clock_gettime.ok_or(ImageError::NoFunction("clock_gettime"))?;
        Ok(Image { bytes, clock_gettime, gettimeofday, time, cave })
    }

    /// Where `other`, an image of a process, differs from this one, the cave left out.
    pub fn differences(&self, other: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for at in (0..self.cave.start).filter(|at| self.bytes[*at] != other[*at]) {
            match found.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ => found.push(at..at + 1),
            }
        }
        found
    }
}

/// A line of /proc/PID/maps: `7ffd1000-7ffd3000 r-xp 00000000 00:00 0   [vdso]`.
fn place_of_vdso(line: &str) -> Option<Range<u64>> {
    let (start, end) = line.strip_suffix("[vdso]")?.split_once(' ')?.0.split_once('-')?;
    let place = u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?;
    (place.start < place.end && place.end - place.start <= LARGEST).then_some(place)
}

fn function(elf: &ElfFile64<'_, Endianness>, name: &str) -> Option<Range<usize>> {
    let symbol = elf.dynamic_symbols().find(|symbol| symbol.name() == Ok(name) && symbol.size() > 0)?;
    let start = usize::try_from(symbol.address()).ok()?;
    Some(start..start.checked_add(usize::try_from(symbol.size()).ok()?)?)
}

/// Behind the loaded bytes there is the table of sections, which no program reads and every tool does.
fn end_of(elf: &ElfFile64<'_, Endianness>) -> usize {
    let (header, endian) = (elf.elf_header(), elf.endian());
    let table = header.e_shoff(endian) + u64::from(header.e_shentsize(endian)) * u64::from(header.e_shnum(endian));
    let segments = elf.elf_program_headers().iter();
    let loaded = segments.map(|segment| segment.p_offset.get(endian) + segment.p_filesz.get(endian)).max();
    usize::try_from(table.max(loaded.unwrap_or(0))).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_image_has_its_functions_and_room_behind_them() {
        let image = Image::own().expect("this kernel has a vDSO");
        assert!(image.clock_gettime.end <= image.cave.start, "{:x?}", image.cave);
        assert!(image.bytes[image.cave.clone()].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn differences_are_told_as_ranges_and_the_cave_is_left_out() {
        let image = Image::own().expect("this kernel has a vDSO");
        let mut other = image.bytes.clone();
        assert_eq!(image.differences(&other), []);
        for at in [100, 101, 200, image.cave.start] {
            other[at] ^= 1;
        }
        assert_eq!(image.differences(&other), [100..102, 200..201]);
    }

    #[test]
    fn what_is_no_image_is_refused() {
        assert!(matches!(Image::parse(vec![0; 8192]), Err(ImageError::Elf(_))));
        let mut full = Image::own().expect("this kernel has a vDSO").bytes;
        *full.last_mut().expect("bytes") = 1;
        assert!(matches!(Image::parse(full), Err(ImageError::NoCave)));
    }
}
