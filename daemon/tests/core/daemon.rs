//! A daemon started as on a node, in a directory of its own, with a key that signs tickets for it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::lab;
use crate::tls::Authority;

pub const CLUSTER: &str = "cluster-of-the-test";

pub struct Site {
    pub dir: PathBuf,
    pub authority: Authority,
    pub key: Ed25519KeyPair,
    /// Words before the daemon's own, such as nsenter's.
    pub wrapped_in: Vec<String>,
}

pub struct Daemon {
    pub child: Child,
    pub port: u16,
}

impl Site {
    /// A directory on the machine's tmpfs or disk, certificates, and a key set.
    pub fn new(name: &str) -> Site {
        let dir = std::env::temp_dir().join(format!("chaosgated-{}-{name}", std::process::id()));
        std::fs::create_dir_all(dir.join("state")).expect("a writable temporary directory");
        let authority = Authority::new();
        authority.write_server_files(&dir);
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed of 32 bytes");
        let x = URL_SAFE_NO_PAD.encode(key.public_key());
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "bot", "x": x }] });
        std::fs::write(dir.join("keys.json"), keys.to_string()).expect("writable");
        Site { dir, authority, key, wrapped_in: Vec::new() }
    }

    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    pub fn records(&self) -> usize {
        std::fs::read_dir(self.state().join("records")).map_or(0, |entries| entries.count())
    }

    /// Of the only fault: as a disk leaves it that lost power in the middle of a write.
    pub fn tear_the_record(&self) {
        let record =
            std::fs::read_dir(self.state().join("records")).expect("records").next().expect("one").expect("readable").path();
        let whole = std::fs::read(&record).expect("readable");
        std::fs::write(&record, &whole[..whole.len() / 2]).expect("writable");
    }

    /// Ends a keeper that has healed, once it has forgotten as well: the record goes after the fault, so whoever ends it between the
    /// two finds a record that the next one undoes once more.
    pub fn dismiss(&self, keeper: &mut Child) {
        let healed = Instant::now();
        while self.records() > 0 && healed.elapsed() < Duration::from_secs(4) {
            std::thread::sleep(Duration::from_millis(5));
        }
        lab::end(keeper);
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut line = self.wrapped_in.clone();
        line.push(env!("CARGO_BIN_EXE_chaosgated").to_owned());
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).args(words).arg("--state-dir").arg(self.state());
        command
    }

    /// Serves, and may hit processes of this machine.
    pub fn serve_local(&self, more: &[&str]) -> Daemon {
        self.serve(&[&["--allow-local-victims"], more].concat())
    }

    /// Waits until it serves. Its log goes to `daemon.log` for whoever debugs a test.
    pub fn serve(&self, more: &[&str]) -> Daemon {
        let file = |name: &str| self.dir.join(name);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(file("daemon.log")).expect("writable");
        let mut command = self.command(&["serve", "--cluster-id", CLUSTER, "--node", "n1"]);
        command.arg("--tls-cert").arg(file("tls.pem")).arg("--tls-key").arg(file("tls.key"));
        command.arg("--client-ca").arg(file("ca.pem")).arg("--ticket-keys").arg(file("keys.json")).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the daemon starts");
        let mut line = String::new();
        let _read = BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("readable");
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no listening line: see {:?}", file("daemon.log")));
        let address = said["listening"].as_str().expect("an address").parse::<std::net::SocketAddr>().expect("an address");
        Daemon { child, port: address.port() }
    }

    pub fn claims(&self) -> Value {
        json!({
            "iss": "chaosgate/1", "aud": CLUSTER, "jti": "t1", "iat": 1, "exp": 4_000_000_000u64, "kind": "once",
            "repository": { "id": 1, "owner": "o", "name": "n" }, "plan": "p",
            "limits": { "max_duration_seconds": 60, "max_pods": 3, "max_percent": 100, "namespaces": ["shop"] },
        })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "EdDSA", "kid": "bot", "typ": "chaosgate-ticket+jwt" }), claims)
    }

    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // A directory that stays is only untidy.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

impl Daemon {
    pub fn kill(&mut self) {
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child");
    }

    pub fn terminate(&mut self) -> ExitStatus {
        signal("TERM", self.child.id());
        self.ends_within(Duration::from_secs(10)).expect("the daemon ends after SIGTERM")
    }

    pub fn ends_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        ends_within(&mut self.child, limit)
    }
}

pub fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().expect("kill runs");
    assert!(status.success(), "kill -{name} {pid} failed");
}

pub fn ends_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let asked = Instant::now();
    while asked.elapsed() < limit {
        if let Some(status) = child.try_wait().expect("our own child") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

impl Drop for Daemon {
    fn drop(&mut self) {
        lab::end(&mut self.child);
    }
}
