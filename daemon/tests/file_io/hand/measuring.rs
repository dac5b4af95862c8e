//! What a hand measures of the files that it is told to use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Milliseconds of each of so many reads of four bytes, in a row.
pub fn times(path: &str, count: usize) -> io::Result<String> {
    let file = File::open(path)?;
    let one = || -> io::Result<String> {
        let started = Instant::now();
        file.read_at(&mut [0; 4], 0)?;
        Ok(format!("{:.3}", started.elapsed().as_secs_f64() * 1000.0))
    };
    Ok((0..count).map(|_| one()).collect::<io::Result<Vec<_>>>()?.join(" "))
}

/// How many of so many looks at a file fail, and with what.
pub fn errors(path: &str, count: usize) -> String {
    let failures: Vec<i32> = (0..count).filter_map(|_| fs::metadata(path).err()?.raw_os_error()).collect();
    let first = failures.first().copied().unwrap_or(0);
    let alike = failures.iter().all(|errno| *errno == first);
    format!("{} {first} {alike}", failures.len())
}

/// Megabytes per second written into a new file and read back from it, and microseconds for a look at it.
pub fn throughput(path: &str, bytes: usize) -> io::Result<String> {
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
pub fn small(dir: &Path, count: usize) -> io::Result<String> {
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
pub fn load(dir: &Path, span: Duration, seed: u64) -> io::Result<String> {
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
