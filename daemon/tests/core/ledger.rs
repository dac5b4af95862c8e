//! The record comes before the act: without room for it nothing is done, and a record that cannot be read is never skipped.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use chaosgated::contract::watch_response::Kind;
use tonic::Code;

use crate::client::{Runner, a_partition};
use crate::daemon::Site;
use crate::lab::{self, lab, lab_alone};

/// A process with mounts of its own, in which the site's state directory is a tmpfs of 64 KiB.
struct SmallDisk {
    holder: Child,
}

impl SmallDisk {
    fn under(site: &mut Site) -> SmallDisk {
        let own = std::fs::read_link("/proc/self/ns/mnt").expect("procfs");
        let holder = Command::new("unshare").args(["--mount", "sleep", "120"]).spawn().expect("unshare runs");
        while std::fs::read_link(format!("/proc/{}/ns/mnt", holder.id())).is_ok_and(|theirs| theirs == own) {
            std::thread::yield_now();
        }
        let pid = holder.id().to_string();
        site.wrapped_in = ["nsenter", "--mount", "--target", &pid, "--"].map(str::to_owned).to_vec();
        let disk = SmallDisk { holder };
        disk.run(&["mount", "-t", "tmpfs", "-o", "size=64k", "none", &site.state().to_string_lossy()]);
        disk
    }

    /// Makes the records read-only or writable again, under the feet of a daemon that holds other files open.
    fn set_records(&self, site: &Site, mode: &str) {
        let records = site.state().join("records").to_string_lossy().into_owned();
        if mode == "ro" {
            assert!(self.run(&["mount", "--bind", &records, &records]));
        }
        assert!(self.run(&["mount", "-o", &format!("remount,bind,{mode}"), &records]));
    }

    fn has_records(&self, site: &Site) -> bool {
        let first = format!("test -n \"$(ls {})\"", site.state().join("records").display());
        self.run(&["sh", "-c", &first])
    }

    fn run(&self, command: &[&str]) -> bool {
        let pid = self.holder.id().to_string();
        let mut line = Command::new("nsenter");
        line.args(["--mount", "--target", &pid, "--"]).args(command).stderr(std::process::Stdio::null());
        line.status().expect("nsenter runs").success()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        lab::end(&mut self.holder);
    }
}

#[test]
fn a_full_disk_lets_no_fault_happen() {
    let Some(lab) = lab() else { return };
    let mut site = Site::new("full");
    let disk = SmallDisk::under(&mut site);
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let before = lab.rules();
    let filler = site.state().join("filler").to_string_lossy().into_owned();
    assert!(!disk.run(&["dd", "if=/dev/zero", &format!("of={filler}"), "bs=4096", "count=64"]), "the disk is full");
    let refused = runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect_err("no room for the record");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert!(!lab.is_cut() && lab.rules() == before, "nothing was done");
    assert!(disk.run(&["rm", &filler]));
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("there is room now");
    assert!(lab.is_cut());
}

#[test]
fn a_failed_undo_is_told_stays_on_record_and_is_retried_until_it_succeeds() {
    let Some(lab) = lab() else { return };
    let mut site = Site::new("retry");
    let disk = SmallDisk::under(&mut site);
    let mut daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let mut events = runner.watch();
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    disk.set_records(&site, "ro");
    let failures = runner.revert("t1-0", "", 1).expect("an answer").failures;
    assert_eq!(failures.len(), 1, "a record that cannot be removed is a failed undo");
    assert_eq!(runner.next(&mut events).expect("told").kind(), Kind::UndoFailed);
    assert_eq!(runner.list().faults.len(), 1, "still listed");
    disk.set_records(&site, "rw");
    let asked = Instant::now();
    while !runner.list().faults.is_empty() && asked.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(runner.list().faults.is_empty() && !lab.is_cut(), "retried by itself");
    let again = chaosgated::contract::InjectRequest { epoch: 2, ..a_partition(&site, "f2", lab.victim_pid()) };
    runner.inject(again).expect("a permitted fault");
    disk.set_records(&site, "ro");
    assert_eq!(daemon.terminate().code(), Some(1), "an end that leaves something on record is not a good one");
}

/// The record is of an effect that the second life does not permit: it needs what that effect needs all the same.
#[test]
fn what_could_not_be_undone_at_the_start_is_retried_while_the_daemon_lives() {
    let Some(lab) = lab() else { return };
    let mut site = Site::new("left");
    let disk = SmallDisk::under(&mut site);
    let mut daemon = site.serve_local(&[]);
    Runner::of(&site, &daemon).inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    daemon.kill();
    disk.set_records(&site, "ro");
    let mut daemon = site.serve_local(&["--effects", "process"]);
    let mut runner = Runner::of(&site, &daemon);
    let left = runner.list().faults;
    assert_eq!(left.iter().map(|fault| fault.fault_id.as_str()).collect::<Vec<_>>(), ["f1"], "it is listed");
    assert!(disk.has_records(&site), "the control");
    disk.set_records(&site, "rw");
    let asked = Instant::now();
    while !runner.list().faults.is_empty() && asked.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(runner.list().faults.is_empty() && !lab.is_cut(), "retried by itself");
    assert!(!disk.has_records(&site), "and off the record");
    assert!(daemon.terminate().success(), "nothing is left");
}

#[test]
fn a_torn_record_is_kept_told_and_its_fault_swept_from_the_kernel() {
    let Some((lab, _alone)) = lab_alone() else { return };
    let site = Site::new("torn");
    let before = lab.rules();
    let mut daemon = site.serve_local(&[]);
    Runner::of(&site, &daemon).inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    daemon.kill();
    site.tear_the_record();
    let output = site.command(&["panic"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("UNREADABLE RECORD"), "{said}");
    assert_eq!(output.status.code(), Some(1), "a torn record is not a clean end");
    assert!(site.state().join("torn").join("t1-0.f1.json").exists(), "its bytes are kept");
    assert!(!lab.is_cut() && lab.rules() == before, "its fault is swept: {said}");
}

#[test]
fn a_record_of_another_boot_is_dropped_and_not_acted_on() {
    let Some(lab) = lab() else { return };
    let site = Site::new("boot");
    let mut daemon = site.serve_local(&[]);
    Runner::of(&site, &daemon).inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    let faulted = lab.rules();
    daemon.kill();
    let record = site.state().join("records").join("t1-0.f1.json");
    let text = std::fs::read_to_string(&record).expect("the record");
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("procfs");
    std::fs::write(&record, text.replace(boot_id.trim(), "an-earlier-boot")).expect("writable");
    let _again = site.serve_local(&[]);
    assert_eq!((lab.rules(), site.records()), (faulted, 0), "dropped, and nothing in this kernel was touched");
}
