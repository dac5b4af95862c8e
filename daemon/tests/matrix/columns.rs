//! What happens in each column, whatever the row is. Every step is judged by the trial's own eyes and by the records on disk.

use std::process::Child;
use std::time::{Duration, Instant};

use chaosgated::contract::Receipt;
use chaosgated::contract::watch_response::Kind;

use super::table::{Column, is_user_mode_linux};
use super::trial::{Seen, Trial, must};
use crate::client::Runner;
use crate::daemon::Daemon;
use crate::lab;

const PATIENCE: Duration = Duration::from_secs(3);
const RUN: &str = "t1-0";
const OTHER_RUN: &str = "t1-1";

pub fn run(column: Column, trial: &mut dyn Trial) -> Seen {
    match column {
        Column::Felt => is_felt(trial),
        Column::Neighbours => leaves_neighbours_alone(trial),
        Column::Sigterm => ends_with_sigterm(trial),
        Column::Restart => is_reverted_by_a_restarted_daemon(trial),
        Column::Keeper => is_reverted_by_the_keeper(trial),
        Column::Lease => ends_with_its_lease(trial),
        Column::Deadline => ends_at_its_deadline(trial),
        Column::Death => ends_with_its_victim(trial),
        Column::Twice => is_reverted_twice(trial),
        Column::Overlap => lets_another_run_stand(trial),
    }
}

/// Whatever ends a fault may be late by this. A kernel that runs as a process of another starts programs slowly, iptables among them.
fn grace() -> Duration {
    Duration::from_secs(if is_user_mode_linux() { 10 } else { 1 })
}

/// A span that is long enough for a look at what is felt, on either kernel.
fn a_while() -> Duration {
    Duration::from_secs(if is_user_mode_linux() { 10 } else { 3 })
}

/// A daemon, its keeper where the effect needs one, and the receipt of the fault that stands.
struct Standing {
    daemon: Daemon,
    runner: Runner,
    keeper: Option<Keeper>,
    receipt: Receipt,
    /// Before the fault was asked for.
    asked: Instant,
}

struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        lab::end(&mut self.0);
    }
}

fn keeper(trial: &dyn Trial) -> Keeper {
    let words = ["keep", "--patience", &format!("{}s", PATIENCE.as_secs())];
    Keeper(trial.site().command(&words).spawn().expect("the keeper starts"))
}

/// The fault, put on by a daemon with these flags, and felt.
fn stand(trial: &mut dyn Trial, more: &[&str], deadline: Option<Duration>) -> Result<Standing, String> {
    let keeper = trial.needs_a_keeper().then(|| crate::stage::keeper(trial.site(), &format!("{}s", PATIENCE.as_secs())));
    let daemon = trial.site().serve_local(more);
    let mut runner = Runner::of(trial.site(), &daemon);
    let mut request = trial.request(RUN);
    if let Some(deadline) = deadline {
        request.deadline_us = deadline.as_micros() as u64;
    }
    let asked = Instant::now();
    let answer = runner.inject(request).map_err(|refused| format!("it was refused: {refused}"))?;
    let receipt = answer.receipt.ok_or("there is no receipt")?;
    trial.is_meant(&receipt.back_end)?;
    trial.feels()?;
    Ok(Standing { daemon, runner, keeper: keeper.map(Keeper), receipt, asked })
}

/// Nothing is felt, nothing is at the victim, and nothing is on record.
fn is_gone(trial: &mut dyn Trial) -> Seen {
    is_off_the_record_within(trial, Duration::from_secs(2))?;
    trial.is_healed()
}

/// The record goes after the fault, so that a daemon that dies between the two undoes once more.
fn is_off_the_record_within(trial: &dyn Trial, limit: Duration) -> Seen {
    let asked = Instant::now();
    while trial.site().records() > 0 {
        must(asked.elapsed() < limit, || format!("{} records are left after {limit:?}", trial.site().records()))?;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn is_felt(trial: &mut dyn Trial) -> Seen {
    trial.is_healed().map_err(|seen| format!("before the fault: {seen}"))?;
    let mut standing = stand(trial, &[], None)?;
    if let Some(felt) = standing.receipt.felt.as_ref().filter(|felt| felt.measured) {
        must(felt.felt, || format!("the daemon's own probe says: {}", felt.how))?;
    }
    revert(&mut standing.runner, RUN)?;
    is_gone(trial)
}

fn leaves_neighbours_alone(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    trial.neighbours_are_well()?;
    revert(&mut standing.runner, RUN)?;
    is_gone(trial)?;
    trial.neighbours_are_well()
}

fn ends_with_sigterm(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    let status = standing.daemon.terminate();
    must(status.success(), || format!("the daemon ended with {status}"))?;
    is_gone(trial)
}

fn is_reverted_by_a_restarted_daemon(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    standing.daemon.kill();
    outlives_its_daemon(trial, &standing.receipt)?;
    let _again = trial.site().serve_local(&[]);
    must(trial.site().records() == 0, || "the daemon serves and a record is left".to_owned())?;
    is_gone(trial)
}

/// The control: nobody has reverted yet, and without replay it would stay. Packets of the queue pass again as soon as nobody reads it,
/// calls of the volume wait, and a pressure ends with the daemon: of the first two something is left, of the third nothing.
fn outlives_its_daemon(trial: &mut dyn Trial, receipt: &Receipt) -> Seen {
    let is_pressure = receipt.effect.ends_with("-pressure");
    match receipt.back_end.as_str() {
        "signal" => return Ok(()),
        "packet-queue" | "fuse" => must(!trial.marks().is_empty(), || "nothing is left to revert".to_owned())?,
        _ if is_pressure => {}
        _ => trial.feels().map_err(|seen| format!("nobody has reverted yet, and: {seen}"))?,
    }
    must(trial.site().records() == 1, || format!("{} records after the daemon's death", trial.site().records()))
}

fn is_reverted_by_the_keeper(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    let _keeper = standing.keeper.take().unwrap_or_else(|| keeper(trial));
    standing.daemon.kill();
    let died = Instant::now();
    if trial.stands() {
        must(trial.site().records() == 1, || "somebody else has reverted it".to_owned())?;
    }
    is_off_the_record_within(trial, PATIENCE + 2 * grace())?;
    println!("off the record {:?} after the daemon's death; patience {PATIENCE:?}", died.elapsed());
    trial.is_healed()
}

fn ends_with_its_lease(trial: &mut dyn Trial) -> Seen {
    let span = a_while();
    let (expires, renew) = (format!("{}s", span.as_secs()), format!("{}s", span.as_secs() - 1));
    let mut standing = stand(trial, &["--lease-expires-after", &expires, "--lease-renew-every", &renew], None)?;
    ends_on_time(trial, &standing, span)?;
    is_gone(trial)?;
    must(standing.runner.renew(RUN, 1).is_err(), || "the run is still leased".to_owned())
}

fn ends_at_its_deadline(trial: &mut dyn Trial) -> Seen {
    let span = a_while();
    let mut standing = stand(trial, &[], Some(span))?;
    ends_on_time(trial, &standing, span)?;
    is_gone(trial)?;
    standing.runner.renew(RUN, 1).map(drop).map_err(|lost| format!("the lease does not live: {lost}"))
}

/// Off the record when the span is over, and not before.
fn ends_on_time(trial: &dyn Trial, standing: &Standing, span: Duration) -> Seen {
    if trial.stands() {
        must(trial.site().records() == 1 || standing.asked.elapsed() >= span, || "it has ended before its time".to_owned())?;
    }
    is_off_the_record_within(trial, (span + grace()).saturating_sub(standing.asked.elapsed()))?;
    let lasted = standing.asked.elapsed();
    println!("off the record {lasted:?} after it was asked for; {span:?} were given");
    must(!trial.stands() || lasted >= span, || format!("it ended after {lasted:?}, and {span:?} were given"))?;
    if !trial.stands() {
        // It is off the record at once, and its run is not.
        std::thread::sleep((span + grace() / 2).saturating_sub(lasted));
    }
    Ok(())
}

fn ends_with_its_victim(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    let mut events = standing.runner.watch();
    trial.kill_victim();
    let event = standing.runner.next(&mut events).ok_or("nobody told that the victim is gone")?;
    must(event.kind() == Kind::VictimGone, || format!("what was told is {event:?}"))?;
    is_off_the_record_within(trial, grace())?;
    must(trial.marks().is_empty(), || format!("left behind: {:?}", trial.marks()))?;
    let status = standing.daemon.terminate();
    must(status.success(), || format!("the daemon ended with {status}"))
}

fn is_reverted_twice(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    let reverted = revert(&mut standing.runner, RUN)?;
    must(reverted == 1 || !trial.stands(), || format!("{reverted} reverted the first time"))?;
    is_gone(trial)?;
    let again = revert(&mut standing.runner, RUN)?;
    must(again == 0, || format!("{again} reverted the second time"))?;
    is_gone(trial)
}

fn lets_another_run_stand(trial: &mut dyn Trial) -> Seen {
    let mut standing = stand(trial, &[], None)?;
    let second = standing.runner.inject(trial.request(OTHER_RUN));
    if !trial.stands() {
        must(second.is_err(), || "a victim that is gone was hit again".to_owned())?;
        return is_off_the_record_after_revert(trial, &mut standing.runner);
    }
    second.map_err(|refused| format!("the second run was refused: {refused}"))?;
    revert(&mut standing.runner, RUN)?;
    trial.feels().map_err(|seen| format!("the second run's fault does not stand: {seen}"))?;
    must(trial.site().records() == 1, || format!("{} records beside the second run", trial.site().records()))?;
    revert(&mut standing.runner, OTHER_RUN)?;
    is_gone(trial)
}

fn is_off_the_record_after_revert(trial: &mut dyn Trial, runner: &mut Runner) -> Seen {
    revert(runner, RUN)?;
    is_gone(trial)
}

fn revert(runner: &mut Runner, run: &str) -> Result<u32, String> {
    let answer = runner.revert(run, "", 1).map_err(|refused| format!("could not revert {run}: {refused}"))?;
    must(answer.failures.is_empty(), || format!("not undone: {:?}", answer.failures))?;
    Ok(answer.reverted)
}
