//! What this kernel can do for network faults, found by doing it in a namespace made for that and gone afterwards.
//! Asked once per process: modules may be loaded by the asking itself.

use std::io;
use std::sync::OnceLock;

use super::iptables::{self, IptablesError, Variant};
use super::rules::{Chain, Heading, PREFIX, Target};
use crate::effect::netem::modules::{self, Missing};
use crate::fault::{Direction, NetworkFault};
use crate::sys::netns;
use crate::sys::nfqueue::{Queue, Settings};
use crate::sys::raw_socket::RawSender;

const NUMBER: u16 = 46_999;
const MARK: u32 = 1 << 19;

/// Whether something can be done here, and the sentence that says why or why not.
#[derive(Debug, Clone)]
pub struct Ability {
    pub available: bool,
    pub reason: String,
    /// The firewall program that worked, where one is needed.
    pub variant: Option<Variant>,
}

/// What this kernel's own traffic control lacks.
pub fn traffic_control() -> &'static Missing {
    static FOUND: OnceLock<Missing> = OnceLock::new();
    FOUND.get_or_init(|| {
        netns::inside_a_new_one(modules::missing_here).unwrap_or_else(|error| Missing::everything(&no_scratch(&error)))
    })
}

/// NFQUEUE, marks and raw sockets.
pub fn packet_queue() -> &'static Ability {
    static FOUND: OnceLock<Ability> = OnceLock::new();
    FOUND.get_or_init(|| in_scratch(packet_queue_here))
}

/// Rules that drop.
pub fn partition() -> &'static Ability {
    static FOUND: OnceLock<Ability> = OnceLock::new();
    FOUND.get_or_init(|| in_scratch(|| firewall_here(Target::Drop, "DROP")))
}

fn in_scratch(probe: impl FnOnce() -> Ability + Send) -> Ability {
    netns::inside_a_new_one(probe).unwrap_or_else(|error| Ability::lacks(no_scratch(&error)))
}

fn no_scratch(error: &io::Error) -> String {
    format!("this daemon may not make a network namespace to probe in ({error}): it needs SYS_ADMIN")
}

fn packet_queue_here() -> Ability {
    let queue = Settings { number: NUMBER, copy_bytes: 1, keeps_large_packets: false, max_packets: 1 };
    if let Err(error) = Queue::open(queue) {
        return Ability::lacks(format!("nfnetlink_queue cannot be used here ({error})"));
    }
    if let Err(error) = RawSender::open(None) {
        return Ability::lacks(format!("raw sockets cannot be used here ({error}): the daemon needs NET_RAW"));
    }
    firewall_here(Target::Queue { number: NUMBER, mark: MARK }, "NFQUEUE")
}

/// The first implementation of iptables that places and removes such a rule.
fn firewall_here(target: Target, word: &str) -> Ability {
    let mut complaints = Vec::new();
    for variant in Variant::ALL {
        match try_firewall(variant, target) {
            Ok(()) => {
                let reason = format!("{word} rules work with {}", variant.name());
                return Ability { available: true, reason, variant: Some(variant) };
            }
            Err(error) => complaints.push(error.to_string()),
        }
    }
    Ability::lacks(format!("{word} rules do not work: {}", complaints.join("; ")))
}

fn try_firewall(variant: Variant, target: Target) -> Result<(), IptablesError> {
    let chain = Chain { name: format!("{PREFIX}probe"), heading: Heading::Out, device: "lo".into(), target };
    let everything = NetworkFault::partition(Direction::To);
    iptables::place(variant, std::slice::from_ref(&chain), &everything)?;
    iptables::remove_chains(variant, &[chain])
}

impl Ability {
    fn lacks(reason: String) -> Self {
        Self { available: false, reason, variant: None }
    }
}
