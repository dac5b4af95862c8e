//! Arguments, logging and exit codes. Every decision is elsewhere.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chaosgated::custody::Custody;
use chaosgated::effect::{BackEnd, Effects};
use chaosgated::keeper::{self, Keeper};
use chaosgated::ledger::Ledger;
use chaosgated::options::{self, Command, Serve};
use chaosgated::serve::Place;
use chaosgated::stressor::Task;
use chaosgated::victim::ResolvedVictim;
use chaosgated::{doctor, effect, privileges, recovery, serve, stressor, sys, victim};
use serde_json::json;

/// About what this process waits for, when it should have ended.
const TOLD_EVERY: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_target(false).init();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let code = run(words).unwrap_or_else(|error| {
        eprintln!("chaosgated: {error:#}");
        ExitCode::from(2)
    });
    wait_for_what_is_away();
    code
}

/// A process that we hold in a call of ours would go on with our registers if we ended first; whoever loses patience can still end us.
fn wait_for_what_is_away() {
    while !sys::inject::all_are_back_within(TOLD_EVERY) {
        tracing::error!(
            "a process is held in a system call of ours that does not end: waiting for it before this process ends"
        );
    }
}

fn run(words: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let place = place_of_a_server(&words)?;
    match options::parse(words)? {
        Command::Serve(options) => serve(&options, place.context("--state-dir is missing: see chaosgated --help")?),
        Command::Keep { state_dir, patience } => keep(state_dir, patience),
        Command::Panic { state_dir } => panic(&state_dir),
        Command::Residue { state_dir, pids } => residue(&state_dir, &pids),
        Command::Doctor { back_end, cri, json } => doctor(back_end, cri, json),
        Command::Stress(task) => stress(&task),
        Command::CompareClocks => compare_clocks(),
        Command::Help => Ok(say(options::HELP)),
        Command::Version => Ok(say(concat!("chaosgated ", env!("CARGO_PKG_VERSION"), "\n"))),
    }
}

/// A daemon that starts reverts what is on record before anything else can go wrong, its other arguments included.
fn place_of_a_server(words: &[OsString]) -> anyhow::Result<Option<Place>> {
    if words.first().is_none_or(|word| word != "serve") {
        return Ok(None);
    }
    let Some(state_dir) = options::state_dir_of(words) else { return Ok(None) };
    keep_for_undoing();
    Ok(Some(serve::take_place(&state_dir)?))
}

fn serve(options: &Serve, place: Place) -> anyhow::Result<ExitCode> {
    let reverted = serve::serve(options, place)?;
    tracing::info!(reverted = reverted.count, failed = reverted.failures.len(), "stopped");
    Ok(if reverted.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn keep(state_dir: PathBuf, patience: Duration) -> anyhow::Result<ExitCode> {
    keeper::let_go_of_the_start();
    keep_for_undoing();
    Ledger::open(&state_dir)?;
    Custody::of(&state_dir).hold().context("the keeper could not open its socket")?;
    let effects = Effects::new(BackEnd::Auto).with_state(&state_dir);
    let keeper = Keeper { state_dir, patience, effects };
    keeper.keep(&mut serve::log)
}

/// What is on record may be of any effect, so undoing needs what all of them do. Reverting matters more than having less.
fn keep_for_undoing() {
    if let Err(error) = privileges::keep_for(&privileges::ALL) {
        tracing::error!(%error, "could not give up capabilities");
    }
}

fn panic(state_dir: &Path) -> anyhow::Result<ExitCode> {
    let ledger = Ledger::open(state_dir)?;
    let outcome =
        recovery::revert_all(&ledger, &Effects::new(BackEnd::Auto).with_state(state_dir), &mut |step| println!("{step}"))?;
    println!("{} undone, {} not undone, {} unreadable", outcome.undone, outcome.failed, outcome.torn);
    Ok(if outcome.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn residue(state_dir: &Path, pids: &[u32]) -> anyhow::Result<ExitCode> {
    let records = Ledger::open(state_dir)?.count()?;
    let effects = Effects::new(BackEnd::Auto);
    let of_the_node = if pids.is_empty() { effects.residue_of_the_node() } else { Default::default() };
    let mut residue = of_the_node.0;
    let mut blind: Vec<_> = of_the_node.1.into_iter().map(|error| json!({ "pid": null, "why": error.to_string() })).collect();
    for victim in victims(pids)? {
        let (found, unseen) = effects.residue(&victim);
        residue.extend(found);
        blind.extend(unseen.into_iter().map(|error| json!({ "pid": victim.pid, "why": error.to_string() })));
    }
    println!("{}", json!({ "residue": residue, "records": records, "blind": blind }));
    Ok(if residue.is_empty() && records == 0 && blind.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looking is harmless, so any process may be named here; hitting is not, and is judged elsewhere.
fn victims(pids: &[u32]) -> anyhow::Result<Vec<ResolvedVictim>> {
    if pids.is_empty() {
        return victim::one_in_every_netns().context("could not list the processes of this node");
    }
    pids.iter().map(|pid| victim::unnamed(*pid).with_context(|| format!("could not look at pid {pid}"))).collect()
}

fn doctor(back_end: BackEnd, cri: Option<PathBuf>, json: bool) -> anyhow::Result<ExitCode> {
    let examined = doctor::examine(back_end, cri)?;
    print!("{}", if json { examined.json() } else { examined.text() });
    Ok(if examined.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Is a stressor until it is not wanted any more.
fn stress(task: &Task) -> anyhow::Result<ExitCode> {
    stressor::run(task).context("could not press")?;
    Ok(ExitCode::SUCCESS)
}

fn compare_clocks() -> anyhow::Result<ExitCode> {
    effect::clock::compare_clocks(std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}
