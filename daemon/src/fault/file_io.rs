//! File operations that go wrong: which ones, how often, and how. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{InvalidFault, Percent};
use crate::contract;

/// An application that waits longer for its disk is not slow but hung.
const LONGEST_DELAY_US: u64 = 60_000_000;
/// The last number in Linux' table (EHWPOISON).
const LAST_ERRNO: u32 = 133;
/// PATH_MAX without its final zero byte.
const LONGEST_PATH: usize = 4095;
/// A megabyte is the largest single read or write of this file system.
const LONGEST_MISTAKE: u32 = 1 << 20;
const MOST_OCCURRENCES: u32 = 1 << 16;

/// One operation of a file system, numbered as in the contract, so that a set of them is one word of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method(u32);

impl Method {
    pub const READ: Method = Method(contract::FileMethod::Read as u32);
    pub const WRITE: Method = Method(contract::FileMethod::Write as u32);

    pub const fn of(method: contract::FileMethod) -> Method {
        Method(method as u32)
    }
}

/// A set of methods; the empty list of the request means all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Methods(u64);

impl Methods {
    pub const ALL: Methods = Methods(u64::MAX);

    pub fn has(self, method: Method) -> bool {
        self.0 & (1 << method.0) != 0
    }

    fn with(self, method: Method) -> Methods {
        Methods(self.0 | 1 << method.0)
    }
}

/// A directory in the container: absolute, without empty, `.` or `..` parts, and not the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VolumePath(String);

impl VolumePath {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// None where it is no path of a volume.
    pub fn of_mount_point(point: &str) -> Option<VolumePath> {
        volume(point.to_owned()).ok()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileIoFault {
    pub volume: VolumePath,
    /// Glob over absolute paths in the container. None: every path.
    pub path: Option<String>,
    pub methods: Methods,
    pub percent: Percent,
    /// None: seeded from the kernel.
    pub seed: Option<u64>,
    pub act: FileAct,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileAct {
    Latency(Duration),
    /// An errno, answered instead of doing the operation.
    Error(i32),
    Attributes(Box<Attributes>),
    Mistake(Mistake),
}

impl FileIoFault {
    /// Wrong bytes reach the file itself and stay there.
    pub fn alters_data(&self) -> bool {
        matches!(self.act, FileAct::Mistake(_)) && self.methods.has(Method::WRITE)
    }

    /// Whether reading or writing itself is disturbed, so that the page cache may not answer in our place.
    pub fn touches_data(&self) -> bool {
        self.methods.has(Method::READ) || self.methods.has(Method::WRITE)
    }
}

/// What stat says instead of the truth, where set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    pub ino: Option<u64>,
    pub size: Option<u64>,
    pub blocks: Option<u64>,
    pub atime: Option<Instant>,
    pub mtime: Option<Instant>,
    pub ctime: Option<Instant>,
    /// S_IFMT bits.
    pub kind: Option<u32>,
    /// 07777 bits.
    pub perm: Option<u32>,
    pub nlink: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub rdev: Option<u32>,
}

/// Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instant {
    pub seconds: i64,
    pub nanoseconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    pub filling: Filling,
    pub max_occurrences: u32,
    /// Bytes.
    pub max_length: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filling {
    Zero,
    Random,
}

impl TryFrom<contract::FileIoFault> for FileIoFault {
    type Error = InvalidFault;

    fn try_from(message: contract::FileIoFault) -> Result<Self, InvalidFault> {
        let methods = methods(&message.methods)?;
        let fault = FileIoFault {
            volume: volume(message.volume_path)?,
            path: glob(message.path)?,
            methods,
            percent: Percent::try_from(message.percent).map_err(|_| InvalidFault::FilePercent(message.percent))?,
            seed: (message.seed != 0).then_some(message.seed),
            act: act(message.latency, message.error, message.attributes, &message.mistake)?,
        };
        let consents = message.mistake.is_some_and(|mistake| mistake.alters_data);
        if fault.alters_data() && !consents { Err(InvalidFault::AltersData) } else { Ok(fault) }
    }
}

fn volume(text: String) -> Result<VolumePath, InvalidFault> {
    let trimmed = text.strip_suffix('/').unwrap_or(&text);
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    let well_formed = trimmed.len() <= LONGEST_PATH
        && !trimmed.contains('\0')
        && trimmed.strip_prefix('/').is_some_and(|relative| relative.split('/').all(plain));
    if well_formed { Ok(VolumePath(trimmed.to_owned())) } else { Err(InvalidFault::VolumePath(text)) }
}

fn glob(text: String) -> Result<Option<String>, InvalidFault> {
    if text.len() > LONGEST_PATH {
        return Err(InvalidFault::PathGlob { length: text.len(), most: LONGEST_PATH });
    }
    Ok((!text.is_empty()).then_some(text))
}

fn methods(raw: &[i32]) -> Result<Methods, InvalidFault> {
    if raw.is_empty() {
        return Ok(Methods::ALL);
    }
    raw.iter().try_fold(Methods(0), |methods, number| match contract::FileMethod::try_from(*number) {
        Ok(contract::FileMethod::Unspecified) | Err(_) => Err(InvalidFault::FileMethod(*number)),
        Ok(method) => Ok(methods.with(Method::of(method))),
    })
}

fn act(
    latency: Option<contract::FileLatency>,
    error: Option<contract::FileError>,
    attributes: Option<contract::FileAttributes>,
    mistake: &Option<contract::FileMistake>,
) -> Result<FileAct, InvalidFault> {
    let given = usize::from(latency.is_some())
        + usize::from(error.is_some())
        + usize::from(attributes.is_some())
        + usize::from(mistake.is_some());
    match (latency, error, attributes, mistake) {
        (Some(latency), None, None, None) => delay(latency.delay_us),
        (None, Some(error), None, None) => errno(error.errno),
        (None, None, Some(attributes), None) => attributes_of(attributes),
        (None, None, None, Some(mistake)) => mistake_of(mistake),
        _ => Err(InvalidFault::NotOneFileAct(given)),
    }
}

fn delay(raw: u64) -> Result<FileAct, InvalidFault> {
    if (1..=LONGEST_DELAY_US).contains(&raw) {
        Ok(FileAct::Latency(Duration::from_micros(raw)))
    } else {
        Err(InvalidFault::FileDelay { raw, most: LONGEST_DELAY_US })
    }
}

fn errno(raw: u32) -> Result<FileAct, InvalidFault> {
    match i32::try_from(raw) {
        Ok(errno) if (1..=LAST_ERRNO).contains(&raw) => Ok(FileAct::Error(errno)),
        _ => Err(InvalidFault::Errno { raw, most: LAST_ERRNO }),
    }
}

fn attributes_of(message: contract::FileAttributes) -> Result<FileAct, InvalidFault> {
    let within = |field, value: Option<u32>, mask: u32| match value {
        Some(raw) if raw & !mask != 0 => Err(InvalidFault::AttributeBits { field, raw, mask }),
        value => Ok(value),
    };
    let attributes = Attributes {
        ino: message.ino,
        size: message.size,
        blocks: message.blocks,
        atime: instant("atime", message.atime)?,
        mtime: instant("mtime", message.mtime)?,
        ctime: instant("ctime", message.ctime)?,
        kind: within("kind", message.kind, libc::S_IFMT)?,
        perm: within("perm", message.perm, 0o7777)?,
        nlink: message.nlink,
        uid: message.uid,
        gid: message.gid,
        rdev: message.rdev,
    };
    let changes = attributes != Attributes::default();
    if changes { Ok(FileAct::Attributes(Box::new(attributes))) } else { Err(InvalidFault::AttributesOfNothing) }
}

fn instant(field: &'static str, message: Option<contract::FileTime>) -> Result<Option<Instant>, InvalidFault> {
    let Some(contract::FileTime { seconds, nanoseconds }) = message else { return Ok(None) };
    if nanoseconds >= 1_000_000_000 {
        return Err(InvalidFault::FileTime { field, raw: nanoseconds });
    }
    Ok(Some(Instant { seconds, nanoseconds }))
}

fn mistake_of(message: &contract::FileMistake) -> Result<FileAct, InvalidFault> {
    let filling = match message.filling() {
        contract::file_mistake::Filling::Zero => Filling::Zero,
        contract::file_mistake::Filling::Random => Filling::Random,
        contract::file_mistake::Filling::Unspecified => return Err(InvalidFault::Filling(message.filling)),
    };
    let bounded = |field, raw: u32, most: u32| {
        if (1..=most).contains(&raw) { Ok(raw) } else { Err(InvalidFault::MistakeBounds { field, raw, most }) }
    };
    Ok(FileAct::Mistake(Mistake {
        filling,
        max_occurrences: bounded("max_occurrences", message.max_occurrences, MOST_OCCURRENCES)?,
        max_length: bounded("max_length", message.max_length, LONGEST_MISTAKE)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_latency() -> contract::FileIoFault {
        contract::FileIoFault {
            volume_path: "/data".to_owned(),
            percent: 100.0,
            latency: Some(contract::FileLatency { delay_us: 1000 }),
            ..Default::default()
        }
    }

    fn a_mistake(methods: Vec<i32>, alters_data: bool) -> contract::FileIoFault {
        let mistake = contract::FileMistake { filling: 1, max_occurrences: 1, max_length: 8, alters_data };
        contract::FileIoFault { latency: None, mistake: Some(mistake), methods, ..a_latency() }
    }

    fn said(message: contract::FileIoFault) -> String {
        FileIoFault::try_from(message).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn a_file_fault_that_cannot_be_meant_is_refused_with_what_to_do() {
        let at = |volume: &str| contract::FileIoFault { volume_path: volume.to_owned(), ..a_latency() };
        let errno = |errno| contract::FileIoFault { latency: None, error: Some(contract::FileError { errno }), ..a_latency() };
        let nothing =
            contract::FileIoFault { latency: None, attributes: Some(contract::FileAttributes::default()), ..a_latency() };
        let cases = [
            (a_latency(), "accepted"),
            (at("/data/"), "accepted"),
            (at("data"), "file_io.volume_path is \"data\""),
            (at("/"), "file_io.volume_path is \"/\""),
            (at("/data/../etc"), "file_io.volume_path"),
            (contract::FileIoFault { percent: f32::NAN, ..a_latency() }, "file_io.percent is NaN"),
            (contract::FileIoFault { methods: vec![0], ..a_latency() }, "file_io.methods has 0"),
            (contract::FileIoFault { latency: None, ..a_latency() }, "has 0 of latency, error, attributes and mistake"),
            (contract::FileIoFault { latency: Some(Default::default()), ..a_latency() }, "delay_us is 0"),
            (errno(0), "errno is 0"),
            (errno(134), "errno is 134"),
            (errno(5), "accepted"),
            (nothing, "changes nothing"),
        ];
        for (message, expected) in cases {
            let answer = said(message);
            assert!(answer.contains(expected), "expected {expected:?} in {answer:?}");
        }
    }

    #[test]
    fn a_mistake_on_writes_needs_consent_and_one_on_reads_does_not() {
        let (read, write) = (contract::FileMethod::Read as i32, contract::FileMethod::Write as i32);
        assert!(said(a_mistake(vec![write], false)).contains("for good"));
        assert!(said(a_mistake(vec![], false)).contains("for good"), "no methods are all methods");
        assert_eq!(said(a_mistake(vec![write], true)), "accepted");
        assert_eq!(said(a_mistake(vec![read], false)), "accepted");
    }
}
