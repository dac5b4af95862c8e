//! A small network of real namespaces: a victim, its twin, and two peers, each with one device on a bridge.
//! Shares no code with the daemon: what it sees, it sees through plain sockets and the distribution's own tools.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chaosgated::victim::{NetnsRef, ResolvedVictim};

/// A host of the lab: a process that only exists to keep a network namespace.
pub struct Host {
    keeper: Child,
    pub v4: String,
    pub v6: String,
}

pub struct Lab {
    pub victim: Host,
    /// Like the victim, but nobody's target: whatever it feels is a mistake.
    pub twin: Host,
    pub peer: Host,
    pub other: Host,
    switch: Host,
}

impl Lab {
    pub fn new() -> Self {
        Self::of(Host::start(2))
    }

    /// A lab whose victim has a resolv.conf of its own, as a pod has.
    pub fn with_resolver(resolv_conf: &str) -> Self {
        Self::of(Host::start_with_resolver(2, resolv_conf))
    }

    fn of(victim: Host) -> Self {
        let switch = Host::start(1);
        switch.ip("link add br0 type bridge\nlink set br0 up\n");
        let join = |number: u32, host: Host| {
            switch.ip(&format!("link add port{number} type veth peer name eth0 netns {}\n", host.keeper.id()));
            switch.ip(&format!("link set port{number} master br0\nlink set port{number} up\n"));
            host.ip(&format!(
                "link set lo up\nlink set eth0 up\naddr add {}/24 dev eth0\naddr add {}/64 dev eth0 nodad\n",
                host.v4, host.v6
            ));
            host
        };
        let start = |number| join(number, Host::start(number));
        let lab = Self { victim: join(2, victim), twin: start(3), peer: start(4), other: start(5), switch };
        lab.meet();
        lab
    }

    /// A link of this rate on the way to the peer, behind every fault, with room for two mebibytes before it.
    pub fn narrow_the_way_to_the_peer(&self, bits_per_second: u64) {
        let rate = format!("{bits_per_second}bit");
        self.switch.run(&["tc", "qdisc", "add", "dev", "port4", "root", "tbf", "rate", &rate, "burst", "128k", "limit", "2m"]);
    }

    /// No connection inherits what an earlier one learnt (tcp_metrics).
    pub fn forget_streams(&self) {
        for host in [&self.victim, &self.peer] {
            host.run(&["sysctl", "-q", "-w", "net.ipv4.tcp_no_metrics_save=1"]);
        }
    }

    /// Everybody has spoken to everybody: no neighbour discovery is left to disturb a measurement.
    fn meet(&self) {
        for from in [&self.victim, &self.twin] {
            for to in [&self.peer, &self.other] {
                for address in [&to.v4, &to.v6] {
                    let target = SocketAddr::new(address.parse().expect("an address"), 1);
                    // Nobody listens there; the refusal has made the round.
                    let answer = from.inside(|| TcpStream::connect_timeout(&target, Duration::from_secs(3)));
                    let kind = answer.expect_err("nobody listens").kind();
                    assert_eq!(kind, ErrorKind::ConnectionRefused, "{target}");
                }
            }
        }
    }
}

impl Host {
    fn start(number: u32) -> Self {
        Self::start_as(number, &["--net", "--", "sleep", "240"])
    }

    /// Its /etc is its own, with one file in it.
    fn start_with_resolver(number: u32, resolv_conf: &str) -> Self {
        let script = "mount -t tmpfs etc /etc && printf %s \"$0\" > /etc/resolv.conf && exec sleep 240";
        let host = Self::start_as(number, &["--net", "--mount", "--", "sh", "-c", script, resolv_conf]);
        let path = format!("/proc/{}/root/etc/resolv.conf", host.keeper.id());
        wait_until("the keeper has its own files", || std::fs::read_to_string(&path).is_ok_and(|text| text == resolv_conf));
        host
    }

    fn start_as(number: u32, words: &[&str]) -> Self {
        let own = netns_inode("self");
        let keeper = Command::new("unshare").args(words).stdin(Stdio::null()).spawn();
        let keeper = keeper.expect("unshare runs: the tests need root, or `unshare -Urnm`");
        let pid = keeper.id().to_string();
        wait_until("the keeper is in its own network", || netns_inode(&pid).is_some_and(|inode| Some(inode) != own));
        Self { keeper, v4: format!("10.77.0.{number}"), v6: format!("fd77::{number}") }
    }

    /// What the daemon would have resolved.
    pub fn as_victim(&self) -> ResolvedVictim {
        let pid = self.keeper.id();
        let inode = netns_inode(&pid.to_string()).expect("the keeper lives");
        ResolvedVictim {
            namespace: "shop".into(),
            pod: format!("pod-{pid}"),
            container: "main".into(),
            pid,
            start_time: 0,
            netns: NetnsRef { inode, cookie: None, paths: vec![format!("/proc/{pid}/ns/net").into()] },
        }
    }

    /// Runs this on a thread inside the host's network.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let netns = File::open(format!("/proc/{}/ns/net", self.keeper.id())).expect("the keeper lives");
        let enter = move || {
            // SAFETY: setns takes no pointer, the descriptor is open, and only this short-lived thread moves.
            let refused = unsafe { libc::setns(netns.as_raw_fd(), libc::CLONE_NEWNET) };
            assert_eq!(refused, 0, "setns: {}", std::io::Error::last_os_error());
        };
        thread::scope(|scope| {
            let visitor = scope.spawn(|| {
                enter();
                work()
            });
            visitor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// The output of a program that runs inside the host's network.
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.inside(|| Command::new(words[0]).args(&words[1..]).output());
        let output = output.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether a program succeeds inside the host's network.
    pub fn can_run(&self, words: &[&str]) -> bool {
        let output = self.inside(|| Command::new(words[0]).args(&words[1..]).output());
        output.is_ok_and(|output| output.status.success())
    }

    fn ip(&self, batch: &str) {
        let mut child = self
            .inside(|| Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn())
            .expect("iproute2 is installed");
        child.stdin.take().expect("piped").write_all(batch.as_bytes()).expect("ip reads");
        assert!(child.wait().expect("our child").success(), "ip refused: {batch}");
    }

    pub fn leave(&mut self) {
        self.keeper.kill().expect("our child");
        self.keeper.wait().expect("our child");
    }

    /// All firewall rules, qdiscs and devices, as the distribution's tools list them, without what changes by itself:
    /// counters, and the tables that a look with iptables makes.
    pub fn footprint(&self) -> Vec<String> {
        let savers = ["iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save", "ip6tables-legacy-save"];
        let rules = savers.map(|saver| self.run(&[saver]));
        let rules = rules.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("-A") || line.starts_with(":CH"));
        let rules = rules.map(str::to_owned).collect::<Vec<_>>();
        let qdiscs = self.run(&["tc", "qdisc", "show"]);
        let links = self.run(&["ip", "-brief", "link", "show"]);
        let lines = qdiscs.lines().chain(links.lines()).map(|line| line.trim().to_owned());
        rules.into_iter().chain(lines).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have left already.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// As `uname -r` says it.
pub fn kernel_release() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("a kernel has a release").trim().to_owned()
}

pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn netns_inode(process: &str) -> Option<u64> {
    std::fs::metadata(format!("/proc/{process}/ns/net")).ok().map(|found| found.ino())
}
