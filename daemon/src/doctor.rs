//! What this node can do, and why not: everything is tried and nothing is left. For a person as lines, for a program as JSON.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::json;

use crate::cri::Cri;
use crate::effect::{BackEnd, Capability, Effects};
use crate::privileges::{self, Kind};
use crate::sys::capabilities::Capability as Need;
use crate::{cgroup, procfs};

#[derive(Debug)]
pub struct Examined {
    capabilities: Vec<Capability>,
    boot_id: String,
    kernel: String,
    cgroups: String,
    /// Which runtime answers, or why none does.
    runtime: Result<String, String>,
    /// The effective set of this process, as the kernel writes it.
    process_capabilities: String,
    /// What each kind of effect needs of the kernel, and what of it this process does not hold.
    needs: Vec<(Kind, Result<Vec<Need>, String>)>,
}

/// Tries every effect and asks the runtime who it is.
pub fn examine(back_end: BackEnd, cri: Option<PathBuf>) -> io::Result<Examined> {
    let asking = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(Examined {
        capabilities: Effects::new(back_end).capabilities(),
        boot_id: procfs::boot_id().unwrap_or_else(unknown),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(unknown, |text| text.trim().to_owned()),
        cgroups: cgroup::hierarchies().map_or_else(unknown, |hierarchies| layout_of(&hierarchies)),
        runtime: asking.block_on(Cri::new(cri).describe()).map_err(|error| error.to_string()),
        process_capabilities: own_capabilities().unwrap_or_else(unknown),
        needs: privileges::ALL.map(|kind| (kind, privileges::missing(kind).map_err(unknown))).to_vec(),
    })
}

fn unknown(error: io::Error) -> String {
    format!("unknown: {error}")
}

fn layout_of(hierarchies: &[cgroup::Hierarchy]) -> String {
    let has = |version| hierarchies.iter().any(|hierarchy| hierarchy.version == version);
    let layout = match (has(cgroup::Version::V1), has(cgroup::Version::V2)) {
        (true, true) => "v1 and v2 side by side",
        (true, false) => "v1",
        (false, true) => "v2",
        (false, false) => "none is mounted",
    };
    layout.to_owned()
}

fn own_capabilities() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    Ok(effective.unwrap_or_default().trim().to_owned())
}

fn words<'a>(capabilities: impl IntoIterator<Item = &'a Need>) -> String {
    capabilities.into_iter().map(Need::to_string).collect::<Vec<_>>().join(" ")
}

fn lacking(missing: &Result<Vec<Need>, String>) -> String {
    match missing {
        Ok(missing) if missing.is_empty() => String::new(),
        Ok(missing) => format!("; lacks {}", words(missing)),
        Err(why) => format!("; {why}"),
    }
}

fn needs_of(kind: Kind, missing: &Result<Vec<Need>, String>) -> (String, serde_json::Value) {
    let names = |list: &[Need]| list.iter().map(Need::to_string).collect::<Vec<_>>();
    let all: Vec<Need> = kind.capabilities().into_iter().collect();
    let lacks = missing.as_ref().map(|missing| names(missing)).unwrap_or_else(|why| vec![why.clone()]);
    (kind.name().to_owned(), json!({ "capabilities": names(&all), "lacks": lacks }))
}

impl Examined {
    /// Every effect works. A node without a container runtime is well where victims are local.
    pub fn is_well(&self) -> bool {
        self.capabilities.iter().all(|found| found.available)
    }

    pub fn text(&self) -> String {
        let runtime = self.runtime.as_deref().unwrap_or_else(|why| why);
        let mut text = format!("boot {}\nkernel {}\ncgroups {}\n", self.boot_id, self.kernel, self.cgroups);
        let mut line = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a String takes everything");
        line(format_args!("capabilities {}\nruntime {runtime}\n", self.process_capabilities));
        for (kind, missing) in &self.needs {
            line(format_args!("needs for {:<9} {}{}\n", kind.name(), words(&kind.capabilities()), lacking(missing)));
        }
        line(format_args!("{:<16} {:<5} {:<13} reason\n", "effect", "can", "back end"));
        for Capability { effect, available, back_end, reason } in &self.capabilities {
            let can = if *available { "yes" } else { "no" };
            line(format_args!("{effect:<16} {can:<5} {back_end:<13} {reason}\n"));
        }
        text
    }

    pub fn json(&self) -> String {
        let effects = self.capabilities.iter().map(|found| {
            json!({
                "effect": found.effect, "available": found.available, "back_end": found.back_end, "reason": found.reason,
            })
        });
        let (reachable, said) = match &self.runtime {
            Ok(said) => (true, said),
            Err(why) => (false, why),
        };
        let whole = json!({
            "boot_id": self.boot_id, "kernel": self.kernel, "cgroups": self.cgroups,
            "process_capabilities": self.process_capabilities,
            "needs": self.needs.iter().map(|(kind, missing)| needs_of(*kind, missing)).collect::<serde_json::Map<_, _>>(),
            "runtime": { "reachable": reachable, "says": said },
            "effects": effects.collect::<Vec<_>>(),
        });
        format!("{whole}\n")
    }
}
