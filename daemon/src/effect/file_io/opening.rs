//! Opens files of a volume for whoever holds them, and never waits for one: since they were opened first, anything may lie there.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::sys::file;

/// Opens what is at `path` below the volume. What it is is seen before it is opened, for a pipe would make us wait.
pub fn below(root: BorrowedFd<'_>, path: &[u8], flags: i32) -> io::Result<OwnedFd> {
    whole(find(root, path, flags)?, flags)
}

/// What is at `path`, without opening it more than to see what it is.
pub fn find(root: BorrowedFd<'_>, path: &[u8], flags: i32) -> io::Result<OwnedFd> {
    let path = if path.is_empty() { c".".to_owned() } else { CString::new(path)? };
    let seen = if flags & libc::O_PATH != 0 { flags } else { libc::O_PATH | libc::O_NOFOLLOW };
    file::open_below(root, &path, seen)
}

/// Opens what was found as `flags` want it.
pub fn whole(found: OwnedFd, flags: i32) -> io::Result<OwnedFd> {
    if flags & libc::O_PATH != 0 { Ok(found) } else { again(found.as_fd(), flags) }
}

/// Opens what a descriptor means once more.
pub fn again(found: BorrowedFd<'_>, flags: i32) -> io::Result<OwnedFd> {
    // By a link in /proc, which is to be followed; and a terminal shall not become ours.
    let flags = flags & !libc::O_NOFOLLOW | libc::O_NOCTTY;
    match file::stat(found)?.st_mode & libc::S_IFMT {
        _ if flags & libc::O_PATH != 0 => file::reopen(found, flags),
        libc::S_IFREG | libc::S_IFDIR => file::reopen(found, flags),
        libc::S_IFIFO => pipe(found, flags),
        _ => at_once(found, flags),
    }
}

/// A reader waits for a writer and a writer for a reader, unless somebody is both.
fn pipe(found: BorrowedFd<'_>, flags: i32) -> io::Result<OwnedFd> {
    let _both = file::reopen(found, libc::O_RDWR | libc::O_NONBLOCK)?;
    file::reopen(found, flags)
}

/// A device may wait for its line or its medium.
fn at_once(found: BorrowedFd<'_>, flags: i32) -> io::Result<OwnedFd> {
    let opened = file::reopen(found, flags | libc::O_NONBLOCK)?;
    if flags & libc::O_NONBLOCK == 0 {
        file::let_it_wait(opened.as_fd())?;
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn opened_within_a_second(path: &'static [u8], flags: i32, dir: &std::path::Path) -> io::Result<OwnedFd> {
        let root: OwnedFd = File::open(dir).expect("there").into();
        let (done, opened) = mpsc::channel();
        thread::spawn(move || done.send(below(root.as_fd(), path, flags)));
        opened.recv_timeout(Duration::from_secs(1)).expect("opening does not wait")
    }

    #[test]
    fn a_pipe_without_another_end_is_opened_at_once_and_as_it_was() {
        let dir = std::env::temp_dir().join(format!("chaosgated-opening-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("writable");
        let root = File::open(&dir).expect("there");
        file::make_node(root.as_fd(), c"pipe", libc::S_IFIFO | 0o600, 0).expect("a pipe");
        for flags in [libc::O_RDONLY, libc::O_WRONLY, libc::O_RDWR] {
            let pipe = opened_within_a_second(b"pipe", flags, &dir).expect("opened");
            let info =
                fs::read_to_string(format!("/proc/self/fdinfo/{}", std::os::fd::AsRawFd::as_raw_fd(&pipe))).expect("ours");
            let told = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("flags");
            let told = i32::from_str_radix(told.trim(), 8).expect("octal");
            assert_eq!(told & (libc::O_ACCMODE | libc::O_NONBLOCK), flags, "{info}");
        }
        fs::remove_dir_all(&dir).expect("our own directory");
    }
}
