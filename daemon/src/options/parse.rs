//! One command after the other, each word once.

use std::ffi::OsString;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use lexopt::{Arg, Parser};

use super::{Command, InvalidOptions, Serve};
use crate::effect::BackEnd;
use crate::effect::clock::COMPARE_CLOCKS;
use crate::fault::{InvalidFault, Percent};
use crate::lease::Terms;
use crate::node::Rules;
use crate::privileges::{self, Kind};
use crate::stressor::Task;

/// The promise of the whole system; a node may keep it tighter, never looser.
const LONGEST_LEASE: Duration = Duration::from_secs(45);
const LONGEST_PATIENCE: Duration = Duration::from_secs(45);

pub fn command(words: Vec<OsString>) -> Result<Command, InvalidOptions> {
    let mut parser = Parser::from_args(words);
    match parser.next()? {
        None | Some(Long("help") | Short('h')) => Ok(Command::Help),
        Some(Long("version") | Short('V')) => Ok(Command::Version),
        Some(Value(name)) => match name.to_str() {
            Some("serve") => serve(&mut parser),
            Some("keep") => keep(&mut parser),
            Some("panic") => panic(&mut parser),
            Some("residue") => residue(&mut parser),
            Some("doctor") => doctor(&mut parser),
            Some("stress") => stress(&mut parser),
            Some(COMPARE_CLOCKS) => nothing_more(&mut parser, Command::CompareClocks),
            _ => Err(InvalidOptions::Command(name.to_string_lossy().into_owned())),
        },
        Some(other) => Err(other.unexpected().into()),
    }
}

fn nothing_more(parser: &mut Parser, command: Command) -> Result<Command, InvalidOptions> {
    match parser.next()? {
        None => Ok(command),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn keep(parser: &mut Parser) -> Result<Command, InvalidOptions> {
    let mut state_dir = None;
    let mut patience = LONGEST_PATIENCE;
    while let Some(word) = parser.next()? {
        match word {
            Long("state-dir") => state_dir = Some(path(parser)?),
            Long("patience") => patience = span(parser)?.min(LONGEST_PATIENCE),
            other => return Err(other.unexpected().into()),
        }
    }
    if patience.is_zero() {
        return Err(InvalidOptions::Zero { flag: "patience" });
    }
    Ok(Command::Keep { state_dir: given(state_dir, "state-dir")?, patience })
}

fn panic(parser: &mut Parser) -> Result<Command, InvalidOptions> {
    let mut state_dir = None;
    while let Some(word) = parser.next()? {
        match word {
            Long("state-dir") => state_dir = Some(path(parser)?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Panic { state_dir: given(state_dir, "state-dir")? })
}

fn residue(parser: &mut Parser) -> Result<Command, InvalidOptions> {
    let mut state_dir = None;
    let mut pids = Vec::new();
    while let Some(word) = parser.next()? {
        match word {
            Long("state-dir") => state_dir = Some(path(parser)?),
            Long("pid") => {
                for pid in parser.values()? {
                    pids.push(pid.parse()?);
                }
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Residue { state_dir: given(state_dir, "state-dir")?, pids })
}

fn doctor(parser: &mut Parser) -> Result<Command, InvalidOptions> {
    let (mut chosen, mut cri, mut json) = (BackEnd::Auto, None, false);
    while let Some(word) = parser.next()? {
        match word {
            Long("back-end") => chosen = back_end(parser)?,
            Long("cri-endpoint") => cri = Some(socket(parser)?),
            Long("json") => json = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Doctor { back_end: chosen, cri, json })
}

/// Every word is the daemon's own and none is left out.
fn stress(parser: &mut Parser) -> Result<Command, InvalidOptions> {
    let mut task = Task { fault: String::new(), victim: 0, start_time: 0, workers: 0, load: Percent::ZERO, bytes: 0 };
    while let Some(word) = parser.next()? {
        match word {
            Long("fault") => task.fault = parser.value()?.string()?,
            Long("victim") => {
                let text = parser.value()?.string()?;
                let named = text.split_once(':').and_then(|(pid, start)| Some((pid.parse().ok()?, start.parse().ok()?)));
                let wrong = || InvalidOptions::Value { flag: "victim".to_owned(), why: format!("{text:?} (not PID:START)") };
                (task.victim, task.start_time) = named.ok_or_else(wrong)?;
            }
            Long("workers") => task.workers = value("workers", parser)?,
            Long("load") => {
                let raw: f32 = value("load", parser)?;
                let wrong = |why: InvalidFault| InvalidOptions::Value { flag: "load".to_owned(), why: why.to_string() };
                task.load = Percent::try_from(raw).map_err(wrong)?;
            }
            Long("bytes") => task.bytes = value("bytes", parser)?,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Stress(Box::new(task)))
}

/// Words of `serve` that have been read, before it is known whether all are there.
struct Words {
    listen: SocketAddr,
    files: [Option<PathBuf>; 5],
    cluster_id: Option<String>,
    node: Option<String>,
    client_name: String,
    back_end: BackEnd,
    cri: Option<PathBuf>,
    metrics: Option<SocketAddr>,
    rules: Rules,
}

const FILES: [&str; 5] = ["state-dir", "tls-cert", "tls-key", "client-ca", "ticket-keys"];

fn serve(parser: &mut Parser) -> Result<Command, InvalidOptions> {
    let mut words = Words {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        files: Default::default(),
        cluster_id: None,
        node: None,
        client_name: "chaosgate-runner".to_owned(),
        back_end: BackEnd::Auto,
        cri: None,
        metrics: None,
        rules: default_rules(),
    };
    while let Some(word) = parser.next()? {
        let name = match word {
            Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        take(&name, parser, &mut words)?;
    }
    judge_rules(&words.rules)?;
    complete(words)
}

fn default_rules() -> Rules {
    Rules {
        allow_local_victims: false,
        max_duration: Duration::from_secs(30 * 60),
        max_faults: 200,
        terms: Terms { renew_every: Duration::from_secs(15), expires_after: LONGEST_LEASE },
        denied_namespaces: Vec::new(),
        exempt: Vec::new(),
        effects: privileges::ALL.to_vec(),
    }
}

fn take(name: &str, parser: &mut Parser, words: &mut Words) -> Result<(), InvalidOptions> {
    if let Some(at) = FILES.iter().position(|file| *file == name) {
        words.files[at] = Some(path(parser)?);
        return Ok(());
    }
    let rules = &mut words.rules;
    match name {
        "listen" => words.listen = value(name, parser)?,
        "cluster-id" => words.cluster_id = Some(parser.value()?.string()?),
        "node" => words.node = Some(parser.value()?.string()?),
        "client-name" => words.client_name = parser.value()?.string()?,
        "back-end" => words.back_end = back_end(parser)?,
        "metrics-listen" => {
            let address: SocketAddr = value(name, parser)?;
            words.metrics =
                if address.ip().is_loopback() { Some(address) } else { return Err(InvalidOptions::Metrics(address)) };
        }
        "cri-endpoint" => words.cri = Some(socket(parser)?),
        "max-duration" => rules.max_duration = span(parser)?,
        "max-faults" => rules.max_faults = value(name, parser)?,
        "lease-expires-after" => rules.terms.expires_after = span(parser)?,
        "lease-renew-every" => rules.terms.renew_every = span(parser)?,
        "deny-namespace" => rules.denied_namespaces.push(parser.value()?.string()?),
        "exempt" => rules.exempt.push(value(name, parser)?),
        "effects" => rules.effects = effects(parser)?,
        "allow-local-victims" => rules.allow_local_victims = true,
        _ => return Err(Arg::Long(name).unexpected().into()),
    }
    Ok(())
}

fn judge_rules(rules: &Rules) -> Result<(), InvalidOptions> {
    let Terms { renew_every, expires_after } = rules.terms;
    if renew_every.is_zero() {
        return Err(InvalidOptions::Zero { flag: "lease-renew-every" });
    }
    if expires_after <= renew_every || expires_after > LONGEST_LEASE {
        return Err(InvalidOptions::Lease { given: expires_after, renew_every, most: LONGEST_LEASE });
    }
    Ok(())
}

fn complete(words: Words) -> Result<Command, InvalidOptions> {
    let [state_dir, tls_cert, tls_key, client_ca, ticket_keys] = words.files;
    // Already in use by now: the records in it were reverted before this line was read.
    given(state_dir, "state-dir")?;
    Ok(Command::Serve(Box::new(Serve {
        listen: words.listen,
        cluster_id: given(words.cluster_id, "cluster-id")?,
        node: given(words.node, "node")?,
        tls_cert: given(tls_cert, "tls-cert")?,
        tls_key: given(tls_key, "tls-key")?,
        client_ca: given(client_ca, "client-ca")?,
        client_name: words.client_name,
        ticket_keys: given(ticket_keys, "ticket-keys")?,
        back_end: words.back_end,
        cri: words.cri,
        metrics: words.metrics,
        rules: words.rules,
    })))
}

fn given<T>(word: Option<T>, flag: &'static str) -> Result<T, InvalidOptions> {
    word.ok_or(InvalidOptions::Missing(flag))
}

fn value<T: FromStr<Err: fmt::Display>>(flag: &str, parser: &mut Parser) -> Result<T, InvalidOptions> {
    let text = parser.value()?.string()?;
    text.parse().map_err(|why| InvalidOptions::Value { flag: flag.to_owned(), why: format!("{text:?} ({why})") })
}

fn path(parser: &mut Parser) -> Result<PathBuf, InvalidOptions> {
    Ok(PathBuf::from(parser.value()?))
}

/// As a kubelet's containerRuntimeEndpoint is written, or a bare path.
fn socket(parser: &mut Parser) -> Result<PathBuf, InvalidOptions> {
    let text = parser.value()?.string()?;
    let path = PathBuf::from(text.strip_prefix("unix://").unwrap_or(&text));
    if path.is_absolute() {
        return Ok(path);
    }
    let why = format!("{text:?} (write unix:///run/containerd/containerd.sock)");
    Err(InvalidOptions::Value { flag: "cri-endpoint".to_owned(), why })
}

fn back_end(parser: &mut Parser) -> Result<BackEnd, InvalidOptions> {
    match parser.value()?.string()?.as_str() {
        "auto" => Ok(BackEnd::Auto),
        "netem" => Ok(BackEnd::Netem),
        "packet-queue" => Ok(BackEnd::PacketQueue),
        other => Err(InvalidOptions::BackEnd(other.to_owned())),
    }
}

/// Names with commas between them.
fn effects(parser: &mut Parser) -> Result<Vec<Kind>, InvalidOptions> {
    let text = parser.value()?.string()?;
    let wrong = |why: String| InvalidOptions::Value { flag: "effects".to_owned(), why: format!("{text:?} ({why})") };
    text.split(',').map(|word| word.parse().map_err(wrong)).collect()
}

fn span(parser: &mut Parser) -> Result<Duration, InvalidOptions> {
    let text = parser.value()?.string()?;
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let millis_per_unit = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = millis_per_unit.and_then(|unit: u64| digits.parse::<u64>().ok()?.checked_mul(unit));
    millis.map(Duration::from_millis).ok_or(InvalidOptions::Span(text))
}
