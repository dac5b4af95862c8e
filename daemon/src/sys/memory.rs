//! Memory that is really there: anonymous pages, each written to, and none that was not asked for; and giving back what is not needed.

use std::io;
use std::ptr;

/// Holds the pages until it is dropped.
pub struct Hog {
    at: *mut libc::c_void,
    length: usize,
}

impl Hog {
    /// Maps and touches this many bytes, rounded down to whole pages. Huge pages are turned off, which would round up.
    pub fn of(bytes: usize) -> io::Result<Hog> {
        let page = page_size();
        let length = bytes / page * page;
        if length == 0 {
            return Ok(Hog { at: ptr::null_mut(), length });
        }
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new anonymous mapping at a place of the kernel's choice overlaps nothing of ours.
        let at = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let hog = Hog { at, length };
        // A kernel without huge pages answers EINVAL, and then none can come.
        // SAFETY: the range is the mapping that was just made.
        unsafe { libc::madvise(at, length, libc::MADV_NOHUGEPAGE) };
        for offset in (0..length).step_by(page) {
            // SAFETY: the offset lies within the mapping, which is writable and nobody else's.
            unsafe { ptr::write_volatile(at.cast::<u8>().add(offset), 1) };
        }
        Ok(hog)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: the mapping is ours alone, and nothing refers to it any more.
            unsafe { libc::munmap(self.at, self.length) };
        }
    }
}

/// Gives what the allocator keeps of freed memory back to the kernel, if that is more than so many bytes: by itself it keeps the room that
/// a crowd of callers has needed, for another crowd.
#[cfg(target_env = "gnu")]
pub fn give_back(kept: usize) {
    // SAFETY: both take no pointer, and lock the arenas that they look at by themselves.
    unsafe {
        if usize::try_from(libc::mallinfo().fordblks).is_ok_and(|free| free > kept) {
            libc::malloc_trim(0);
        }
    }
}

#[cfg(not(target_env = "gnu"))]
pub fn give_back(_kept: usize) {}

/// Lets go of the code that this process has read of its program and its libraries. What is needed again comes from the page cache again.
pub fn let_go_of_code() -> io::Result<()> {
    for (at, length) in code_in(&std::fs::read_to_string("/proc/self/maps")?) {
        // SAFETY: the kernel says that this range is code of a file, mapped by it for this process alone and not writable: its pages are
        // the file's, unchanged (nothing is relocated in them), and a page that is touched again is read again.
        if unsafe { libc::madvise(ptr::without_provenance_mut(at), length, libc::MADV_DONTNEED) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Places and lengths of a file's code. Constants are left: the kernel shows those that were relocated, and would be lost, alike.
fn code_in(maps: &str) -> Vec<(usize, usize)> {
    let code = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (start, end) = words.first()?.split_once('-')?;
        let [start, end] = [start, end].map(|hex| usize::from_str_radix(hex, 16).ok());
        let is_code = *words.get(1)? == "r-xp" && words.get(5)?.starts_with('/');
        is_code.then_some((start?, end? - start?))
    };
    maps.lines().filter_map(code).collect()
}

fn page_size() -> usize {
    // SAFETY: sysconf takes an integer and no pointer.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_a_file_lets_run_and_nobody_write() {
        let maps = "\
5000-6000 r--p 00000000 fe:00 17 /chaosgated
6000-9000 r-xp 00001000 fe:00 17 /chaosgated
9000-a000 rw-p 00003000 fe:00 17 /chaosgated
b000-c000 r-xp 00000000 00:00 0
d000-e000 r-xp 00000000 00:00 0 [vdso]
f000-10000 rwxp 00000000 fe:00 18 /odd.so
";
        assert_eq!(code_in(maps), [(0x6000, 0x3000)]);
    }

    #[test]
    fn a_process_goes_on_without_the_code_that_it_has_read() {
        for _ in 0..3 {
            let_go_of_code().expect("our own code");
            assert!(!code_in(&std::fs::read_to_string("/proc/self/maps").expect("procfs")).is_empty());
        }
    }
}
