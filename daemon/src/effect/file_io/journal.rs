//! What a server that takes over must know, beside the records of the ledger and like them on a tmpfs: the names that the kernel knows
//! by number, which files the kernel reads itself, and whether the fault is being lifted. Files that were deleted while somebody has
//! them open are kept by the keeper, for nothing else would keep them when this process dies.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::mounted::Mounted;
use super::nodes::{Inode, Named, Nodes};
use crate::custody::{Custody, CustodyError};
use crate::sys::file;

/// A journal is written anew when it is this long and four times what is worth keeping.
const SHORT: u64 = 1 << 20;
const WORTH: u64 = 64;
const NAMED: u8 = b'n';
const BACKED: u8 = b'b';
const RELEASED: u8 = b'r';

/// Tells one keeper from the next.
type Keeper = (u64, i64, i64);

pub struct Journal {
    fault: String,
    dir: PathBuf,
    custody: Custody,
    /// The keeper that holds our end of the file system, as far as we know.
    keeper: Mutex<Option<Keeper>>,
    /// Nobody takes over from this server any more.
    is_closed: AtomicBool,
    lines: Mutex<Lines>,
}

struct Lines {
    file: File,
    length: u64,
}

impl Journal {
    /// Goes on with what is there.
    pub fn open(custody: &Custody, fault: &str) -> io::Result<Journal> {
        let dir = custody.directory().to_owned();
        let file = OpenOptions::new().create(true).append(true).open(names_in(&dir, fault))?;
        let length = file.metadata()?.len();
        let lines = Mutex::new(Lines { file, length });
        Ok(Journal {
            fault: fault.to_owned(),
            dir,
            custody: custody.clone(),
            keeper: Mutex::new(custody.keeper()),
            is_closed: AtomicBool::new(false),
            lines,
        })
    }

    /// Replays what another server wrote; a torn end is where that server ended.
    pub fn replay(&self, nodes: &mut Nodes) -> io::Result<()> {
        let bytes = fs::read(names_in(&self.dir, &self.fault))?;
        let mut rest = bytes.as_slice();
        while let Some((line, behind)) = split(rest) {
            read_line(line, nodes);
            rest = behind;
        }
        Ok(())
    }

    pub fn named(&self, named: &Named, nodes: &Nodes) {
        self.append(&line_of(named), nodes);
    }

    pub fn backed(&self, node: u64, backing: Option<u32>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.add(&backing_line(node, backing));
    }

    fn append(&self, line: &[u8], nodes: &Nodes) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.add(line);
        if lines.length > SHORT && lines.length > 4 * WORTH * nodes.len() as u64 {
            // The long one is as good as the short one, so a disk that is full costs nothing but its space.
            if let Ok(shorter) = self.rewrite(nodes) {
                *lines = shorter;
            }
        }
    }

    fn rewrite(&self, nodes: &Nodes) -> io::Result<Lines> {
        let path = names_in(&self.dir, &self.fault);
        let beside = path.with_extension("new");
        let mut bytes: Vec<u8> = nodes.all().flat_map(|named| line_of(&named)).collect();
        bytes.extend(nodes.all_backed().flat_map(|(node, backing)| backing_line(node, Some(backing))));
        fs::write(&beside, &bytes)?;
        let file = OpenOptions::new().append(true).open(&beside)?;
        fs::rename(&beside, &path)?;
        Ok(Lines { file, length: bytes.len() as u64 })
    }

    /// Tells every server of this fault, whichever process it is in, to disturb nothing any more.
    pub fn lift(&self) -> io::Result<()> {
        File::create(lifted_in(&self.dir, &self.fault)).map(drop)
    }

    /// Also when somebody else has undone it whole and removed what says so: what is written down of the mount is there before a fault
    /// begins, and gone after it.
    pub fn is_lifted(&self) -> bool {
        lifted_in(&self.dir, &self.fault).exists() || !Mounted::is_there(&self.dir, &self.fault)
    }

    /// A keeper that has come anew holds nothing yet: it gets the device again.
    pub fn follow_the_keeper(&self, device: BorrowedFd<'_>) {
        let mut known = self.keeper();
        let present = self.custody.keeper();
        if present.is_none() || *known == present || self.is_closed.load(SeqCst) {
            return;
        }
        match self.custody.put(&self.fault, device) {
            Ok(()) => *known = present,
            Err(error) => tracing::warn!(fault = self.fault, %error, "the new keeper does not hold the file system yet"),
        }
    }

    /// From now on nothing is given to the keeper: what is left of the file system ends with this process.
    pub fn close(&self) {
        // Whoever gives it something just now has given it when this returns, so that what is dropped then stays dropped.
        let _keeper = self.keeper();
        self.is_closed.store(true, SeqCst);
    }

    /// Held by whoever gives the keeper something.
    fn keeper(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn keep_deleted(&self, inode: Inode, fd: BorrowedFd<'_>) {
        let _keeper = self.keeper();
        if self.is_closed.load(SeqCst) {
            return;
        }
        if let Err(error) = self.custody.put(&self.name_of(inode), fd) {
            tracing::warn!(fault = self.fault, %error, "the keeper does not hold a deleted file that is still open");
        }
    }

    /// None where nobody keeps it, and never because the keeper could not be asked: the file would be given up for good.
    pub fn deleted(&self, inode: Inode) -> Result<Option<OwnedFd>, CustodyError> {
        self.custody.find(&self.name_of(inode))
    }

    /// The last who had it open has closed it.
    pub fn drop_deleted(&self, fd: BorrowedFd<'_>) {
        if let Ok(stat) = file::stat(fd)
            && stat.st_nlink == 0
        {
            // It stays with the keeper until the fault ends, which costs a descriptor.
            let _ = self.custody.drop(&self.name_of(super::operations::inode_of(&stat)));
        }
    }

    fn name_of(&self, inode: Inode) -> String {
        format!("{}:{}:{}", self.fault, inode.device, inode.number)
    }

    /// From now on the fault is done by the file system of another fault on the same volume.
    pub fn carry(custody: &Custody, fault: &str, carrier: &str) -> io::Result<()> {
        let path = carrier_in(custody.directory(), fault);
        let beside = path.with_extension("carrier-new");
        fs::write(&beside, carrier)?;
        fs::rename(beside, path)
    }

    /// Whose file system does the fault, where it is not its own.
    pub fn carrier_of(custody: &Custody, fault: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(carrier_in(custody.directory(), fault)) {
            Ok(carrier) => Ok(Some(carrier)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn forget_carrier(custody: &Custody, fault: &str) -> io::Result<()> {
        remove_file(&carrier_in(custody.directory(), fault))
    }

    /// Takes everything of a fault's file system away that is not in the kernel. Until all else is gone a sweep finds that it was
    /// mounted; and that it is lifted is said until that is gone too, for whoever still serves must never disturb again.
    pub fn remove(custody: &Custody, fault: &str) -> io::Result<()> {
        let directory = custody.directory();
        remove_file(&names_in(directory, fault))?;
        // A keeper that is not there keeps nothing.
        let _ = custody.drop(fault);
        Mounted::remove(custody, fault)?;
        remove_file(&lifted_in(directory, fault))
    }
}

impl Lines {
    fn add(&mut self, line: &[u8]) {
        // A full disk makes a takeover forget a name, which it then answers with ESTALE; failing the victim now would be worse.
        if self.file.write_all(line).is_ok() {
            self.length += line.len() as u64;
        }
    }
}

/// "Not there" is success.
pub fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn names_in(dir: &Path, fault: &str) -> PathBuf {
    dir.join(format!("{fault}.names"))
}

fn lifted_in(dir: &Path, fault: &str) -> PathBuf {
    dir.join(format!("{fault}.lifted"))
}

fn carrier_in(dir: &Path, fault: &str) -> PathBuf {
    dir.join(format!("{fault}.carrier"))
}

/// Length of the rest, kind, and numbers; a name at the end.
fn line_of(named: &Named) -> Vec<u8> {
    let numbers = [named.node, named.inode.device, named.inode.number, named.parent];
    line(NAMED, &numbers, &named.name)
}

fn backing_line(node: u64, backing: Option<u32>) -> Vec<u8> {
    match backing {
        Some(backing) => line(BACKED, &[node, u64::from(backing)], b""),
        None => line(RELEASED, &[node], b""),
    }
}

fn line(kind: u8, numbers: &[u64], name: &[u8]) -> Vec<u8> {
    let length = 1 + 8 * numbers.len() + name.len();
    let mut bytes = (length as u32).to_ne_bytes().to_vec();
    bytes.push(kind);
    numbers.iter().for_each(|number| bytes.extend(number.to_ne_bytes()));
    bytes.extend(name);
    bytes
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_ne_bytes(*length) as usize)
}

fn read_line(line: &[u8], nodes: &mut Nodes) {
    let Some((kind, rest)) = line.split_first() else { return };
    let number = |at: usize| Some(u64::from_ne_bytes(rest.get(at * 8..at * 8 + 8)?.try_into().ok()?));
    let mut read = || {
        match *kind {
            NAMED => nodes.remember(&Named {
                node: number(0)?,
                inode: Inode { device: number(1)?, number: number(2)? },
                parent: number(3)?,
                name: rest.get(32..)?.to_vec(),
            }),
            BACKED => nodes.back(number(0)?, Some(number(1)? as u32)),
            RELEASED => nodes.back(number(0)?, None),
            _ => {}
        }
        Some(())
    };
    // A line that is too short for its kind is not one of ours.
    let _whole = read();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_somebody_else_has_undone_whole_stays_lifted() {
        let state = std::env::temp_dir().join(format!("chaosgated-journal-{}", std::process::id()));
        let custody = Custody::of(&state);
        custody.prepare().expect("writable");
        Mounted::example("t1-0.f1").write(&custody).expect("writable");
        let journal = Journal::open(&custody, "t1-0.f1").expect("writable");
        assert!(!journal.is_lifted());
        journal.lift().expect("writable");
        assert!(journal.is_lifted());
        Journal::remove(&custody, "t1-0.f1").expect("removed");
        assert_eq!(fs::read_dir(custody.directory()).expect("there").count(), 0);
        assert!(journal.is_lifted(), "whoever serves it still disturbs nothing");
        fs::remove_dir_all(&state).expect("our own directory");
    }

    #[test]
    fn what_is_written_is_read_and_a_torn_end_is_the_end() {
        let named = Named { node: 5, inode: Inode { device: 1, number: 9 }, parent: 1, name: b"a b".to_vec() };
        let mut bytes = line_of(&named);
        bytes.extend(backing_line(5, Some(3)));
        bytes.extend(&line_of(&named)[..7]);
        let mut nodes = Nodes::new(Inode { device: 1, number: 1 });
        let mut rest = bytes.as_slice();
        while let Some((line, behind)) = split(rest) {
            read_line(line, &mut nodes);
            rest = behind;
        }
        assert_eq!(nodes.path(5), Some(b"a b".to_vec()));
        assert_eq!(nodes.all_backed().collect::<Vec<_>>(), [(5, 3)]);
        assert_eq!(rest.len(), 7);
    }
}
