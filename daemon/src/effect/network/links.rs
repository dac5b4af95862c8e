//! The network devices of the namespace that the calling thread is in, and which of them a fault means.

use std::io;

use thiserror::Error;

use crate::sys::netlink::{self, Message, Socket};

const RTM_GETLINK: u16 = 18;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const USUAL: &str = "eth0";
const LONGEST_LIST: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub index: i32,
    pub name: String,
    pub is_up: bool,
    pub is_loopback: bool,
    pub mtu: usize,
}

#[derive(Debug, Error)]
pub enum DeviceError {
    #[error("the victim has no device {wanted:?}: it has {there}")]
    Unknown { wanted: String, there: String },
    #[error(
        "the victim has no {USUAL} and not exactly one other device that is up: it has {there}; name one in the manifest's device"
    )]
    Unclear { there: String },
    #[error("device {name:?} cannot be written into a firewall rule: letters, digits, '.', '_', '-' and '@' only")]
    Unwritable { name: String },
    #[error("could not list the victim's network devices: {0}")]
    Unlisted(#[from] io::Error),
}

/// The device a fault means: the one it names, else eth0, else the only one that is up and not loopback.
pub fn device_of(wanted: Option<&str>) -> Result<Link, DeviceError> {
    let chosen = choose(list()?, wanted)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
    if chosen.name.bytes().all(plain) && !chosen.name.starts_with('-') {
        return Ok(chosen);
    }
    Err(DeviceError::Unwritable { name: chosen.name })
}

/// The largest packet this device takes.
pub fn mtu_of(name: &str) -> io::Result<usize> {
    let found = list()?.into_iter().find(|link| link.name == name);
    found.map(|link| link.mtu).ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))
}

/// Every device of the namespace.
pub fn list() -> io::Result<Vec<Link>> {
    let mut links = Vec::new();
    let ask = Message::new(RTM_GETLINK, libc::NLM_F_DUMP, &[0; 16]);
    Socket::open(libc::NETLINK_ROUTE)?.exchange(ask, |answer| links.extend(link_of(answer.body)))?;
    Ok(links)
}

fn choose(links: Vec<Link>, wanted: Option<&str>) -> Result<Link, DeviceError> {
    let there = || links.iter().map(|link| link.name.as_str()).take(LONGEST_LIST).collect::<Vec<_>>().join(", ");
    let named = |name: &str| links.iter().find(|link| link.name == name).cloned();
    if let Some(wanted) = wanted {
        return named(wanted).ok_or_else(|| DeviceError::Unknown { wanted: wanted.to_owned(), there: there() });
    }
    if let Some(usual) = named(USUAL) {
        return Ok(usual);
    }
    let mut candidates = links.iter().filter(|link| link.is_up && !link.is_loopback);
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(DeviceError::Unclear { there: there() }),
    }
}

/// struct ifinfomsg: family, padding, type, index, flags, change; then attributes.
fn link_of(body: &[u8]) -> Option<Link> {
    let index = i32::from_ne_bytes(body.get(4..8)?.try_into().ok()?);
    let flags = u32::from_ne_bytes(body.get(8..12)?.try_into().ok()?) as i32;
    Some(Link {
        index,
        name: netlink::text_of(netlink::attribute(body.get(16..)?, IFLA_IFNAME)?),
        is_up: flags & libc::IFF_UP != 0,
        is_loopback: flags & libc::IFF_LOOPBACK != 0,
        mtu: netlink::attribute(body.get(16..)?, IFLA_MTU).and_then(netlink::u32_of)? as usize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, is_up: bool) -> Link {
        Link { index: 1, name: name.into(), is_up, is_loopback: name == "lo", mtu: 1500 }
    }

    #[test]
    fn the_named_device_wins_then_eth0_then_the_only_one_up() {
        let several = || vec![link("lo", true), link("eth0", true), link("net1", true)];
        assert_eq!(choose(several(), Some("net1")).expect("named").name, "net1");
        assert_eq!(choose(several(), None).expect("usual").name, "eth0");
        let single = vec![link("lo", true), link("tunl0", false), link("ens5", true)];
        assert_eq!(choose(single, None).expect("only").name, "ens5");
    }

    #[test]
    fn a_guess_is_refused_and_says_what_there_is() {
        let two = vec![link("lo", true), link("a", true), link("b", true)];
        let message = choose(two.clone(), None).expect_err("unclear").to_string();
        assert!(message.contains("lo, a, b"), "{message}");
        let message = choose(two, Some("eth7")).expect_err("unknown").to_string();
        assert!(message.contains("no device \"eth7\"") && message.contains("lo, a, b"), "{message}");
    }
}
