//! How long a process stands still, by a thread of its own that looks at the clock all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(1);

/// Lives as long as its process.
#[derive(Default)]
pub struct Gaps {
    longest: Option<Arc<AtomicU64>>,
}

impl Gaps {
    /// From now on; what was before is forgotten.
    pub fn begin(&mut self) -> String {
        let longest = self.longest.get_or_insert_with(|| {
            let longest = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&longest);
            thread::spawn(move || watch(&shared));
            longest
        });
        longest.store(0, SeqCst);
        String::new()
    }

    pub fn longest_in_ms(&self) -> String {
        let micros = self.longest.as_ref().map_or(0, |longest| longest.load(SeqCst));
        micros.div_ceil(1000).to_string()
    }
}

fn watch(longest: &AtomicU64) {
    let mut last = Instant::now();
    loop {
        thread::sleep(STEP);
        let now = Instant::now();
        longest.fetch_max(now.duration_since(last).as_micros() as u64, SeqCst);
        last = now;
    }
}
