//! Extended attributes: names that the kernel keeps on a file or a directory for as long as that lives.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// XATTR_LIST_MAX of linux/limits.h: no list is longer.
const LONGEST_LIST: usize = 65_536;

/// Sets a name without a value; setting it twice is the same as once.
pub fn set(path: &Path, name: &str) -> io::Result<()> {
    let (path, name) = (c_string(path.as_os_str().as_bytes())?, c_string(name.as_bytes())?);
    // SAFETY: both strings end in a zero byte and outlive the call; the value is empty, so its pointer is not read.
    checked(unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), std::ptr::null(), 0, 0) } as isize).map(|_| ())
}

/// NotFound when the path is gone; a name that is not there is success.
pub fn remove(path: &Path, name: &str) -> io::Result<()> {
    let (path, name) = (c_string(path.as_os_str().as_bytes())?, c_string(name.as_bytes())?);
    // SAFETY: both strings end in a zero byte and outlive the call.
    match checked(unsafe { libc::removexattr(path.as_ptr(), name.as_ptr()) } as isize) {
        Err(error) if error.raw_os_error() == Some(libc::ENODATA) => Ok(()),
        answer => answer.map(|_| ()),
    }
}

/// Every name on the path that this process may see.
pub fn list(path: &Path) -> io::Result<Vec<String>> {
    let path = c_string(path.as_os_str().as_bytes())?;
    let mut names = Vec::new();
    // Most paths have no names at all, and then the first call has said so without a buffer.
    // SAFETY: the path ends in a zero byte and outlives the call; with length 0 nothing is written.
    let length = checked(unsafe { libc::listxattr(path.as_ptr(), std::ptr::null_mut(), 0) })?;
    if length == 0 {
        return Ok(names);
    }
    let mut bytes = vec![0u8; LONGEST_LIST];
    // SAFETY: pointer and length describe `bytes`, which is writable and outlives the call.
    let length = checked(unsafe { libc::listxattr(path.as_ptr(), bytes.as_mut_ptr().cast(), bytes.len()) })?;
    let listed = bytes[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.extend(listed.map(|name| String::from_utf8_lossy(name).into_owned()));
    Ok(names)
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

fn checked(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}
