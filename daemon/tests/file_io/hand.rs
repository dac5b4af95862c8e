//! A process that does with files what it is told, measures how long that takes, and says what came of it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use gaps::Gaps;

#[path = "gaps.rs"]
mod gaps;

const HAND: &str = "CHAOSGATE_HAND";
/// Nothing a test starts outlives this.
const AT_MOST: u32 = 150;

/// The other end: a process in mount and network namespaces of its own.
pub struct Hand {
    pub child: Child,
    pid: u32,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it said: how long it took there, and the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub took: Duration,
    pub outcome: Result<String, i32>,
}

impl Answer {
    pub fn text(self) -> String {
        self.outcome.unwrap_or_else(|errno| panic!("the call failed with errno {errno}"))
    }

    pub fn ms(&self) -> f64 {
        self.took.as_secs_f64() * 1000.0
    }
}

impl Hand {
    pub fn new() -> Hand {
        Hand::in_namespaces(&[])
    }

    /// In a pid namespace besides, under a /proc that shows no process but its own, as in a container.
    #[allow(dead_code, reason = "shared with the matrix, whose victims see all processes")]
    pub fn in_a_container() -> Hand {
        let mut hand = Hand::in_namespaces(&["--pid", "--fork", "--kill-child", "--mount-proc"]);
        let unshare = hand.child.id();
        let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).expect("it has answered");
        hand.pid = children.trim().parse().expect("one child");
        hand
    }

    fn in_namespaces(more: &[&str]) -> Hand {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--propagation", "private", "--net"])
            .args(more)
            .arg("--")
            .arg(std::env::current_exe().expect("a test binary"));
        command.args(["--exact", "hand::acts_as_a_hand", "--nocapture", "--test-threads=1"]).env(HAND, "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("unshare runs");
        let orders = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let pid = child.id();
        let mut hand = Hand { child, pid, orders, answers };
        hand.does("hello");
        hand
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn does(&mut self, order: &str) -> Answer {
        self.begins(order);
        self.ends()
    }

    /// Gives the order and does not wait.
    pub fn begins(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it listens");
    }

    pub fn ends(&mut self) -> Answer {
        loop {
            let mut line = String::new();
            let length = self.answers.read_line(&mut line).expect("it speaks");
            assert!(length > 0, "the hand is gone");
            if let Some(answer) = line.trim_end_matches('\n').strip_prefix("= ") {
                return parse(answer);
            }
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        crate::lab::end(&mut self.child);
    }
}

fn parse(answer: &str) -> Answer {
    let (micros, outcome) = answer.split_once(' ').expect("a time and an outcome");
    let took = Duration::from_micros(micros.parse().expect("a number"));
    let outcome = match outcome.strip_prefix("errno ") {
        Some(errno) => Err(errno.parse().expect("a number")),
        None => Ok(outcome.to_owned()),
    };
    Answer { took, outcome }
}

/// Not a test: with the variable set it is the hand of one, and without it it does nothing.
#[test]
fn acts_as_a_hand() {
    if std::env::var(HAND).is_err() {
        return;
    }
    // SAFETY: alarm takes no pointer.
    unsafe { libc::alarm(AT_MOST) };
    let mut holding = Holding::default();
    println!();
    for line in io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let started = Instant::now();
        let outcome = holding.act(&words);
        let micros = started.elapsed().as_micros();
        match outcome {
            Ok(text) => println!("= {micros} {text}"),
            Err(error) => println!("= {micros} errno {}", error.raw_os_error().unwrap_or(-1)),
        }
        io::stdout().flush().expect("somebody listens");
    }
}

#[derive(Default)]
struct Holding {
    files: HashMap<String, File>,
    many: Vec<(PathBuf, File)>,
    maps: HashMap<String, (usize, usize)>,
    gaps: Gaps,
}

impl Holding {
    fn act(&mut self, words: &[&str]) -> io::Result<String> {
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

/// Milliseconds of each of so many reads of four bytes, in a row.
fn times(path: &str, count: usize) -> io::Result<String> {
    let file = File::open(path)?;
    let one = || -> io::Result<String> {
        let started = Instant::now();
        file.read_at(&mut [0; 4], 0)?;
        Ok(format!("{:.3}", started.elapsed().as_secs_f64() * 1000.0))
    };
    Ok((0..count).map(|_| one()).collect::<io::Result<Vec<_>>>()?.join(" "))
}

/// How many of so many looks at a file fail, and with what.
fn errors(path: &str, count: usize) -> String {
    let failures: Vec<i32> = (0..count).filter_map(|_| fs::metadata(path).err()?.raw_os_error()).collect();
    let first = failures.first().copied().unwrap_or(0);
    let alike = failures.iter().all(|errno| *errno == first);
    format!("{} {first} {alike}", failures.len())
}

/// Megabytes per second written into a new file and read back from it, and microseconds for a look at it.
fn throughput(path: &str, bytes: usize) -> io::Result<String> {
    let chunk: Vec<u8> = (0..1 << 18).map(|at| (at % 251) as u8).collect();
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    let started = Instant::now();
    for _ in 0..bytes / chunk.len() {
        file.write_all(&chunk)?;
    }
    let written = started.elapsed();
    let mut buffer = vec![0; chunk.len()];
    let started = Instant::now();
    for at in 0..bytes / chunk.len() {
        file.read_exact_at(&mut buffer, (at * chunk.len()) as u64)?;
    }
    let read = started.elapsed();
    let started = Instant::now();
    for _ in 0..2000 {
        fs::metadata(path)?;
    }
    let looked = started.elapsed();
    let rate = |took: Duration| bytes as f64 / 1e6 / took.as_secs_f64();
    Ok(format!("{:.0} {:.0} {:.1}", rate(written), rate(read), looked.as_secs_f64() * 1e6 / 2000.0))
}

/// Files of 4 KiB: each is made, read back and removed.
fn small(dir: &Path, count: usize) -> io::Result<String> {
    let block = [7; 4096];
    for at in 0..count {
        let path = dir.join(format!("small-{at}"));
        fs::write(&path, block)?;
        assert_eq!(fs::read(&path)?.len(), block.len());
        fs::remove_file(&path)?;
    }
    Ok(String::new())
}

/// Writes, reads back and compares for so long; says how many operations, how many went wrong, and the longest pause in milliseconds.
fn load(dir: &Path, span: Duration, seed: u64) -> io::Result<String> {
    let started = Instant::now();
    let (mut rounds, mut wrong, mut longest) = (0u64, 0u64, Duration::ZERO);
    let path = dir.join(format!("load-{seed}"));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
    while started.elapsed() < span {
        let began = Instant::now();
        let block: Vec<u8> = (0..4096u64).map(|at| (at * 31 + rounds * 7 + seed) as u8).collect();
        let at = rounds % 64 * 4096;
        let mut back = vec![0; block.len()];
        let (other, moved) = (dir.join(format!("{seed}-a")), dir.join(format!("{seed}-b")));
        let done = file
            .write_all_at(&block, at)
            .and_then(|()| file.read_exact_at(&mut back, at))
            .and_then(|()| fs::write(&other, &block))
            .and_then(|()| fs::rename(&other, &moved))
            .and_then(|()| fs::read(&moved));
        wrong += u64::from(!done.is_ok_and(|whole| whole == block && back == block));
        rounds += 1;
        longest = longest.max(began.elapsed());
    }
    Ok(format!("{rounds} {wrong} {}", longest.as_millis()))
}
