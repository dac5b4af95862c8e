//! A container is a cgroup: everyone in it reads the offset, whoever started them and whenever, and nobody else does.

use std::time::Duration;

use crate::groups::{Group, Version};
use crate::lab;
use crate::victims::{MS, Program, REALTIME, Scene, Victim, comes_true_within};

/// The daemon looks once a second where the kernel tells it of no new programs.
const SEEN_WITHIN: Duration = Duration::from_secs(4);

/// False where this machine has no such hierarchy.
fn everyone_in_the_group(version: Version) -> bool {
    let Some(group) = Group::new(version, &["freezer"]) else { return false };
    let start = || Victim::start(Program::C, &[]);
    let (Some(mut named), Some(mut beside), Some(mut late), Some(mut outside)) = (start(), start(), start(), start()) else {
        return false;
    };
    group.take_in(named.pid());
    group.take_in(beside.pid());
    let mut scene = Scene::new(&format!("container-{version:?}"));
    let offset = 150 * MS;
    scene.skews("f1", named.pid(), REALTIME, offset);
    assert!(named.is_off_by_about(offset));
    assert!(beside.is_off_by_about(offset), "another process of the container, of another parent");
    assert!(late.is_off_by_about(0), "not in it yet");
    group.take_in(late.pid());
    assert!(comes_true_within(SEEN_WITHIN, || late.is_off_by_about(offset)), "one that came later");
    assert!(outside.is_off_by_about(0) && outside.is_pristine(), "the neighbour is left alone");
    assert_eq!(scene.reverts("f1"), 1);
    for one in [&mut named, &mut beside, &mut late, &mut outside] {
        assert!(one.is_off_by_about(0) && one.is_pristine(), "the truth after the fault");
    }
    true
}

#[test]
fn everyone_in_a_container_reads_the_offset_by_either_version_of_cgroups() {
    let ran: Vec<Version> = [Version::V1, Version::V2].into_iter().filter(|version| everyone_in_the_group(*version)).collect();
    println!("tried with {ran:?}");
    assert!(!ran.is_empty() || !lab::must_run(), "no version of cgroups can be used here, and this may not be skipped");
}
