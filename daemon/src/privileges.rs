//! Which capabilities of the kernel (capabilities(7)) each effect needs, and giving up all others. Fewer is the point: a daemon that is
//! taken over can do what its effects can, and no more.

use std::collections::BTreeSet;
use std::io;
use std::str::FromStr;

use crate::effect::Receipt;
use crate::fault::Fault;
use crate::sys::capabilities::{self, Capability};

/// Effects that need the same of the kernel, and are permitted on a node together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Network,
    Process,
    Freeze,
    Pressure,
    FileIo,
    Clock,
}

pub const ALL: [Kind; 6] = [Kind::Network, Kind::Process, Kind::Freeze, Kind::Pressure, Kind::FileIo, Kind::Clock];

impl Kind {
    pub fn of(fault: &Fault) -> Kind {
        match fault {
            Fault::Network(_) => Kind::Network,
            Fault::Process(_) => Kind::Process,
            Fault::Freeze => Kind::Freeze,
            Fault::Pressure(_) => Kind::Pressure,
            Fault::FileIo(_) => Kind::FileIo,
            Fault::Clock(_) => Kind::Clock,
        }
    }

    pub fn of_receipt(receipt: &Receipt) -> Kind {
        match receipt {
            Receipt::Netem(_) | Receipt::PacketQueue(_) | Receipt::Partition(_) => Kind::Network,
            Receipt::Process(_) => Kind::Process,
            Receipt::Freeze(_) => Kind::Freeze,
            Receipt::Pressure(_) => Kind::Pressure,
            Receipt::FileIo(_) => Kind::FileIo,
            Receipt::Clock(_) => Kind::Clock,
        }
    }

    /// By the names that Capabilities uses.
    pub fn of_effect(name: &str) -> Kind {
        match name {
            "process-kill" => Kind::Process,
            "process-freeze" => Kind::Freeze,
            "cpu-pressure" | "memory-pressure" => Kind::Pressure,
            "file-io" => Kind::FileIo,
            "clock-skew" => Kind::Clock,
            _ => Kind::Network,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Network => "network",
            Kind::Process => "process",
            Kind::Freeze => "freeze",
            Kind::Pressure => "pressure",
            Kind::FileIo => "file-io",
            Kind::Clock => "clock",
        }
    }

    /// Beside SYS_PTRACE, which every effect needs to read the namespaces of other users' processes. The table is in docs/daemon.md.
    fn needs(self) -> &'static [Capability] {
        use Capability::*;
        match self {
            Kind::Network => &[NetAdmin, NetRaw, SysAdmin, SysNice],
            Kind::Process => &[Kill],
            Kind::Freeze => &[SysAdmin, DacOverride],
            Kind::Pressure => &[Kill, DacOverride, SysAdmin],
            Kind::FileIo => {
                &[SysAdmin, SysChroot, DacOverride, DacReadSearch, Chown, Fowner, Fsetid, Mknod, Setfcap, SysResource, Kill]
            }
            Kind::Clock => &[SysAdmin, NetAdmin, SysNice, DacOverride],
        }
    }

    pub fn capabilities(self) -> BTreeSet<Capability> {
        self.needs().iter().copied().chain([Capability::SysPtrace]).collect()
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        let names = || ALL.map(Kind::name).join(", ");
        ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("it is none of {}", names()))
    }
}

/// Gives up what none of these effects needs: in this thread, in those it makes later, and in the programs they start.
pub fn keep_for(kinds: &[Kind]) -> io::Result<()> {
    let wanted: BTreeSet<Capability> = kinds.iter().flat_map(|kind| kind.capabilities()).collect();
    capabilities::keep_only(&wanted)
}

/// Of an effect's capabilities those that this process does not hold.
pub fn missing(kind: Kind) -> io::Result<Vec<Capability>> {
    let held = capabilities::held()?;
    Ok(kind.capabilities().into_iter().filter(|wanted| held & wanted.bit() == 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_by_its_name() {
        for kind in ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert!("netwrok".parse::<Kind>().is_err_and(|why| why.contains("network, process")));
    }

    #[test]
    fn no_effect_may_load_modules_or_reboot() {
        // CAP_SYS_MODULE is 16, CAP_SYS_RAWIO 17, CAP_SYS_BOOT 22, CAP_SYS_TIME 25, CAP_SETUID 7, CAP_SETPCAP 8.
        let all: BTreeSet<u32> = ALL.into_iter().flat_map(Kind::capabilities).map(|held| held as u32).collect();
        assert!([7, 8, 16, 17, 22, 25].iter().all(|never| !all.contains(never)), "{all:?}");
    }
}
