//! A runner's client, blocking, so that a test reads from top to bottom.

use chaosgated::contract::node_daemon_service_client::NodeDaemonServiceClient;
use chaosgated::contract::{
    self, Direction, InjectRequest, InjectResponse, ListRequest, NetworkFault, Partition, Peer, RenewRequest, RevertRequest,
    RevertResponse, Victim, WatchRequest, WatchResponse, inject_request, victim,
};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Status, Streaming};

use crate::daemon::{Daemon, Site};
use crate::lab::PEER;

pub struct Runner {
    runtime: Runtime,
    client: NodeDaemonServiceClient<Channel>,
}

impl Runner {
    pub fn of(site: &Site, daemon: &Daemon) -> Runner {
        Runner::connect(daemon, site.authority.client(Some(&site.authority))).expect("a certificate of the right authority")
    }

    pub fn connect(daemon: &Daemon, tls: ClientTlsConfig) -> Result<Runner, tonic::transport::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{}", daemon.port))?.tls_config(tls)?;
        let channel = runtime.block_on(endpoint.connect())?;
        Ok(Runner { runtime, client: NodeDaemonServiceClient::new(channel) })
    }

    pub fn inject(&mut self, request: InjectRequest) -> Result<InjectResponse, Status> {
        self.runtime.block_on(self.client.inject(request)).map(tonic::Response::into_inner)
    }

    pub fn renew(&mut self, run: &str, epoch: u64) -> Result<contract::RenewResponse, Status> {
        let request = RenewRequest { run_id: run.to_owned(), epoch };
        self.runtime.block_on(self.client.renew(request)).map(tonic::Response::into_inner)
    }

    pub fn revert(&mut self, run: &str, fault: &str, epoch: u64) -> Result<RevertResponse, Status> {
        let request = RevertRequest { run_id: run.to_owned(), fault_id: fault.to_owned(), epoch };
        self.runtime.block_on(self.client.revert(request)).map(tonic::Response::into_inner)
    }

    pub fn list(&mut self) -> contract::ListResponse {
        self.runtime.block_on(self.client.list(ListRequest::default())).expect("a list").into_inner()
    }

    pub fn capabilities(&mut self) -> Result<contract::CapabilitiesResponse, Status> {
        let request = contract::CapabilitiesRequest {};
        self.runtime.block_on(self.client.capabilities(request)).map(tonic::Response::into_inner)
    }

    pub fn residue(&mut self, pid: u32) -> Result<Vec<contract::Residue>, Status> {
        self.residue_of(vec![by_pid(pid)])
    }

    pub fn residue_of(&mut self, victims: Vec<Victim>) -> Result<Vec<contract::Residue>, Status> {
        let request = contract::ResidueRequest { victims };
        self.runtime.block_on(self.client.residue(request)).map(|answer| answer.into_inner().residue)
    }

    pub fn watch(&mut self) -> Streaming<WatchResponse> {
        self.runtime.block_on(self.client.watch(WatchRequest::default())).expect("a stream").into_inner()
    }

    /// The next event, or None when the stream ends or nothing comes for five seconds.
    pub fn next(&mut self, events: &mut Streaming<WatchResponse>) -> Option<WatchResponse> {
        let patience = std::time::Duration::from_secs(5);
        self.runtime.block_on(async { tokio::time::timeout(patience, events.message()).await.ok()?.ok()? })
    }
}

/// A victim of the shop, by the pid of a process in its network.
pub fn by_pid(pid: u32) -> Victim {
    Victim {
        namespace: "shop".to_owned(),
        pod: format!("pod-{pid}"),
        container: "main".to_owned(),
        target: Some(victim::Target::LocalPid(pid)),
        ..Default::default()
    }
}

/// Cuts the victim from its peer for half a minute, in run t1-0 and epoch 1.
pub fn a_partition(site: &Site, fault: &str, pid: u32) -> InjectRequest {
    let peer = Peer { cidr: PEER.to_owned(), ..Default::default() };
    let network = NetworkFault {
        direction: Direction::Both.into(),
        peers: vec![peer],
        partition: Some(Partition {}),
        ..Default::default()
    };
    InjectRequest {
        ticket: site.sign(&site.claims()),
        run_id: "t1-0".to_owned(),
        fault_id: fault.to_owned(),
        epoch: 1,
        victim: Some(by_pid(pid)),
        deadline_us: 30_000_000,
        fault: Some(inject_request::Fault::Network(network)),
    }
}
