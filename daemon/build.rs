//! Compiles the one contract of the repository, and the part of Kubernetes' that we read, without protoc: protox is a compiler in Rust.
//! And has relocations packed, which daemon, keeper and stressor would otherwise read at their start and keep in memory.

use std::process::Command;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    pack_relocations();
    compile("../proto", "chaosgate/daemon/v1/daemon.proto")?;
    compile("proto", "runtime/v1/cri.proto")
}

fn compile(root: &str, contract: &str) -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={root}/{contract}");
    let descriptors = protox::compile([contract], [root])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}

/// Nearly all of them are relative, and packed (DT_RELR) they take some 3 KB instead of 210. glibc reads them since 2.36.
fn pack_relocations() {
    let [target, host] = ["TARGET", "HOST"].map(|name| std::env::var(name).unwrap_or_default());
    if target == host && glibc().is_some_and(|version| version >= (2, 36)) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Of the machine that compiles, as `glibc 2.36`; None with another library.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?.stdout;
    let said = String::from_utf8(said).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
