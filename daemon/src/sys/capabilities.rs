//! The capabilities of a process (capabilities(7)), given up for good.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

/// _LINUX_CAPABILITY_VERSION_3 of linux/capability.h: two words for each set.
const VERSION_3: u32 = 0x2008_0522;
/// Numbers go up to here in this interface; a kernel knows fewer and says so.
const NUMBERS: u32 = 64;

/// By their numbers in linux/capability.h; only those that some effect needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Capability {
    Chown = 0,
    DacOverride = 1,
    DacReadSearch = 2,
    Fowner = 3,
    Fsetid = 4,
    Kill = 5,
    NetAdmin = 12,
    NetRaw = 13,
    SysChroot = 18,
    SysPtrace = 19,
    SysAdmin = 21,
    SysNice = 23,
    SysResource = 24,
    Mknod = 27,
    Setfcap = 31,
}

impl Capability {
    pub fn bit(self) -> u64 {
        1 << self as u32
    }
}

/// As a container's securityContext names them.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Capability::Chown => "CHOWN",
            Capability::DacOverride => "DAC_OVERRIDE",
            Capability::DacReadSearch => "DAC_READ_SEARCH",
            Capability::Fowner => "FOWNER",
            Capability::Fsetid => "FSETID",
            Capability::Kill => "KILL",
            Capability::NetAdmin => "NET_ADMIN",
            Capability::NetRaw => "NET_RAW",
            Capability::SysChroot => "SYS_CHROOT",
            Capability::SysPtrace => "SYS_PTRACE",
            Capability::SysAdmin => "SYS_ADMIN",
            Capability::SysNice => "SYS_NICE",
            Capability::SysResource => "SYS_RESOURCE",
            Capability::Mknod => "MKNOD",
            Capability::Setfcap => "SETFCAP",
        })
    }
}

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Default)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up every capability of the calling thread, and with NO_NEW_PRIVS every way to get one back. Threads made later inherit that.
pub fn drop_all() -> io::Result<()> {
    keep_only(&BTreeSet::new())
}

/// Gives up all but these. Those that are not held already are not had by asking. A program of root's that is started later gets no
/// more either: NO_NEW_PRIVS keeps it to what this thread holds, also where the bounding set may not be lowered for want of SETPCAP.
pub fn keep_only(wanted: &BTreeSet<Capability>) -> io::Result<()> {
    // SAFETY: prctl with PR_SET_NO_NEW_PRIVS takes integers and no pointer.
    checked(i64::from(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }))?;
    let mask = wanted.iter().fold(0, |mask, capability| mask | capability.bit());
    lower_bounds(mask);
    // SAFETY: prctl with PR_CAP_AMBIENT takes integers and no pointer. A kernel of before 4.3 has no such set.
    let _ = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) };
    set(held_of(permitted)? & mask)
}

/// The effective set of the calling thread.
pub fn held() -> io::Result<u64> {
    held_of(|sets| sets.effective)
}

fn permitted(sets: &Sets) -> u32 {
    sets.permitted
}

fn lower_bounds(mask: u64) {
    for number in (0..NUMBERS).filter(|number| mask & (1 << number) == 0) {
        // SAFETY: prctl with PR_CAPBSET_DROP takes integers and no pointer. Refused without SETPCAP and for numbers the kernel lacks.
        let _ = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) };
    }
}

fn held_of(which: impl Fn(&Sets) -> u32) -> io::Result<u64> {
    let header = Header { version: VERSION_3, pid: 0 };
    let mut sets: [Sets; 2] = Default::default();
    // SAFETY: header and sets have the layout of version 3 and are valid for the call; the kernel writes the sets.
    checked(unsafe { libc::syscall(libc::SYS_capget, &header, sets.as_mut_ptr()) })?;
    Ok(u64::from(which(&sets[0])) | u64::from(which(&sets[1])) << 32)
}

fn set(mask: u64) -> io::Result<()> {
    let header = Header { version: VERSION_3, pid: 0 };
    let word = |bits: u64| Sets { effective: bits as u32, permitted: bits as u32, inheritable: 0 };
    let sets = [word(mask), word(mask >> 32)];
    // SAFETY: header and sets have the layout of version 3, are valid for the call, and the kernel only reads the sets.
    checked(unsafe { libc::syscall(libc::SYS_capset, &header, sets.as_ptr()) })
}

fn checked(result: i64) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
