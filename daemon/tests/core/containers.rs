//! Victims by their container's id: a container runtime of the test's own answers over a Unix socket as containerd does, and the
//! daemon hits exactly whom it names. The sandbox is a process of its own that outlives its containers, as a pause container does.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use chaosgated::contract::watch_response::Kind;
use chaosgated::contract::{FreezeFault, InjectRequest, Victim, inject_request, victim};
use chaosgated::cri::api::runtime_service_server::{RuntimeService, RuntimeServiceServer};
use chaosgated::cri::api::{
    ContainerState, ContainerStatus, ContainerStatusRequest, ContainerStatusResponse, LinuxPodSandboxStatus, Namespace,
    NamespaceMode, NamespaceOption, PodSandboxStatus, PodSandboxStatusRequest, PodSandboxStatusResponse, VersionRequest,
    VersionResponse,
};
use serde_json::json;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Code, Request, Response, Status};

use crate::client::{Runner, a_partition};
use crate::daemon::{Daemon, Site};
use crate::lab::{self, Lab, lab};

const ID: &str = "containerd://3fa9c1";

/// What the runtime says, whoever asks.
#[derive(Clone)]
struct Runtime {
    pid: u32,
    sandbox_pid: u32,
    state: ContainerState,
    network: NamespaceMode,
    /// Before it answers.
    thinks_for: Duration,
}

#[tonic::async_trait]
impl RuntimeService for Runtime {
    async fn version(&self, _: Request<VersionRequest>) -> Result<Response<VersionResponse>, Status> {
        Ok(Response::new(VersionResponse { runtime_name: "test".to_owned(), runtime_version: "1".to_owned() }))
    }

    async fn container_status(
        &self,
        asked: Request<ContainerStatusRequest>,
    ) -> Result<Response<ContainerStatusResponse>, Status> {
        tokio::time::sleep(self.thinks_for).await;
        let ContainerStatusRequest { container_id, verbose } = asked.into_inner();
        if container_id != "3fa9c1" || !verbose {
            return Err(Status::not_found("no such container"));
        }
        let labels = [("pod.namespace", "shop"), ("pod.name", "cart-1"), ("pod.uid", "u1"), ("container.name", "app")];
        let labels = labels.map(|(name, value)| (format!("io.kubernetes.{name}"), value.to_owned()));
        let status = ContainerStatus { id: container_id, state: self.state.into(), labels: labels.into() };
        let info = json!({ "sandboxID": "5b", "pid": self.pid, "removing": false, "config": { "metadata": {} } });
        Ok(Response::new(ContainerStatusResponse { status: Some(status), info: under_info(&info) }))
    }

    async fn pod_sandbox_status(
        &self,
        asked: Request<PodSandboxStatusRequest>,
    ) -> Result<Response<PodSandboxStatusResponse>, Status> {
        let id = asked.into_inner().pod_sandbox_id;
        assert_eq!(id, "5b", "the sandbox that the container's own answer names");
        let options = Some(NamespaceOption { network: self.network.into() });
        let linux = Some(LinuxPodSandboxStatus { namespaces: Some(Namespace { options }) });
        let path = format!("/proc/{}/ns/net", self.sandbox_pid);
        let namespaces = json!([{ "type": "pid" }, { "type": "network", "path": path }]);
        let info = json!({ "pid": self.sandbox_pid, "runtimeSpec": { "linux": { "namespaces": namespaces } } });
        let status = Some(PodSandboxStatus { id, linux });
        Ok(Response::new(PodSandboxStatusResponse { status, info: under_info(&info) }))
    }
}

fn under_info(info: &serde_json::Value) -> HashMap<String, String> {
    HashMap::from([("info".to_owned(), info.to_string())])
}

impl Runtime {
    /// Of one container that is this process, in the network of the lab's victim.
    fn of(lab: &Lab, pid: u32) -> Runtime {
        let (state, network) = (ContainerState::ContainerRunning, NamespaceMode::Pod);
        Runtime { pid, sandbox_pid: lab.victim_pid(), state, network, thinks_for: Duration::ZERO }
    }

    /// Answers until the test ends, and a daemon that asks it.
    fn serve(self, site: &Site) -> (tokio::runtime::Runtime, Daemon) {
        let socket: PathBuf = site.dir.join("cri.sock");
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = threads.block_on(async { UnixListener::bind(&socket) }).expect("a socket");
        let service = RuntimeServiceServer::new(self);
        let incoming = UnixListenerStream::new(listener);
        threads.spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        let daemon = site.serve(&["--cri-endpoint", &format!("unix://{}", socket.display())]);
        (threads, daemon)
    }
}

/// A container's process in the network of the lab's victim, which is its sandbox.
fn a_container(lab: &Lab) -> Child {
    let sandbox = lab.victim_pid();
    let mut command = Command::new("nsenter");
    let child = command.args(["--net", "--target", &sandbox.to_string(), "--", "sleep", "120"]).spawn().expect("nsenter runs");
    let of = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    while of(child.id()) != of(sandbox) {
        std::thread::yield_now();
    }
    child
}

fn named(site: &Site) -> InjectRequest {
    let victim = Victim {
        namespace: "shop".to_owned(),
        pod: "cart-1".to_owned(),
        pod_uid: "u1".to_owned(),
        container: "app".to_owned(),
        target: Some(victim::Target::ContainerId(ID.to_owned())),
    };
    InjectRequest { victim: Some(victim), ..a_partition(site, "f1", 0) }
}

#[test]
fn a_container_is_hit_by_its_id_and_its_sandbox_keeps_the_way_to_its_network() {
    let Some(lab) = lab() else { return };
    let site = Site::new("container");
    let mut container = a_container(&lab);
    let (_runtime, daemon) = Runtime::of(&lab, container.id()).serve(&site);
    let mut runner = Runner::of(&site, &daemon);
    let before = lab.rules();
    runner.inject(named(&site)).expect("a permitted fault");
    runner.inject(named(&site)).expect("the same again is the same");
    assert!(lab.is_cut(), "its pod is cut from the peer");
    let mut events = runner.watch();
    lab::end(&mut container);
    assert_eq!(runner.next(&mut events).expect("an event").kind(), Kind::VictimGone);
    assert!(!lab.is_cut(), "a container that crashed strands no rule in its pod");
    assert_eq!((lab.rules(), site.records()), (before, 0));
}

#[test]
fn kill_9_after_a_crash_of_the_container_still_leaves_a_way_to_its_network() {
    let Some(lab) = lab() else { return };
    let site = Site::new("stranded");
    let mut container = a_container(&lab);
    let (_runtime, mut daemon) = Runtime::of(&lab, container.id()).serve(&site);
    Runner::of(&site, &daemon).inject(named(&site)).expect("a permitted fault");
    daemon.kill();
    lab::end(&mut container);
    assert!(lab.is_cut(), "nobody has reverted yet");
    let _again = site.serve(&[]);
    assert!(!lab.is_cut(), "the new daemon went in by the sandbox");
}

#[test]
fn a_container_that_is_not_who_was_meant_is_refused() {
    let Some(lab) = lab() else { return };
    let site = Site::new("meant");
    let mut container = a_container(&lab);
    let (_runtime, daemon) = Runtime::of(&lab, container.id()).serve(&site);
    let mut runner = Runner::of(&site, &daemon);
    let with = |change: fn(&mut Victim)| {
        let mut request = named(&site);
        change(request.victim.as_mut().expect("named"));
        request
    };
    let cases = [
        (with(|victim| victim.pod = "cart-2".to_owned()), Code::PermissionDenied, "is of pod \"cart-1\""),
        (with(|victim| victim.pod_uid = "u2".to_owned()), Code::PermissionDenied, "is of pod uid \"u1\""),
        (with(|victim| victim.container = "proxy".to_owned()), Code::PermissionDenied, "container name \"app\""),
        (with(|victim| victim.namespace = "bank".to_owned()), Code::PermissionDenied, "does not permit namespace"),
        (with(|victim| victim.target = id("containerd://ffff")), Code::NotFound, "knows no container"),
        (with(|victim| victim.target = id("containerd://../x")), Code::InvalidArgument, "container id"),
    ];
    for (request, code, expected) in cases {
        let refused = runner.inject(request).expect_err(expected);
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(expected), "expected {expected:?} in {:?}", refused.message());
    }
    assert!(!lab.is_cut() && site.records() == 0);
    runner.inject(named(&site)).expect("the one that was meant");
    lab::end(&mut container);
}

fn id(text: &str) -> Option<victim::Target> {
    Some(victim::Target::ContainerId(text.to_owned()))
}

#[test]
fn what_the_runtime_says_of_a_container_can_forbid_it() {
    let Some(lab) = lab() else { return };
    let mut container = a_container(&lab);
    let as_it_is = Runtime::of(&lab, container.id());
    let cases = [
        ("stopped", Runtime { state: ContainerState::ContainerExited, ..as_it_is.clone() }, Code::NotFound, "does not run"),
        (
            "on-node",
            Runtime { network: NamespaceMode::Node, ..as_it_is.clone() },
            Code::PermissionDenied,
            "its node's own network",
        ),
        (
            "ours",
            Runtime { pid: std::process::id(), ..as_it_is.clone() },
            Code::PermissionDenied,
            "one of the processes above it",
        ),
        ("no-pid", Runtime { pid: 0, ..as_it_is.clone() }, Code::FailedPrecondition, "has no pid"),
    ];
    for (name, runtime, code, expected) in cases {
        let site = Site::new(name);
        let (_runtime, daemon) = runtime.serve(&site);
        let refused = Runner::of(&site, &daemon).inject(named(&site)).expect_err(expected);
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(expected), "expected {expected:?} in {:?}", refused.message());
    }
    lab::end(&mut container);
}

#[test]
fn a_runtime_that_hangs_or_is_not_there_holds_nothing_up() {
    let Some(lab) = lab() else { return };
    let site = Site::new("hangs");
    let mut container = a_container(&lab);
    let slow = Runtime { thinks_for: Duration::from_secs(30), ..Runtime::of(&lab, container.id()) };
    let (_runtime, daemon) = slow.serve(&site);
    let mut runner = Runner::of(&site, &daemon);
    let asked = Instant::now();
    let refused = runner.inject(named(&site)).expect_err("no answer");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let nowhere = Site::new("nowhere");
    let without = nowhere.serve(&["--cri-endpoint", "/nonexistent/cri.sock"]);
    let refused = Runner::of(&nowhere, &without).inject(named(&nowhere)).expect_err("no socket");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("/nonexistent/cri.sock"), "{refused}");
    lab::end(&mut container);
}

#[test]
fn a_container_that_has_no_cgroup_of_its_own_is_not_frozen() {
    let Some(lab) = lab() else { return };
    let site = Site::new("no-group");
    let mut container = a_container(&lab);
    let (_runtime, daemon) = Runtime::of(&lab, container.id()).serve(&site);
    let request = InjectRequest { fault: Some(inject_request::Fault::Freeze(FreezeFault {})), ..named(&site) };
    let refused = Runner::of(&site, &daemon).inject(request).expect_err("everybody's cgroup");
    let why = ["root cgroup", "with this daemon", "no mounted hierarchy"];
    assert!(why.iter().any(|why| refused.message().contains(why)), "{refused}");
    assert!(container.try_wait().expect("our own child").is_none());
    lab::end(&mut container);
}
