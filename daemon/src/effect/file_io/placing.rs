//! Putting a file system of ours over a volume and taking it away: mounts, what is open, and whoever joins or takes over. What was
//! done is written down before it is done; undoing finds it there, whoever does it.

use std::ffi::CString;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use super::holders::{self, Ground, Held, Mappings};
use super::journal::Journal;
use super::mounted::Mounted;
use super::moving::{self, MoveError};
use super::nodes::{Inode, Nodes};
use super::operations::{self, Volume};
use super::place::{self, Inside};
use super::rule::{Rule, Rules};
use super::server::Server;
use super::{FileIoEffect, FileIoError, FileIoReceipt, Serving, opening, preflight, wire};
use crate::custody::Custody;
use crate::fault::file_io::{FileIoFault, VolumePath};
use crate::sys::{file, fuse, mount};

/// A process of the victim that does not stop within this waits for something else than us, and the fault is not put on.
const PATIENCE: Duration = Duration::from_secs(1);
/// Undoing waits longer: whoever waits for the file system is answered meanwhile.
const PATIENCE_TO_UNDO: Duration = Duration::from_secs(5);

/// How often one that serves what is left looks whether anything is.
const LOOK: Duration = Duration::from_secs(2);
/// It sleeps and looks.
const STACK: usize = 64 * 1024;

impl FileIoEffect {
    pub(super) fn place(&self, receipt: &FileIoReceipt, asked: &FileIoFault) -> Result<(), FileIoError> {
        let step = |what| move |cause| FileIoError::Step { fault: receipt.fault.clone(), what, cause };
        let inside = place::enter(receipt.namespace, receipt.namespace_number, receipt.pid)
            .and_then(|inside| inside.ok_or_else(|| io::ErrorKind::NotFound.into()))
            .map_err(step("enter the victim's mounts"))?;
        let old = self.serving_on(receipt);
        let root = match &old {
            Some(old) => file::duplicate(old.server.volume().root.as_fd()),
            None => open_volume(&inside, &receipt.volume),
        };
        let root = root.map_err(step("open the volume"))?;
        let custody = self.custody(&receipt.fault)?;
        file::allow_many().map_err(step("raise the limit of open files"))?;
        let device = fuse::open().map_err(step("open /dev/fuse"))?;
        custody.prepare().map_err(step("prepare the keeper's directory"))?;
        custody.put(&receipt.fault, device.as_fd())?;
        let seed = asked.seed.unwrap_or_else(|| RandomState::new().hash_one(&receipt.fault));
        let rule = Rule::new(&receipt.fault, asked.clone(), seed);
        let rules = old.as_ref().map(|old| old.server.volume().rules.clone()).unwrap_or_default().and(rule);
        let volume = volume(custody, receipt, device, root, rules).map_err(step("prepare the file system"))?;
        let target = file::duplicate(volume.root.as_fd()).map_err(step("open the volume"))?;
        // The device is of no use before a file system is made on it.
        let mounted = make_mount(receipt, volume.device.as_raw_fd(), target.as_fd()).map_err(step("make the mount"))?;
        let server = Arc::new(Server::start(volume).map_err(step("start the file system"))?);
        let (mount, device) = numbers_of(&mounted).map_err(step("look at the mount"))?;
        let mounted_as = Mounted { receipt: receipt.clone(), mount, device };
        mounted_as.write(custody).map_err(step("write down the mount"))?;
        let ground = preflight::ground_of(receipt.namespace, &target, device).map_err(step("look at the volume"))?;
        // From here on whoever undoes a fault of the old one must find this one as well.
        let serving = Serving { receipt: receipt.clone(), server: Arc::clone(&server) };
        self.served().insert(receipt.fault.clone(), serving);
        let left = old.as_ref().map(|old| self.leave(custody, old, receipt, &inside)).transpose();
        let left = left.map_err(step("leave the file system of the faults that are there"))?.flatten();
        mount::inside(&inside.namespace, &inside.root, || mount::attach(mounted.as_fd(), target.as_fd()))
            .and_then(|attached| attached)
            .map_err(step("mount the file system"))?;
        let open = |held: &Held, flags: i32| opening::below(mounted.as_fd(), &held.path, flags);
        // First those of the one that is left, then whoever came to the bare volume in between.
        for ground in left.iter().chain([&ground]) {
            let moved = moving::move_all(ground, &open, PATIENCE);
            tracing::info!(fault = receipt.fault, ?moved, "what the victim holds of the volume goes through the fault");
            moved.left.into_iter().next().map_or(Ok(()), |first| Err(moving_failed(receipt, first)))?;
        }
        server.arm();
        if let Some(old) = old {
            self.served().remove(&old.receipt.fault);
            old.server.volume().journal.close();
            Journal::remove(custody, &old.receipt.fault).map_err(step("remove what was written down"))?;
        }
        Ok(())
    }

    /// Writes down that the new file system does the faults of the old one too, and takes the old one away from all who come from now
    /// on. Where what is held of it is found; whatever happens from here on, undoing any of the faults finds the new one.
    fn leave(&self, custody: &Custody, old: &Serving, new: &FileIoReceipt, inside: &Inside) -> io::Result<Option<Ground>> {
        let volume = old.server.volume();
        for fault in volume.rules.names() {
            Journal::carry(custody, fault, &new.fault)?;
        }
        // Who waits for an answer of the old one is not to be waited for.
        volume.journal.lift()?;
        self.detach(&old.receipt, inside)?;
        Ok(Mounted::read(custody, &old.receipt.fault)?.map(|mounted| detached(&mounted)))
    }

    /// A server for the volume, whoever served it before: with nothing to disturb, to let everybody finish what they are at.
    fn take_over(&self, receipt: &FileIoReceipt, inside: &Inside) -> Result<Option<Arc<Server>>, FileIoError> {
        let step = |what| move |cause| FileIoError::Step { fault: receipt.fault.clone(), what, cause };
        if let Some(serving) = self.served().get(&receipt.fault) {
            return Ok(Some(Arc::clone(&serving.server)));
        }
        let custody = self.custody(&receipt.fault)?;
        // Nobody holds it, so nobody can serve it: the kernel answers for it, with errors, until everything is moved.
        let Some(device) = custody.find(&receipt.fault)?.map(File::from) else { return Ok(None) };
        let root = self.behind(receipt, inside).map_err(step("open the volume behind the fault"))?;
        let resend = device.try_clone().map_err(step("take over the file system"))?;
        let volume = volume(custody, receipt, device, root, Rules::default()).map_err(step("take over the file system"))?;
        volume.journal.replay(&mut volume.nodes()).map_err(step("read what the kernel knows of the volume"))?;
        let server = Arc::new(Server::start(volume).map_err(step("start the file system"))?);
        // A kernel before 6.9 refuses: what the dead one had taken then waits until the mount is gone, and fails.
        let _ = fuse::answer(&resend, &[io::IoSlice::new(&wire::resend())]);
        let serving = Serving { receipt: receipt.clone(), server: Arc::clone(&server) };
        self.served().insert(receipt.fault.clone(), serving);
        Ok(Some(server))
    }

    /// The directory under our mount.
    fn behind(&self, receipt: &FileIoReceipt, inside: &Inside) -> io::Result<OwnedFd> {
        self.detach(receipt, inside)?;
        open_volume(inside, &receipt.volume)
    }

    /// Takes the mount away from all who come from now on. "Not there" is success.
    fn detach(&self, receipt: &FileIoReceipt, inside: &Inside) -> io::Result<()> {
        let source = source_of(receipt);
        let mounts = inside.mounts()?;
        mount::inside(&inside.namespace, &inside.root, || {
            for found in mounts.into_iter().filter(|found| found.source == source) {
                mount::detach(&CString::new(found.point)?)?;
            }
            Ok(())
        })?
    }

    /// Takes away what our records know and this process does not serve: whoever opens a path through it waits for a daemon that is
    /// dead. The undoing of its own fault does the rest.
    fn detach_dead(&self, custody: &Custody, inside: &Inside) -> io::Result<()> {
        let is_dead = |mount: &place::Mount| {
            mount
                .fault()
                .is_some_and(|fault| !self.served().contains_key(fault) && Mounted::is_there(custody.directory(), fault))
        };
        let mounts = inside.mounts()?;
        mount::inside(&inside.namespace, &inside.root, || {
            for found in mounts.into_iter().filter(is_dead) {
                mount::detach(&CString::new(found.point)?)?;
            }
            Ok(())
        })?
    }

    pub(super) fn take_away_whole(&self, receipt: &FileIoReceipt) -> Result<(), FileIoError> {
        let left = self.take_away(receipt)?;
        let served = self.served().remove(&receipt.fault);
        if let Some(serving) = served {
            serving.server.volume().journal.close();
            if !left.is_empty() {
                linger(serving.server);
            }
        }
        if let Some(custody) = &self.custody {
            let step = |cause| FileIoError::Step { fault: receipt.fault.clone(), what: "remove what was written down", cause };
            Journal::remove(custody, &receipt.fault).map_err(step)?;
        }
        tell_left(receipt, left)
    }

    /// What stays where it is for good. Everything else is back, or this is to be tried again.
    fn take_away(&self, receipt: &FileIoReceipt) -> Result<Vec<MoveError>, FileIoError> {
        let step = |what| move |cause| FileIoError::Step { fault: receipt.fault.clone(), what, cause };
        // First, for whoever may not open another file finds nothing of what is to be undone.
        file::allow_many().map_err(step("raise the limit of open files"))?;
        let Some(inside) = place::enter(receipt.namespace, receipt.namespace_number, receipt.pid)
            .map_err(step("look for the victim's mounts"))?
        else {
            return Ok(Vec::new()); // The last process of the container has ended, and its mounts with it.
        };
        let custody = self.custody(&receipt.fault)?;
        custody.prepare().map_err(step("prepare the keeper's directory"))?;
        let mounted = Mounted::read(custody, &receipt.fault).map_err(step("read what is known of the mount"))?;
        let Some(mounted) = mounted else { return Ok(Vec::new()) };
        let journal = Journal::open(custody, &receipt.fault).map_err(step("read what the kernel knows of the volume"))?;
        journal.lift().map_err(step("lift the fault"))?;
        self.detach_dead(custody, &inside).map_err(step("unmount what a dead daemon served"))?;
        self.detach(receipt, &inside).map_err(step("unmount the file system"))?;
        let server = self.take_over(receipt, &inside)?;
        let root = open_volume(&inside, &receipt.volume).map_err(step("open the volume"))?;
        let ground = detached(&mounted);
        let open = |held: &Held, flags: i32| open_behind(root.as_fd(), server.as_deref(), held, flags);
        let moved = moving::move_all(&ground, &open, PATIENCE_TO_UNDO);
        tracing::info!(fault = receipt.fault, ?moved, "what the victim holds of the volume is back");
        let (left, not_yet): (Vec<_>, Vec<_>) = moved.left.into_iter().partition(|left| left.is_for_good);
        not_yet.into_iter().next().map_or(Ok(left), |first| Err(moving_failed(receipt, first)))
    }
}

/// Serves on until the last of those is gone who hold what could not be moved: their faults are over, and nobody takes over from it.
fn linger(server: Arc<Server>) {
    let kept = Arc::clone(&server);
    let wait = move || {
        while !server.has_ended() {
            thread::sleep(LOOK);
        }
    };
    if let Err(error) = thread::Builder::new().name("file-io-left".into()).stack_size(STACK).spawn(wait) {
        tracing::warn!(%error, "what could not be moved is served for as long as this process lives");
        std::mem::forget(kept);
    }
}

/// What is held of a mount that nobody comes to any more: its paths begin in it.
fn detached(mounted: &Mounted) -> Ground {
    let Mounted { receipt, mount, device } = mounted;
    Ground { namespace: receipt.namespace, mount: *mount, seen_at: Vec::new(), mappings: Mappings::On(*device) }
}

fn source_of(receipt: &FileIoReceipt) -> String {
    format!("{}{}", place::SOURCE, receipt.fault)
}

fn open_volume(inside: &Inside, volume: &VolumePath) -> io::Result<OwnedFd> {
    file::open_in_root(inside.root.as_fd(), &CString::new(volume.as_str())?, libc::O_PATH | libc::O_DIRECTORY)
}

fn volume(custody: &Custody, receipt: &FileIoReceipt, device: File, root: OwnedFd, rules: Rules) -> io::Result<Volume> {
    let stat = file::stat(root.as_fd())?;
    Ok(Volume {
        device,
        path: receipt.volume.as_str().as_bytes().to_vec(),
        rules,
        nodes: Mutex::new(Nodes::new(operations::inode_of(&stat))),
        agreed: OnceLock::new(),
        journal: Journal::open(custody, &receipt.fault)?,
        root,
    })
}

/// With the restrictions of the mount that it covers.
fn make_mount(receipt: &FileIoReceipt, device: i32, over: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let number = CString::new(device.to_string())?;
    let source = CString::new(source_of(receipt))?;
    let settings = [
        mount::Setting::Text(c"source", &source),
        mount::Setting::Text(c"subtype", c"chaosgate"),
        mount::Setting::Text(c"fd", &number),
        mount::Setting::Text(c"rootmode", c"40000"),
        mount::Setting::Text(c"user_id", c"0"),
        mount::Setting::Text(c"group_id", c"0"),
        mount::Setting::Flag(c"allow_other"),
        mount::Setting::Flag(c"default_permissions"),
    ];
    // ST_RDONLY, ST_NOSUID, ST_NODEV and ST_NOEXEC have the numbers of their MOUNT_ATTR_ counterparts.
    let restrictions = file::statvfs(over)?.f_flag as u32 & 0xf;
    mount::make(c"fuse", &settings, restrictions)
}

/// The number of a mount and the device of its file system.
fn numbers_of(mounted: &OwnedFd) -> io::Result<(u64, u64)> {
    Ok((holders::mount_of(mounted.as_raw_fd())?, file::stat(mounted.as_fd())?.st_dev))
}

/// What has no path any more is opened by whoever served it or the keeper, who have it open.
fn open_behind(root: BorrowedFd<'_>, server: Option<&Server>, held: &Held, flags: i32) -> io::Result<OwnedFd> {
    let named = find_behind(root, server, held, flags).and_then(|found| opening::whole(found, flags));
    match named {
        Err(error) if leads_elsewhere(&error) => open_nameless(root, server, held, flags),
        opened => opened,
    }
}

/// What is held, by its path; somebody who does not see the mount may have put something else there.
fn find_behind(root: BorrowedFd<'_>, server: Option<&Server>, held: &Held, flags: i32) -> io::Result<OwnedFd> {
    if held.is_deleted {
        return Err(gone());
    }
    let found = opening::find(root, &held.path, flags)?;
    let Some(server) = server else { return Ok(found) };
    let is_it = match holders::inode_of(held) {
        Ok(number) => file::stat(found.as_fd())?.st_ino == number,
        // The server has looked at the path that it knows, and another file is there. Where it knows none, for what it knew is lost, and
        // whatever else goes wrong, the kernel's own word is the best there is.
        Err(cause) if cause.raw_os_error() == Some(libc::ESTALE) => !server.volume().nodes().knows(&held.path),
        Err(_) => true,
    };
    if is_it { Ok(found) } else { Err(gone()) }
}

/// Not the file: nothing is there, or a link, a directory of another file system, or a socket or device without anybody behind it.
fn leads_elsewhere(error: &io::Error) -> bool {
    let elsewhere = [libc::ESTALE, libc::ENOENT, libc::ENOTDIR, libc::ELOOP, libc::EXDEV, libc::ENXIO];
    error.raw_os_error().is_some_and(|code| elsewhere.contains(&code))
}

fn open_nameless(root: BorrowedFd<'_>, server: Option<&Server>, held: &Held, flags: i32) -> io::Result<OwnedFd> {
    let volume = server.ok_or_else(gone)?.volume();
    let number = holders::inode_of(held).map_err(|cause| if is_known_by_nobody(&cause) { gone() } else { cause })?;
    let inode = Inode { device: file::stat(root)?.st_dev, number };
    let open = volume.nodes().held_on(inode);
    match open {
        Some(open) => opening::again(open.as_fd(), flags),
        None => opening::again(volume.journal.deleted(inode).map_err(io::Error::other)?.ok_or_else(gone)?.as_fd(), flags),
    }
}

/// Whoever has nothing to say about a file cannot open it either. EPERM: the kernel lets nobody of our user namespace look.
fn is_known_by_nobody(cause: &io::Error) -> bool {
    matches!(cause.raw_os_error(), Some(libc::ESTALE | libc::ENOENT | libc::ENOTCONN | libc::EPERM))
}

/// No name leads to it, and nobody has it open.
fn gone() -> io::Error {
    io::Error::from_raw_os_error(libc::ESTALE)
}

fn moving_failed(receipt: &FileIoReceipt, MoveError { pid, path, cause, .. }: MoveError) -> FileIoError {
    FileIoError::Move { fault: receipt.fault.clone(), pid, path, cause }
}

/// Each in the log, and the first as the failure: that an undo has ended does not make it a clean one.
fn tell_left(receipt: &FileIoReceipt, left: Vec<MoveError>) -> Result<(), FileIoError> {
    for MoveError { pid, path, cause, .. } in &left {
        tracing::error!(fault = receipt.fault, pid, path, %cause, "what a process holds stays on a file system that is gone");
    }
    let others = left.len().saturating_sub(1);
    let told =
        |MoveError { pid, path, cause, .. }| FileIoError::Left { fault: receipt.fault.clone(), pid, path, others, cause };
    left.into_iter().next().map_or(Ok(()), |first| Err(told(first)))
}
