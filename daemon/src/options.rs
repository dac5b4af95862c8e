//! The command line: words in, checked options out, or a sentence that says which word is wrong. Pure.

mod parse;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::effect::BackEnd;
use crate::node::Rules;
use crate::stressor::Task;

pub const HELP: &str = "\
chaosgated: puts faults on victims of this node under a lease, and takes them back whatever happens

  chaosgated serve    --state-dir DIR --cluster-id ID --node NAME --tls-cert FILE --tls-key FILE --client-ca FILE
                      --ticket-keys JWKS [--client-name chaosgate-runner] [--listen 127.0.0.1:0]
                      [--back-end auto|netem|packet-queue]
                      [--max-duration 30m] [--max-faults 200] [--lease-expires-after 45s] [--lease-renew-every 15s]
                      [--deny-namespace NAME]... [--exempt CIDR[:PORT]]... [--cri-endpoint unix:///PATH]
                      [--metrics-listen 127.0.0.1:PORT] [--allow-local-victims]
                      [--effects network,process,freeze,pressure,file-io,clock]
  chaosgated keep     --state-dir DIR [--patience 45s]     revert from the records when the daemon is gone
  chaosgated panic    --state-dir DIR                      revert everything on record now; exit code 1 if something is left
  chaosgated residue  --state-dir DIR [--pid PID]...       what of ours is in the kernel, as JSON; exit code 1 if anything
  chaosgated doctor   [--back-end auto|netem|packet-queue] [--cri-endpoint unix:///PATH] [--json]
                                                        what this node can do, and why not
";

#[derive(Debug)]
pub enum Command {
    Serve(Box<Serve>),
    Keep {
        state_dir: PathBuf,
        patience: Duration,
    },
    Panic {
        state_dir: PathBuf,
    },
    Residue {
        state_dir: PathBuf,
        pids: Vec<u32>,
    },
    Doctor {
        back_end: BackEnd,
        cri: Option<PathBuf>,
        json: bool,
    },
    /// Not for people: the daemon starts its stressors with it.
    Stress(Box<Task>),
    /// Not for people: a child of the clock effect's, which says what its clocks read.
    CompareClocks,
    Help,
    Version,
}

#[derive(Debug)]
pub struct Serve {
    pub listen: SocketAddr,
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    pub client_ca: PathBuf,
    /// The DNS name that a caller's certificate must have.
    pub client_name: String,
    pub ticket_keys: PathBuf,
    pub cluster_id: String,
    pub node: String,
    pub back_end: BackEnd,
    /// The container runtime's socket; None for the usual places.
    pub cri: Option<PathBuf>,
    /// None: no metrics are served.
    pub metrics: Option<SocketAddr>,
    pub rules: Rules,
}

#[derive(Debug, Error)]
pub enum InvalidOptions {
    #[error("there is no command {0:?}: see chaosgated --help")]
    Command(String),
    #[error("{0}: see chaosgated --help")]
    Word(String),
    #[error("--{flag} cannot be {why}: see chaosgated --help")]
    Value { flag: String, why: String },
    #[error("--{0} is missing: see chaosgated --help")]
    Missing(&'static str),
    #[error("{0:?} is not a span of time: write 500ms, 45s, 30m or 1h")]
    Span(String),
    #[error("{0:?} is no back end: write auto, netem or packet-queue")]
    BackEnd(String),
    #[error(
        "--lease-expires-after is {given:?}: it must be more than --lease-renew-every ({renew_every:?}) and at most {most:?}"
    )]
    Lease { given: Duration, renew_every: Duration, most: Duration },
    #[error("--metrics-listen is {0}: metrics are told without a certificate, so only a loopback address may listen")]
    Metrics(SocketAddr),
    #[error("--{flag} may not be zero")]
    Zero { flag: &'static str },
}

impl From<lexopt::Error> for InvalidOptions {
    fn from(error: lexopt::Error) -> InvalidOptions {
        InvalidOptions::Word(error.to_string())
    }
}

/// Reads the whole command line, the program's name left out.
pub fn parse(words: Vec<OsString>) -> Result<Command, InvalidOptions> {
    parse::command(words)
}

/// Finds the state directory and nothing else, so that a daemon with a mistake anywhere else still reverts first.
pub fn state_dir_of(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--state-dir" {
            return words.next().map(PathBuf::from);
        }
        if let Some(joined) = word.to_str().and_then(|word| word.strip_prefix("--state-dir=")) {
            return Some(PathBuf::from(joined));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVE: &str = "serve --state-dir /s --cluster-id c --node n --tls-cert a --tls-key b --client-ca c --ticket-keys d";

    fn said(line: &str) -> String {
        parse(words(line)).map_or_else(|error| error.to_string(), |command| format!("{command:?}"))
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_ascii_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_lease_is_15_of_45_seconds_unless_it_is_made_shorter() {
        let Ok(Command::Serve(serve)) = parse(words(SERVE)) else { panic!("a plain serve is accepted") };
        assert_eq!(serve.rules.terms.renew_every, Duration::from_secs(15));
        assert_eq!(serve.rules.terms.expires_after, Duration::from_secs(45));
    }

    #[test]
    fn a_word_that_cannot_be_meant_is_refused() {
        let cases = [
            ("serve --state-dir /s", "--cluster-id is missing"),
            ("dance", "there is no command \"dance\""),
            ("keep --patience 45s", "--state-dir is missing"),
            (&format!("{SERVE} --effects network,teleport"), "it is none of network, process"),
            ("keep --state-dir /s --patience 45", "is not a span of time"),
            ("keep --state-dir /s --patience 0s", "may not be zero"),
            ("doctor --back-end tc", "is no back end"),
            (&format!("{SERVE} --metrics-listen 0.0.0.0:9000"), "only a loopback address"),
            (&format!("{SERVE} --cri-endpoint cri.sock"), "unix:///run/containerd"),
            ("panic --state-dir /s --force", "invalid option"),
            (&format!("{SERVE} --lease-expires-after 46s"), "at most 45s"),
            (&format!("{SERVE} --lease-expires-after 10s"), "more than --lease-renew-every"),
            (&format!("{SERVE} --max-faults many"), "--max-faults cannot be \"many\""),
            (&format!("{SERVE} --listen here"), "--listen cannot be \"here\""),
            (&format!("{SERVE} --exempt 10.0.0.1/8"), "--exempt cannot be \"10.0.0.1/8\""),
        ];
        for (line, expected) in cases {
            let answer = said(line);
            assert!(answer.contains(expected), "expected {expected:?} in {answer:?}");
        }
    }

    #[test]
    fn what_every_fault_leaves_alone_is_said_once_for_the_node() {
        let Ok(Command::Serve(serve)) =
            parse(words(&format!("{SERVE} --exempt 10.0.0.0/8:9090 --exempt [fd00::1]:53 --exempt ::1")))
        else {
            panic!("addresses of both families are accepted")
        };
        let said: Vec<String> = serve.rules.exempt.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["10.0.0.0/8 port 9090", "fd00::1/128 port 53", "::1/128"]);
    }

    #[test]
    fn the_state_directory_is_found_beside_any_mistake() {
        let found = |line| state_dir_of(&words(line));
        assert_eq!(found("serve --nonsense --state-dir /s --max-faults many"), Some(PathBuf::from("/s")));
        assert_eq!(found("serve --state-dir=/s"), Some(PathBuf::from("/s")));
        assert_eq!(found("serve --state-dir"), None);
        assert_eq!(found("serve"), None);
    }
}
