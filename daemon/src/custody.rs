//! Descriptors that must outlive the daemon, in the hands of its keeper: by name, over a socket in the state directory. The daemon puts
//! one in before it needs it; whoever undoes takes it out; the keeper never uses one, it only holds them.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::sys::{file, passing};

/// The name of a fault and of a file.
const LONGEST: usize = 512;
/// Of the files that are held for the faults (`fault:file`), so that whoever deletes many cannot take the keeper's descriptors from the
/// faults themselves, each of which needs one. A container's usual limit is a million.
const MOST_BELOW: u64 = 16_384;
/// What the keeper needs for itself and for the faults.
const RESERVED: u64 = 256;

/// The keeper answers from memory.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Error)]
pub enum CustodyError {
    #[error(
        "no keeper answers at {socket}: {cause}; without one, calls of the victim would fail when the daemon dies: start `chaosgated keep`", socket = socket.display()
    )]
    NoKeeper { socket: PathBuf, cause: io::Error },
    #[error(
        "the keeper at {socket} holds as many files as it may: raise its limit of open files, or close files that are deleted",
        socket = socket.display()
    )]
    Full { socket: PathBuf },
    #[error("the keeper at {socket} answered {said:?} instead of what was asked", socket = socket.display())]
    Confused { socket: PathBuf, said: String },
}

/// The way to the keeper of a state directory.
#[derive(Debug, Clone)]
pub struct Custody {
    directory: PathBuf,
}

impl Custody {
    /// Touches nothing.
    pub fn of(state_dir: &Path) -> Custody {
        Custody { directory: state_dir.join("custody") }
    }

    /// Where files lie that belong to what is in custody.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn prepare(&self) -> io::Result<()> {
        // Who can reach the socket can take the descriptors.
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)
    }

    fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Changes when another keeper has come, which holds nothing yet.
    pub fn keeper(&self) -> Option<(u64, i64, i64)> {
        let found = fs::metadata(self.socket()).ok()?;
        Some((found.ino(), found.ctime(), found.ctime_nsec()))
    }

    /// The keeper holds a duplicate when this returns.
    pub fn put(&self, name: &str, fd: BorrowedFd<'_>) -> Result<(), CustodyError> {
        self.ask("put", name, &[fd]).map(drop)
    }

    /// None when the keeper holds nothing under this name.
    pub fn get(&self, name: &str) -> Result<Option<OwnedFd>, CustodyError> {
        self.ask("get", name, &[])
    }

    /// What is held under this name, if anything is: a keeper that is not there holds nothing, and one that does not answer in time may.
    pub fn find(&self, name: &str) -> Result<Option<OwnedFd>, CustodyError> {
        match self.get(name) {
            Err(CustodyError::NoKeeper { cause, .. }) if is_nobody(&cause) => Ok(None),
            found => found,
        }
    }

    /// Lets go of the name and of everything under `name:`.
    pub fn drop(&self, name: &str) -> Result<(), CustodyError> {
        self.ask("drop", name, &[]).map(drop)
    }

    fn ask(&self, what: &str, name: &str, fds: &[BorrowedFd<'_>]) -> Result<Option<OwnedFd>, CustodyError> {
        let (said, fd) = self
            .exchange(format!("{what} {name}").as_bytes(), fds)
            .map_err(|cause| CustodyError::NoKeeper { socket: self.socket(), cause })?;
        match said.as_slice() {
            b"ok" => Ok(fd),
            b"none" => Ok(None),
            b"full" => Err(CustodyError::Full { socket: self.socket() }),
            other => Err(CustodyError::Confused { socket: self.socket(), said: String::from_utf8_lossy(other).into_owned() }),
        }
    }

    fn exchange(&self, text: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
        let socket = UnixStream::connect(self.socket())?;
        socket.set_read_timeout(Some(PATIENCE))?;
        passing::send(&socket, text, fds)?;
        passing::receive(&socket, LONGEST)
    }

    /// Holds what is put in, on a thread of its own, for as long as this process lives.
    pub fn hold(&self) -> io::Result<()> {
        self.prepare()?;
        match fs::remove_file(self.socket()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(self.socket())?;
        let most_below = file::allow_many()?.saturating_sub(RESERVED).min(MOST_BELOW) as usize;
        let held = Held { most_below, ..Held::default() };
        thread::Builder::new().name("custody".into()).stack_size(128 * 1024).spawn(move || hold(&listener, held))?;
        Ok(())
    }
}

fn is_nobody(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// What is in custody, by name.
#[derive(Default)]
struct Held {
    fds: BTreeMap<String, OwnedFd>,
    /// How many of them may be below a name.
    most_below: usize,
}

impl Held {
    /// False where there is no room.
    fn put(&mut self, name: &str, fd: OwnedFd) -> bool {
        let is_below = |name: &str| name.contains(':');
        let is_full = || self.fds.keys().filter(|name| is_below(name)).count() >= self.most_below;
        if is_below(name) && !self.fds.contains_key(name) && is_full() {
            return false;
        }
        self.fds.insert(name.to_owned(), fd);
        true
    }

    fn drop(&mut self, name: &str) {
        let below = format!("{name}:");
        self.fds.retain(|key, _| key != name && !key.starts_with(&below));
    }
}

fn hold(listener: &UnixListener, mut held: Held) {
    for caller in listener.incoming() {
        let Ok(caller) = caller else { continue };
        // A caller that breaks off has not put anything in, or does not want it any more.
        if let Err(error) = serve(&caller, &mut held) {
            tracing::debug!(%error, "a caller of the custody broke off");
        }
    }
}

fn serve(caller: &UnixStream, held: &mut Held) -> io::Result<()> {
    caller.set_read_timeout(Some(PATIENCE))?;
    let (text, fd) = passing::receive(caller, LONGEST)?;
    let text = String::from_utf8_lossy(&text);
    let Some((what, name)) = text.split_once(' ') else { return passing::send(caller, b"what?", &[]) };
    match (what, fd) {
        ("put", Some(fd)) => {
            let is_held = held.put(name, fd);
            passing::send(caller, if is_held { b"ok" } else { b"full" }, &[])
        }
        ("get", _) => match held.fds.get(name) {
            Some(fd) => passing::send(caller, b"ok", &[fd.as_fd()]),
            None => passing::send(caller, b"none", &[]),
        },
        ("drop", _) => {
            held.drop(name);
            passing::send(caller, b"ok", &[])
        }
        _ => passing::send(caller, b"what?", &[]),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn inode(fd: &OwnedFd) -> u64 {
        crate::sys::file::stat(fd.as_fd()).expect("open").st_ino
    }

    #[test]
    fn files_never_take_the_room_of_the_faults_themselves() {
        let mut held = Held { most_below: 2, ..Held::default() };
        let mut put = |name: &str| held.put(name, File::open("/proc/version").expect("procfs").into());
        assert_eq!(["a:1", "a:2", "a:3", "b:1"].map(&mut put), [true, true, false, false]);
        assert!(put("a:2") && put("a") && put("b"), "one that is known is exchanged, and a fault has room");
        held.drop("a");
        assert!(held.put("b:1", File::open("/proc/version").expect("procfs").into()));
    }

    #[test]
    fn a_keeper_that_does_not_answer_is_not_one_that_holds_nothing() {
        let dir = std::env::temp_dir().join(format!("chaosgated-silent-keeper-{}", std::process::id()));
        let custody = Custody::of(&dir);
        assert!(custody.find("a").expect("nobody is there, so nothing is held").is_none());
        custody.prepare().expect("writable");
        let silent = UnixListener::bind(custody.socket()).expect("a socket");
        assert!(matches!(custody.find("a"), Err(CustodyError::NoKeeper { .. })), "it may hold the only copy");
        drop(silent);
        assert!(custody.find("a").expect("nobody listens any more").is_none());
        fs::remove_dir_all(&dir).expect("our own directory");
    }

    #[test]
    fn what_is_put_in_comes_out_until_it_is_dropped() {
        let dir = std::env::temp_dir().join(format!("chaosgated-custody-{}", std::process::id()));
        let custody = Custody::of(&dir);
        assert!(matches!(custody.get("a"), Err(CustodyError::NoKeeper { .. })));
        custody.hold().expect("a socket");
        let file: OwnedFd = File::open("/proc/version").expect("procfs").into();
        custody.put("a", file.as_fd()).expect("held");
        custody.put("a:1", file.as_fd()).expect("held");
        custody.put("ab", file.as_fd()).expect("held");
        let got = custody.get("a").expect("a keeper").expect("held");
        assert_eq!(inode(&got), inode(&file));
        custody.drop("a").expect("a keeper");
        assert!(custody.get("a").expect("a keeper").is_none());
        assert!(custody.get("a:1").expect("a keeper").is_none());
        assert!(custody.get("ab").expect("a keeper").is_some());
        fs::remove_dir_all(&dir).expect("our own directory");
    }
}
