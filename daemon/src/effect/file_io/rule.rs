//! Which operations the faults of a volume meet, and what they do to them. Pure: seeds and an operation in, a fate out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::fault::file_io::{Attributes, FileAct, FileIoFault, Filling, Method, Mistake};
use crate::sys::file::Stat;

/// A fault as the server keeps it.
#[derive(Debug)]
pub struct Rule {
    /// The fault's name.
    name: String,
    fault: FileIoFault,
    seed: u64,
    /// How many operations matched: the n-th meets the fate that the seed gives to n, whichever thread serves it.
    matched: AtomicU64,
    met: AtomicU64,
    is_lifted: AtomicBool,
}

impl Rule {
    pub fn new(name: &str, fault: FileIoFault, seed: u64) -> Rule {
        let zero = AtomicU64::default;
        Rule { name: name.to_owned(), fault, seed, matched: zero(), met: zero(), is_lifted: AtomicBool::new(false) }
    }

    fn may_meet(&self, method: Method) -> bool {
        self.fault.methods.has(method) && !self.fault.percent.is_zero() && self.is_about(method) && self.is_live()
    }

    fn is_live(&self) -> bool {
        !self.is_lifted.load(Relaxed)
    }

    /// Whether the fault may meet reads or writes of this path, so that they must all come here.
    fn watches_data_of(&self, path: &[u8]) -> bool {
        (self.may_meet(Method::READ) || self.may_meet(Method::WRITE)) && self.covers(path)
    }

    /// Throws the dice for an operation that may be met: what came up where it is met. `path`: as the container names it.
    fn throw(&self, path: &[u8]) -> Option<u64> {
        if !self.covers(path) {
            return None;
        }
        let roll = mixed(self.seed ^ mixed(self.matched.fetch_add(1, Relaxed)));
        if fraction(roll) >= self.fault.percent.fraction() {
            return None;
        }
        self.met.fetch_add(1, Relaxed);
        Some(roll)
    }

    fn covers(&self, path: &[u8]) -> bool {
        self.fault.path.as_ref().is_none_or(|glob| matches(glob.as_bytes(), path))
    }

    /// A wrong byte can only be in data, and a wrong attribute only where attributes are told.
    fn is_about(&self, method: Method) -> bool {
        match &self.fault.act {
            FileAct::Latency(_) | FileAct::Error(_) => true,
            FileAct::Mistake(_) => method == Method::READ || method == Method::WRITE,
            FileAct::Attributes(_) => TELLS_ATTRIBUTES.contains(&method),
        }
    }
}

/// The faults of one volume, in the order in which they were put on. Each throws its own dice, and each can be lifted alone.
#[derive(Debug, Default, Clone)]
pub struct Rules(Vec<Arc<Rule>>);

impl Rules {
    /// Those that live, and one more.
    pub fn and(&self, rule: Rule) -> Rules {
        let living = self.0.iter().filter(|rule| rule.is_live()).cloned();
        Rules(living.chain([Arc::new(rule)]).collect())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|rule| rule.is_live()).map(|rule| rule.name.as_str())
    }

    pub fn knows(&self, name: &str) -> bool {
        self.0.iter().any(|rule| rule.name == name)
    }

    pub fn lift(&self, name: &str) {
        self.0.iter().filter(|rule| rule.name == name).for_each(|rule| rule.is_lifted.store(true, Relaxed));
    }

    pub fn may_meet(&self, method: Method) -> bool {
        self.0.iter().any(|rule| rule.may_meet(method))
    }

    pub fn watches_data_of(&self, path: &[u8]) -> bool {
        self.0.iter().any(|rule| rule.watches_data_of(path))
    }

    /// What all of them do to one operation.
    pub fn fate(&self, method: Method, path: &[u8]) -> Fate {
        let hit = |rule: &Arc<Rule>| Some(Hit { roll: rule.throw(path)?, rule: Arc::clone(rule) });
        Fate(self.0.iter().filter(|rule| rule.may_meet(method)).filter_map(hit).collect())
    }

    /// Operations that met one of them so far.
    pub fn met(&self, name: &str) -> u64 {
        self.0.iter().filter(|rule| rule.name == name).map(|rule| rule.met.load(Relaxed)).sum()
    }
}

#[derive(Debug, Clone)]
struct Hit {
    rule: Arc<Rule>,
    roll: u64,
}

/// What becomes of one operation: nothing, or what one fault or several do. Delays add up, the first errno is told, wrong attributes
/// and wrong bytes lie over each other; what is lifted meanwhile does nothing any more.
#[derive(Debug, Clone, Default)]
pub struct Fate(Vec<Hit>);

impl Fate {
    fn acts(&self) -> impl Iterator<Item = (&FileAct, u64)> {
        self.0.iter().filter(|hit| hit.rule.is_live()).map(|hit| (&hit.rule.fault.act, hit.roll))
    }

    pub fn is_unharmed(&self) -> bool {
        self.0.is_empty()
    }

    pub fn delay(&self) -> Duration {
        self.acts().map(|(act, _)| if let FileAct::Latency(delay) = act { *delay } else { Duration::ZERO }).sum()
    }

    pub fn errno(&self) -> Option<i32> {
        self.acts().find_map(|(act, _)| if let FileAct::Error(errno) = act { Some(*errno) } else { None })
    }

    pub fn misreport(&self, stat: &mut Stat) {
        for (act, _) in self.acts() {
            if let FileAct::Attributes(wrong) = act {
                misreport(stat, wrong);
            }
        }
    }

    pub fn garbles(&self) -> bool {
        self.acts().any(|(act, _)| matches!(act, FileAct::Mistake(_)))
    }

    pub fn garble(&self, data: &mut [u8]) {
        for (act, roll) in self.acts() {
            if let FileAct::Mistake(mistake) = act {
                garble(data, *mistake, mixed(roll));
            }
        }
    }
}

const TELLS_ATTRIBUTES: [Method; 8] = {
    use crate::contract::FileMethod as M;
    [
        Method::of(M::Lookup),
        Method::of(M::Getattr),
        Method::of(M::Setattr),
        Method::of(M::Mknod),
        Method::of(M::Mkdir),
        Method::of(M::Symlink),
        Method::of(M::Link),
        Method::of(M::Create),
    ]
};

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbouring numbers come out unrelated.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 0 up to, not including, 1.
fn fraction(number: u64) -> f64 {
    (number >> 11) as f64 / (1u64 << 53) as f64
}

/// The attributes as the fault tells them.
fn misreport(stat: &mut Stat, wrong: &Attributes) {
    let set = |to: &mut i64, nanos: &mut i64, time: Option<crate::fault::file_io::Instant>| {
        if let Some(time) = time {
            (*to, *nanos) = (time.seconds, i64::from(time.nanoseconds));
        }
    };
    set(&mut stat.st_atime, &mut stat.st_atime_nsec, wrong.atime);
    set(&mut stat.st_mtime, &mut stat.st_mtime_nsec, wrong.mtime);
    set(&mut stat.st_ctime, &mut stat.st_ctime_nsec, wrong.ctime);
    stat.st_ino = wrong.ino.unwrap_or(stat.st_ino);
    stat.st_size = wrong.size.map_or(stat.st_size, |size| size as i64);
    stat.st_blocks = wrong.blocks.map_or(stat.st_blocks, |blocks| blocks as i64);
    let kind = wrong.kind.unwrap_or(stat.st_mode & libc::S_IFMT);
    stat.st_mode = kind | wrong.perm.unwrap_or(stat.st_mode & 0o7777);
    stat.st_nlink = wrong.nlink.map_or(stat.st_nlink, u64::from);
    stat.st_uid = wrong.uid.unwrap_or(stat.st_uid);
    stat.st_gid = wrong.gid.unwrap_or(stat.st_gid);
    stat.st_rdev = wrong.rdev.map_or(stat.st_rdev, u64::from);
}

/// Puts up to `max_occurrences` runs of up to `max_length` wrong bytes into the data, at places that the seed gives.
fn garble(data: &mut [u8], mistake: Mistake, seed: u64) {
    if data.is_empty() {
        return;
    }
    let mut state = seed;
    let mut below = |limit: u64| {
        state = mixed(state);
        state % limit
    };
    for _ in 0..=below(u64::from(mistake.max_occurrences)) {
        let start = below(data.len() as u64) as usize;
        let length = 1 + below(u64::from(mistake.max_length)) as usize;
        let end = data.len().min(start + length);
        for byte in &mut data[start..end] {
            *byte = match mistake.filling {
                Filling::Zero => 0,
                Filling::Random => below(256) as u8,
            };
        }
    }
}

/// A glob as Chaos Mesh's toda reads it: `*` is any text, `/` included, `?` one byte, `[a-z]` and `[!a-z]` one of a class; `**` is `*`,
/// and `/**/` may also be one `/`. Linear in the path for each star, so that nobody can make it slow.
pub fn matches(glob: &[u8], path: &[u8]) -> bool {
    let (mut g, mut p) = (0, 0);
    // Behind which star to go on, from where in the path, and whether only behind a slash.
    let mut star: Option<(usize, usize, bool)> = None;
    while p < path.len() {
        match step(glob, g, path[p]) {
            Step::Star(after, of_parts) => {
                star = Some((after, p, of_parts));
                g = after;
            }
            Step::One(after) => (g, p) = (after, p + 1),
            Step::No => {
                let Some((after, from, of_parts)) = star else { return false };
                let skipped = if of_parts { path[from..].iter().position(|byte| *byte == b'/') } else { Some(0) };
                let Some(skipped) = skipped else { return false };
                p = from + skipped + 1;
                g = after;
                star = Some((after, p, of_parts));
            }
        }
    }
    glob[g..].iter().all(|byte| *byte == b'*')
}

enum Step {
    Star(usize, bool),
    One(usize),
    No,
}

fn step(glob: &[u8], at: usize, byte: u8) -> Step {
    match glob.get(at) {
        None => Step::No,
        Some(b'*') => {
            let stars = glob[at..].iter().take_while(|byte| **byte == b'*').count();
            let is_whole_part = stars > 1 && at > 0 && glob[at - 1] == b'/' && glob.get(at + stars) == Some(&b'/');
            Step::Star(at + stars + usize::from(is_whole_part), is_whole_part)
        }
        Some(b'?') => Step::One(at + 1),
        Some(b'[') => class(glob, at, byte),
        Some(literal) if *literal == byte => Step::One(at + 1),
        Some(_) => Step::No,
    }
}

/// An open bracket without its end is itself.
fn class(glob: &[u8], at: usize, byte: u8) -> Step {
    let negated = matches!(glob.get(at + 1), Some(b'!' | b'^'));
    let first = at + 1 + usize::from(negated);
    // A closing bracket that comes first belongs to the class.
    let Some(end) = glob.get(first + 1..).and_then(|rest| rest.iter().position(|byte| *byte == b']')) else {
        return if byte == b'[' { Step::One(at + 1) } else { Step::No };
    };
    let set = &glob[first..first + 1 + end];
    let mut found = false;
    let mut i = 0;
    while i < set.len() {
        let is_range = i + 2 < set.len() && set[i + 1] == b'-';
        let last = if is_range { set[i + 2] } else { set[i] };
        found |= (set[i]..=last).contains(&byte);
        i += if is_range { 3 } else { 1 };
    }
    if found == negated { Step::No } else { Step::One(first + 1 + end + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    fn a_fault(percent: f32, path: &str, methods: Vec<i32>) -> FileIoFault {
        FileIoFault::try_from(contract::FileIoFault {
            volume_path: "/data".to_owned(),
            path: path.to_owned(),
            percent,
            methods,
            error: Some(contract::FileError { errno: 5 }),
            ..Default::default()
        })
        .expect("a valid fault")
    }

    #[test]
    fn a_glob_means_what_chaos_mesh_lets_it_mean() {
        let cases = [
            ("/data/**/*", "/data/a/b", true),
            ("/data/**/*", "/data/a", true),
            ("/data/**/x", "/data/x", true),
            ("/data/**/x", "/data/a/b/x", true),
            ("/data/**/x", "/data/ax", false),
            ("/data/*", "/data/a/b", true),
            ("/data/?", "/data/a", true),
            ("/data/?", "/data/ab", false),
            ("/data/[a-c]x", "/data/bx", true),
            ("/data/[!a-c]x", "/data/bx", false),
            ("/data/[]]", "/data/]", true),
            ("/data/[", "/data/[", true),
            ("*.log", "/data/a.log", true),
            ("*.log", "/data/a.log.1", false),
            ("", "/data", false),
            ("**", "", true),
        ];
        for (glob, path, expected) in cases {
            assert_eq!(matches(glob.as_bytes(), path.as_bytes()), expected, "{glob} on {path}");
        }
    }

    #[test]
    fn a_glob_of_many_stars_is_not_slow() {
        let (glob, path) = (b"*a".repeat(500), b"b".repeat(4000));
        let started = std::time::Instant::now();
        assert!(!matches(&glob, &path));
        assert!(started.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn the_share_that_is_met_is_the_share_that_was_asked_for() {
        let rule = Rule::new("f1", a_fault(30.0, "", vec![]), 42);
        let met = (0..10_000).filter(|_| rule.throw(b"/data/x").is_some()).count();
        // Three standard deviations of 10,000 throws at 30 % are 137.
        assert!((2863..=3137).contains(&met), "{met}");
        assert_eq!(rule.met.load(Relaxed), met as u64);
    }

    #[test]
    fn the_same_seed_gives_the_same_fates() {
        let fates = |seed| {
            let rule = Rule::new("f1", a_fault(50.0, "", vec![]), seed);
            (0..64).map(|_| rule.throw(b"/data/x")).collect::<Vec<_>>()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
    }

    #[test]
    fn only_the_methods_and_paths_that_were_named_are_met() {
        let rule = Rule::new("f1", a_fault(100.0, "/data/a*", vec![contract::FileMethod::Read as i32]), 1);
        assert!(rule.may_meet(Method::READ) && !rule.may_meet(Method::WRITE));
        assert!(rule.throw(b"/data/a").is_some() && rule.throw(b"/data/b").is_none());
        assert!(rule.watches_data_of(b"/data/a") && !rule.watches_data_of(b"/data/b"));
    }

    #[test]
    fn a_mistake_stays_within_its_bounds() {
        for seed in 0..500 {
            let mut data = vec![1; 100];
            garble(&mut data, Mistake { filling: Filling::Zero, max_occurrences: 2, max_length: 5 }, seed);
            let wrong = data.iter().filter(|byte| **byte == 0).count();
            assert!((1..=10).contains(&wrong), "{wrong} wrong bytes");
        }
    }

    #[test]
    fn faults_on_one_volume_add_up_and_are_lifted_one_by_one() {
        let late = |name: &str, ms: u64| {
            let latency = Some(contract::FileLatency { delay_us: ms * 1000 });
            let message =
                contract::FileIoFault { volume_path: "/data".to_owned(), percent: 100.0, latency, ..Default::default() };
            Rule::new(name, message.try_into().expect("a valid fault"), 1)
        };
        let rules = Rules::default().and(late("a", 20)).and(Rule::new("b", a_fault(100.0, "", vec![]), 2)).and(late("c", 30));
        let fate = rules.fate(Method::READ, b"/data/x");
        assert_eq!((fate.delay(), fate.errno()), (Duration::from_millis(50), Some(5)));
        rules.lift("b");
        rules.lift("a");
        assert_eq!((fate.delay(), fate.errno()), (Duration::from_millis(30), None), "for one that waits already, too");
        assert_eq!(rules.names().collect::<Vec<_>>(), ["c"]);
        assert_eq!(rules.and(late("d", 1)).names().collect::<Vec<_>>(), ["c", "d"]);
        assert_eq!(rules.met("c"), 1);
    }
}
