//! The node's container runtime, asked over its own socket: a container's id goes in; its main process, the names that Kubernetes gave
//! it and ways to its pod's network come out. Asks two questions, each bounded in time, and changes nothing.

mod info;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::procfs;

/// Generated at build time from `proto/runtime/v1/cri.proto`.
#[allow(clippy::all, missing_docs, reason = "generated code answers for itself")]
pub mod api {
    tonic::include_proto!("runtime.v1");
}

use api::runtime_service_client::RuntimeServiceClient;
use api::{ContainerState, ContainerStatusRequest, NamespaceMode, PodSandboxStatusRequest, VersionRequest};

/// Where containerd, CRI-O and k3s listen unless they are told otherwise.
const USUAL: [&str; 3] = ["/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock"];
const CONNECTS_WITHIN: Duration = Duration::from_secs(1);
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Labels that the kubelet puts on every container (k8s.io/kubelet, pkg/types/labels.go).
const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const POD: &str = "io.kubernetes.pod.name";
const POD_UID: &str = "io.kubernetes.pod.uid";
const CONTAINER: &str = "io.kubernetes.container.name";

/// A running container, in the runtime's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub pid: u32,
    /// Of the process that had this pid when the runtime named it, which may be another's before its turn comes.
    pub start_time: u64,
    pub namespace: String,
    pub pod: String,
    pub pod_uid: String,
    pub container: String,
    pub host_network: bool,
    /// Ways to the pod's network that outlive the container: the runtime's bind mount and the sandbox's own process.
    pub netns_paths: Vec<PathBuf>,
}

#[derive(Debug, Error)]
pub enum CriError {
    #[error("no container runtime listens at {tried:?}; give its socket with --cri-endpoint, and mount it into the daemon")]
    NoSocket { tried: Vec<PathBuf> },
    #[error("could not reach the container runtime at {socket}: {cause}", socket = socket.display())]
    Unreachable { socket: PathBuf, cause: tonic::transport::Error },
    #[error("container id {id:?} is not one: give <runtime>://<letters and digits> as the pod's status has it")]
    Id { id: String },
    #[error("the container runtime knows no container {id}: it ended, or it is on another node")]
    Unknown { id: String },
    #[error("container {id} does not run: its state is {state}")]
    NotRunning { id: String, state: &'static str },
    #[error("the container runtime refused to say who container {id} is: {code:?}: {message}")]
    Refused { id: String, code: Code, message: String },
    #[error("the container runtime's answer on container {id} has no {what}; it must be containerd or CRI-O with CRI v1")]
    Unreadable { id: String, what: &'static str },
    #[error(
        "could not look at pid {pid} of container {id}: {cause}; where there is none, it ended, or it lives in a pid namespace that this daemon cannot see"
    )]
    Unseen { id: String, pid: u32, cause: io::Error },
}

impl CriError {
    /// The container has ended, as far as anybody can see; a look that failed says nothing of the kind.
    pub fn is_of_an_ended_one(&self) -> bool {
        match self {
            CriError::Unknown { .. } | CriError::NotRunning { .. } => true,
            CriError::Unseen { cause, .. } => cause.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

/// The runtime of this node. Nothing is open between two questions.
#[derive(Debug, Clone)]
pub struct Cri {
    sockets: Vec<PathBuf>,
}

impl Cri {
    /// At this socket, or at the first of the usual ones that is there when it is asked.
    pub fn new(socket: Option<PathBuf>) -> Cri {
        Cri { sockets: socket.map_or_else(|| USUAL.map(PathBuf::from).to_vec(), |socket| vec![socket]) }
    }

    /// Who a container is, by the id that its pod's status has.
    pub async fn find(&self, id: &str) -> Result<Found, CriError> {
        let id = bare(id)?;
        let mut runtime = self.connect().await?;
        let request = ContainerStatusRequest { container_id: id.to_owned(), verbose: true };
        let answer = runtime.container_status(request).await.map_err(|status| refused(id, &status))?.into_inner();
        let unreadable = |what| CriError::Unreadable { id: id.to_owned(), what };
        let status = answer.status.ok_or_else(|| unreadable("status"))?;
        if status.state() != ContainerState::ContainerRunning {
            return Err(CriError::NotRunning { id: id.to_owned(), state: status.state().as_str_name() });
        }
        let details = info::of_container(&answer.info).ok_or_else(|| unreadable("pid"))?;
        let start_time = start_time_of(id, details.pid)?;
        let label = |name: &'static str| status.labels.get(name).cloned().ok_or_else(|| unreadable(name));
        let (host_network, netns_paths) = match &details.sandbox {
            Some(sandbox) => network_of(&mut runtime, id, sandbox).await?,
            None => return Err(unreadable("sandbox")),
        };
        Ok(Found {
            pid: details.pid,
            start_time,
            namespace: label(NAMESPACE)?,
            pod: label(POD)?,
            pod_uid: label(POD_UID)?,
            container: label(CONTAINER)?,
            host_network,
            netns_paths,
        })
    }

    /// Which runtime it is and where, for people.
    pub async fn describe(&self) -> Result<String, CriError> {
        let mut runtime = self.connect().await?;
        let request = VersionRequest { version: "v1".to_owned() };
        let answer = runtime.version(request).await.map_err(|status| refused("", &status))?.into_inner();
        Ok(format!("{} {} at {}", answer.runtime_name, answer.runtime_version, self.socket()?.display()))
    }

    fn socket(&self) -> Result<&Path, CriError> {
        let there = self.sockets.iter().find(|socket| socket.exists());
        there.map(PathBuf::as_path).ok_or_else(|| CriError::NoSocket { tried: self.sockets.clone() })
    }

    async fn connect(&self) -> Result<RuntimeServiceClient<Channel>, CriError> {
        let socket = self.socket()?;
        let unreachable = |cause| CriError::Unreachable { socket: socket.to_owned(), cause };
        let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).map_err(unreachable)?;
        let channel = endpoint.connect_timeout(CONNECTS_WITHIN).timeout(ANSWERS_WITHIN).connect().await.map_err(unreachable)?;
        Ok(RuntimeServiceClient::new(channel))
    }
}

fn start_time_of(id: &str, pid: u32) -> Result<u64, CriError> {
    procfs::stat(pid).map(|now| now.start_time).map_err(|cause| CriError::Unseen { id: id.to_owned(), pid, cause })
}

async fn network_of(
    runtime: &mut RuntimeServiceClient<Channel>,
    id: &str,
    sandbox: &str,
) -> Result<(bool, Vec<PathBuf>), CriError> {
    let request = PodSandboxStatusRequest { pod_sandbox_id: sandbox.to_owned(), verbose: true };
    let answer = runtime.pod_sandbox_status(request).await.map_err(|status| refused(id, &status))?.into_inner();
    let options = answer.status.and_then(|status| status.linux?.namespaces?.options);
    let mode = options.ok_or_else(|| CriError::Unreadable { id: id.to_owned(), what: "network mode" })?.network();
    Ok((mode == NamespaceMode::Node, info::paths_of_sandbox(&answer.info)))
}

fn refused(id: &str, status: &tonic::Status) -> CriError {
    match status.code() {
        Code::NotFound => CriError::Unknown { id: id.to_owned() },
        code => CriError::Refused { id: id.to_owned(), code, message: status.message().chars().take(200).collect() },
    }
}

/// `containerd://3f...` as a pod's status has it, without the front.
fn bare(id: &str) -> Result<&str, CriError> {
    let bare = id.split_once("://").map_or(id, |(_, bare)| bare);
    let plain = !bare.is_empty() && bare.len() <= 128 && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { Ok(bare) } else { Err(CriError::Id { id: id.chars().take(80).collect() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_stands_behind_the_runtimes_name() {
        for (text, expected) in [("containerd://3fa9", Some("3fa9")), ("cri-o://0b", Some("0b")), ("3fa9", Some("3fa9"))] {
            assert_eq!(bare(text).ok(), expected);
        }
        for hostile in ["", "containerd://", "containerd://../x", "a b", "x\n", &"f".repeat(129)] {
            assert!(bare(hostile).is_err(), "{hostile:?} was accepted");
        }
    }
}
