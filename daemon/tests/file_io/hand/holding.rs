//! What a hand holds, and the orders that it knows.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::AT_MOST;
use super::gaps::Gaps;
use super::measuring::{errors, load, small, throughput, times};

#[derive(Default)]
pub struct Holding {
    files: HashMap<String, File>,
    many: Vec<(PathBuf, File)>,
    maps: HashMap<String, (usize, usize)>,
    gaps: Gaps,
}

impl Holding {
    pub fn act(&mut self, words: &[&str]) -> io::Result<String> {
        match *words {
            ["hello"] => Ok("hello".to_owned()),
            ["open", name, path, how] => {
                self.files.insert(name.to_owned(), open(path, how)?);
                Ok(String::new())
            }
            ["close", name] => {
                self.files.remove(name);
                Ok(String::new())
            }
            ["pread", name, at, length] => {
                let mut bytes = vec![0; number(length)];
                let got = self.file(name).read_at(&mut bytes, number(at) as u64)?;
                Ok(String::from_utf8_lossy(&bytes[..got]).into_owned())
            }
            ["read", name, length] => {
                let mut bytes = vec![0; number(length)];
                let got = self.file(name).read(&mut bytes)?;
                Ok(String::from_utf8_lossy(&bytes[..got]).into_owned())
            }
            ["pwrite", name, at, text] => {
                self.file(name).write_all_at(text.as_bytes(), number(at) as u64)?;
                Ok(String::new())
            }
            ["write", name, text] => self.file(name).write_all(text.as_bytes()).map(|()| String::new()),
            ["put", path, text] => fs::write(path, text).map(|()| String::new()),
            ["cat", path] => fs::read_to_string(path),
            ["stat", path] => fs::symlink_metadata(path).map(|found| {
                format!("{} {:o} {} {} {}", found.size(), found.mode(), found.uid(), found.nlink(), found.mtime())
            }),
            ["ls", path] => list(path),
            ["mkdir", path] => fs::create_dir(path).map(|()| String::new()),
            ["unlink", path] => fs::remove_file(path).map(|()| String::new()),
            ["rmdir", path] => fs::remove_dir(path).map(|()| String::new()),
            ["rename", from, to] => fs::rename(from, to).map(|()| String::new()),
            ["link", from, to] => fs::hard_link(from, to).map(|()| String::new()),
            ["symlink", to, path] => std::os::unix::fs::symlink(to, path).map(|()| String::new()),
            ["chdir", path] => std::env::set_current_dir(path).map(|()| String::new()),
            ["map", name, file, length, how] => self.map(name, file, number(length), how),
            ["peek", name, at] => Ok(self.at(name, number(at)).to_string()),
            ["poke", name, at, byte] => {
                self.set(name, number(at), number(byte) as u8);
                Ok(String::new())
            }
            ["open-many", dir, count] => self.open_many(dir, number(count)),
            ["check-many"] => self.check_many(),
            ["times", path, count] => times(path, number(count)),
            ["errors", path, count] => Ok(errors(path, number(count))),
            ["throughput", path, bytes] => throughput(path, number(bytes)),
            ["small", dir, count] => small(Path::new(dir), number(count)),
            ["load", dir, millis, seed] => {
                load(Path::new(dir), Duration::from_millis(number(millis) as u64), number(seed) as u64)
            }
            ["share", name] => self.share(name),
            ["lock", name] => lock(self.file(name)),
            ["ring", name, holding] => self.ring(name, holding),
            ["fifo", path] => fifo(path),
            ["churn", path, count] => churn(path, number(count)),
            ["here"] => Ok(fs::metadata(".")?.ino().to_string()),
            ["watch-itself"] => Ok(self.gaps.begin()),
            ["longest-gap"] => Ok(self.gaps.longest_in_ms()),
            ["rooted", path] => rooted(path),
            ["kill", pid] => kill(number(pid) as i32),
            _ => panic!("no such order: {words:?}"),
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        self.files.get_mut(name).unwrap_or_else(|| panic!("{name} is not open"))
    }

    /// A child that has the same open file as its standard input; it ends with this process.
    fn share(&mut self, name: &str) -> io::Result<String> {
        use std::os::unix::process::CommandExt;
        let shared = self.file(name).try_clone()?;
        let mut command = Command::new("sleep");
        command.arg(AT_MOST.to_string()).stdin(shared).stdout(Stdio::null());
        let end_with_parent = || {
            // SAFETY: prctl takes no pointer here.
            let refused = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
        };
        // SAFETY: prctl may be called between fork and exec.
        let command = unsafe { command.pre_exec(end_with_parent) };
        Ok(command.spawn()?.id().to_string())
    }

    /// An io_uring at rest, with a file registered where one is named.
    fn ring(&mut self, name: &str, holding: &str) -> io::Result<String> {
        use std::os::fd::{AsRawFd, FromRawFd};
        const REGISTER_FILES: u32 = 2;
        // struct io_uring_params, all zero.
        let mut parameters = [0u32; 30];
        // SAFETY: the kernel reads and writes 120 bytes, which the array has.
        let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) };
        if ring < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor for us.
        let ring = unsafe { File::from_raw_fd(ring as i32) };
        if holding != "nothing" {
            let fd = self.file(holding).as_raw_fd();
            // SAFETY: the kernel reads one descriptor number.
            let refused = unsafe { libc::syscall(libc::SYS_io_uring_register, ring.as_raw_fd(), REGISTER_FILES, &fd, 1) };
            if refused < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        self.files.insert(name.to_owned(), ring);
        Ok(String::new())
    }

    fn map(&mut self, name: &str, file: &str, length: usize, how: &str) -> io::Result<String> {
        use std::os::fd::AsRawFd;
        let kind = if how == "private" { libc::MAP_PRIVATE } else { libc::MAP_SHARED };
        let fd = self.file(file).as_raw_fd();
        // SAFETY: a new mapping, wherever the kernel likes; the pointer is checked and kept with its length.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ | libc::PROT_WRITE, kind, fd, 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        self.maps.insert(name.to_owned(), (at as usize, length));
        Ok(String::new())
    }

    fn at(&self, name: &str, offset: usize) -> u8 {
        let (start, length) = self.maps[name];
        assert!(offset < length);
        // SAFETY: inside a mapping that this process made and has not unmapped.
        unsafe { ((start + offset) as *const u8).read_volatile() }
    }

    fn set(&self, name: &str, offset: usize, byte: u8) {
        let (start, length) = self.maps[name];
        assert!(offset < length);
        // SAFETY: inside a writable mapping that this process made and has not unmapped.
        unsafe { ((start + offset) as *mut u8).write_volatile(byte) }
    }

    fn open_many(&mut self, dir: &str, count: usize) -> io::Result<String> {
        for at in 0..count {
            let path = Path::new(dir).join(format!("m{at}"));
            fs::write(&path, format!("head of {at}, tail of {at}"))?;
            let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
            file.read_exact(&mut vec![0; "head of ".len()])?;
            self.many.push((path, file));
        }
        Ok(String::new())
    }

    /// Each file goes on where it was, and is the file of its name; they are put back where they were.
    fn check_many(&mut self) -> io::Result<String> {
        use std::io::Seek;
        let mut wrong = 0;
        for (at, (path, file)) in self.many.iter_mut().enumerate() {
            let place = file.stream_position()?;
            let mut rest = String::new();
            file.read_to_string(&mut rest)?;
            let same = file.metadata()?.ino() == fs::metadata(path)?.ino();
            wrong += usize::from(rest != format!("{at}, tail of {at}") || !same);
            file.seek(io::SeekFrom::Start(place))?;
        }
        Ok(format!("{} files, {wrong} wrong", self.many.len()))
    }
}

/// Opens and closes a file so many times, whatever closing says.
fn churn(path: &str, count: usize) -> io::Result<String> {
    (0..count).try_for_each(|_| File::open(path).map(drop)).map(|()| String::new())
}

fn fifo(path: &str) -> io::Result<String> {
    let path = std::ffi::CString::new(path)?;
    // SAFETY: a string that ends with zero.
    let refused = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    if refused == 0 { Ok(String::new()) } else { Err(io::Error::last_os_error()) }
}

/// A child whose root directory is `path`, and which does nothing; its pid.
fn rooted(path: &str) -> io::Result<String> {
    let path = std::ffi::CString::new(path)?;
    // SAFETY: the child makes system calls only, and does not return.
    let child = unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::alarm(AT_MOST);
            libc::chroot(path.as_ptr());
            libc::chdir(c"/".as_ptr());
            loop {
                libc::pause();
            }
        }
        child
    };
    // Until the child has changed its root.
    let started = Instant::now();
    while fs::read_link(format!("/proc/{child}/root"))?.as_os_str() == "/" && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(child.to_string())
}

fn kill(pid: i32) -> io::Result<String> {
    // SAFETY: a child of ours, not waited for before; no status is asked for.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        libc::waitpid(pid, std::ptr::null_mut(), 0);
    }
    Ok(String::new())
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn open(path: &str, how: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match how {
        "r" => options.read(true),
        "w" => options.write(true),
        "rw" => options.read(true).write(true),
        "a" => options.append(true),
        "new" => options.read(true).write(true).create(true).truncate(true).mode(0o640),
        "dir" => options.read(true).custom_flags(libc::O_DIRECTORY),
        // Nobody is asked to open it, so nobody else has it open.
        "path" => options.read(true).custom_flags(libc::O_PATH),
        _ => panic!("no such way to open: {how}"),
    };
    options.open(path)
}

fn list(path: &str) -> io::Result<String> {
    let mut names: Vec<String> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names.join(" "))
}

fn lock(file: &File) -> io::Result<String> {
    use std::os::fd::AsRawFd;
    // SAFETY: plain integers, for which zero is a value: a lock on the whole file.
    let mut whole: libc::flock = unsafe { std::mem::zeroed() };
    whole.l_type = libc::F_WRLCK as i16;
    // SAFETY: `whole` is valid for the call.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const whole) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(String::new()) }
}
