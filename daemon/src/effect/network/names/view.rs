//! How a pod sees names: its own hosts file, its own servers, its own search list (resolv.conf(5), hosts(5)). Pure but for `of`.

use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;

use crate::sys::rooted;

/// glibc reads no more servers and Kubernetes writes no more search domains.
const MOST_SERVERS: usize = 3;
const MOST_DOMAINS: usize = 32;
const MOST_BYTES: u64 = 256 * 1024;
/// RFC 1035: what fits into a question.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    pub servers: Vec<IpAddr>,
    search: Vec<String>,
    ndots: usize,
    hosts: Vec<(String, IpAddr)>,
}

impl View {
    /// As the process sees it now. A file that is missing says nothing, as to the C library.
    pub fn of(pid: u32) -> io::Result<Self> {
        let root = format!("/proc/{pid}/root");
        Ok(Self::read(&text(&root, "etc/resolv.conf")?, &text(&root, "etc/hosts")?))
    }

    fn read(resolv: &str, hosts: &str) -> Self {
        let mut view = Self { ndots: 1, ..Self::default() };
        for line in resolv.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => view.servers.extend(words.next().and_then(|word| word.parse::<IpAddr>().ok())),
                Some("search" | "domain") => view.search = words.take(MOST_DOMAINS).map(bare).collect(),
                Some("options") => {
                    let ndots = words.filter_map(|word| word.strip_prefix("ndots:")?.parse().ok()).next_back();
                    view.ndots = ndots.unwrap_or(view.ndots);
                }
                _ => {}
            }
        }
        view.servers.truncate(MOST_SERVERS);
        view.hosts = hosts.lines().flat_map(host_line).collect();
        view
    }

    /// Addresses that the hosts file gives to a name, which nobody is asked for then.
    pub fn in_hosts(&self, name: &str) -> Vec<IpAddr> {
        let name = bare(name);
        self.hosts.iter().filter(|(host, _)| *host == name).map(|(_, address)| *address).collect()
    }

    /// The absolute names to ask for, in order: few dots try the search list first, many try the name as it is.
    pub fn candidates(&self, name: &str) -> Vec<String> {
        let itself = bare(name);
        if name.ends_with('.') {
            return vec![itself];
        }
        let within = self.search.iter().map(|domain| format!("{itself}.{domain}"));
        let within: Vec<String> = within.filter(|name| is_name(name)).collect();
        let dots = itself.bytes().filter(|byte| *byte == b'.').count();
        let alone = vec![itself];
        if dots >= self.ndots { [alone, within].concat() } else { [within, alone].concat() }
    }
}

/// A host name that can be asked for: labels of letters, digits, '-' and '_'.
fn is_name(text: &str) -> bool {
    let plain = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (1..=LONGEST_LABEL).contains(&label.len()) && letters && !label.starts_with('-')
    };
    let absolute = text.strip_suffix('.').unwrap_or(text);
    absolute.len() <= LONGEST_NAME && absolute.split('.').all(plain)
}

fn bare(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn host_line(line: &str) -> Vec<(String, IpAddr)> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else {
        return Vec::new();
    };
    words.map(|name| (bare(name), address)).collect()
}

fn text(root: &str, path: &str) -> io::Result<String> {
    let file = match rooted::open(Path::new(root), Path::new(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    // A container may put anything there; only a file is read, and not more of it than such a file has.
    if !file.metadata()?.is_file() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOLV: &str = "search shop.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5 edns0\n";

    #[test]
    fn a_pods_search_list_comes_before_a_short_name_and_after_a_long_one() {
        let view = View::read(RESOLV, "");
        assert_eq!(view.servers, ["10.96.0.10".parse::<IpAddr>().expect("an address")]);
        let short = ["payment.shop.svc.cluster.local", "payment.svc.cluster.local", "payment"];
        assert_eq!(view.candidates("Payment"), short);
        assert_eq!(view.candidates("a.b.c.d.e.f")[0], "a.b.c.d.e.f");
        assert_eq!(view.candidates("example.org."), ["example.org"]);
    }

    #[test]
    fn the_hosts_file_gives_addresses_of_both_families() {
        let view = View::read("", "10.0.0.7 db db.shop # old\n# 10.0.0.8 db\nfd00::7\tDB\nnonsense db\n");
        let expected = ["10.0.0.7", "fd00::7"].map(|text| text.parse::<IpAddr>().expect("an address"));
        assert_eq!(view.in_hosts("db"), expected);
        assert_eq!(view.in_hosts("other"), Vec::<IpAddr>::new());
    }

    #[test]
    fn what_cannot_be_asked_for_is_no_name() {
        for good in ["a", "payment.shop", "_sip._tcp.example.org", "example.org."] {
            assert!(is_name(good), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", ".", "a..b", "-a", "a b", "a;b", "é.org", long.as_str(), &["a"; 130].join(".")] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
