//! Compiles the one contract of the repository without protoc: protox is a compiler in Rust.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../proto";
    let contract = "chaosgate/daemon/v1/daemon.proto";
    println!("cargo:rerun-if-changed={root}/{contract}");
    let descriptors = protox::compile([contract], [root])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
