//! The gRPC service: messages come in and are parsed, the node is asked, answers go out.
//! The one place where an error becomes a Status. It decides nothing and touches nothing.

mod answer;
mod looks;
mod status;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

use crate::contract::node_daemon_service_server::{NodeDaemonService, NodeDaemonServiceServer};
use crate::contract::victim::Target;
use crate::contract::{
    CapabilitiesRequest, CapabilitiesResponse, InjectRequest, InjectResponse, ListRequest, ListResponse, RenewRequest,
    RenewResponse, ResidueRequest, ResidueResponse, RevertRequest, RevertResponse, Victim, WatchRequest, WatchResponse,
};
pub use looks::Looks;

use crate::cri::{Cri, Found};
use crate::fault::Fault;
use crate::ids::{Epoch, FaultId, FaultKey, InvalidId, RunId};
use crate::node::{Asked, Desk, Event, Refusal, Turn};
use crate::ticket::{Ticket, TicketKeys};
use crate::victim::{self, ResolvedVictim, VictimError};

/// A ticket is at most 64 KiB and 512 peers are less; whatever is longer is not ours.
const LONGEST_REQUEST: usize = 128 * 1024;
/// More victims than faults can be.
const MOST_VICTIMS: usize = 1024;

/// What the service knows besides the node.
pub struct Server {
    pub desk: Desk,
    pub keys: Arc<TicketKeys>,
    pub cluster_id: String,
    pub node_name: String,
    pub cri: Cri,
    pub looks: Looks,
}

impl Server {
    pub fn into_service(self) -> NodeDaemonServiceServer<Server> {
        NodeDaemonServiceServer::new(self).max_decoding_message_size(LONGEST_REQUEST)
    }

    /// The ticket is verified before the runtime is asked anything.
    async fn asked(&self, message: InjectRequest) -> Result<Asked, Refusal> {
        let mut asked = self.parsed(message)?;
        asked.container = self.container_of(&asked.victim).await?;
        Ok(asked)
    }

    fn parsed(&self, message: InjectRequest) -> Result<Asked, Refusal> {
        Ok(Asked {
            key: FaultKey { run: RunId::try_from(message.run_id)?, fault: FaultId::try_from(message.fault_id)? },
            epoch: Epoch(message.epoch),
            ticket: Ticket::verify(&message.ticket, &self.keys, &self.cluster_id)?,
            victim: message.victim.unwrap_or_default(),
            container: None,
            fault: Fault::try_from(message.fault)?,
            deadline: Duration::from_micros(message.deadline_us),
            unix_seconds: unix_seconds(),
        })
    }

    /// Asked here and not by the node, whose thread no slow runtime may hold up.
    async fn container_of(&self, victim: &Victim) -> Result<Option<Found>, VictimError> {
        match &victim.target {
            Some(Target::ContainerId(id)) => Ok(Some(self.cri.find(id).await?)),
            Some(Target::LocalPid(_)) | None => Ok(None),
        }
    }

    /// A container that has ended has no network to look into, which is no residue; every other refusal is told.
    async fn containers_of(&self, asked: Vec<Victim>) -> Result<Vec<(Victim, Option<Found>)>, VictimError> {
        let mut found = Vec::new();
        for victim in asked {
            match self.container_of(&victim).await {
                Ok(container) => found.push((victim, container)),
                Err(VictimError::Cri(gone)) if gone.is_of_an_ended_one() => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(found)
    }
}

/// A clock before 1970 makes no ticket valid for longer than one at 1970.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[tonic::async_trait]
impl NodeDaemonService for Server {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn capabilities(&self, _: Request<CapabilitiesRequest>) -> Result<Response<CapabilitiesResponse>, Status> {
        let name = self.node_name.clone();
        let answered = self.desk.ask(Turn::Any, move |node| answer::capabilities(name, node)).await;
        Ok(Response::new(answered.map_err(status::of_unanswered)?))
    }

    async fn inject(&self, request: Request<InjectRequest>) -> Result<Response<InjectResponse>, Status> {
        let asked = self.asked(request.into_inner()).await.map_err(status::of_refusal)?;
        let key = asked.key.clone();
        let answered =
            self.desk.ask(Turn::Act(key.run.clone()), move |node| node.inject(&asked)).await.map_err(status::of_unanswered)?;
        match answered {
            Ok(active) => {
                tracing::info!(fault = %key, back_end = active.record.receipt.back_end(), "a fault is on its victim");
                Ok(Response::new(answer::injected(active)))
            }
            Err(refusal) => {
                tracing::warn!(fault = %key, %refusal, "a fault was refused");
                Err(status::of_refusal(refusal))
            }
        }
    }

    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<RenewResponse>, Status> {
        let RenewRequest { run_id, epoch } = request.into_inner();
        let run = RunId::try_from(run_id).map_err(status::of_id)?;
        let renewed =
            self.desk.ask(Turn::Of(run.clone()), move |node| (node.renew(&run, Epoch(epoch)), node.rules().terms)).await;
        let (remaining, terms) = renewed.map_err(status::of_unanswered)?;
        Ok(Response::new(answer::renewed(remaining.map_err(status::of_lease)?, terms)))
    }

    async fn revert(&self, request: Request<RevertRequest>) -> Result<Response<RevertResponse>, Status> {
        let RevertRequest { run_id, fault_id, epoch } = request.into_inner();
        let run = RunId::try_from(run_id).map_err(status::of_id)?;
        let fault = optional(fault_id, FaultId::try_from).map_err(status::of_id)?;
        let asked = self.desk.ask(Turn::Of(run.clone()), move |node| node.revert(&run, fault.as_ref(), Epoch(epoch)));
        let reverted = asked.await.map_err(status::of_unanswered)?.map_err(status::of_lease)?;
        Ok(Response::new(answer::reverted(reverted)))
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let run = optional(request.into_inner().run_id, RunId::try_from).map_err(status::of_id)?;
        let listed = self.desk.ask(Turn::Any, move |node| (node.list(run.as_ref()), node.rules().terms)).await;
        let (listing, terms) = listed.map_err(status::of_unanswered)?;
        Ok(Response::new(answer::listed(listing, terms)))
    }

    async fn residue(&self, request: Request<ResidueRequest>) -> Result<Response<ResidueResponse>, Status> {
        let asked = request.into_inner().victims;
        if asked.len() > MOST_VICTIMS {
            return Err(status::too_many_victims(asked.len(), MOST_VICTIMS));
        }
        let everywhere = asked.is_empty();
        let named = self.containers_of(asked).await.map_err(|refused| status::of_refusal(refused.into()))?;
        // In its turn, so that what was ordered before is done; the look itself holds nobody up.
        let turn = self.desk.ask(Turn::Own, |node| (node.share_effects(), node.rules().allow_local_victims)).await;
        let (effects, allow_local) = turn.map_err(status::of_unanswered)?;
        let looked = self.looks.beside(move || {
            let victims = if everywhere {
                victim::one_in_every_netns().map_err(status::blind)?
            } else {
                victims_of(&named, allow_local)?
            };
            let of_the_node = if everywhere { effects.residue_of_the_node() } else { Default::default() };
            answer::residue(&effects, &victims, of_the_node)
        });
        looked.await.map(Response::new)
    }

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let run = optional(request.into_inner().run_id, RunId::try_from).map_err(status::of_id)?;
        let events = self.desk.ask(Turn::Any, |node| node.watch()).await.map_err(status::of_unanswered)?;
        let events = events.ok_or_else(status::closing)?;
        let of_this_run = move |event: &Event| run.as_ref().is_none_or(|run| *run == event.run);
        let messages = BroadcastStream::new(events).filter_map(move |event| match event {
            Ok(event) => of_this_run(&event).then(|| Ok(answer::event(event))),
            Err(BroadcastStreamRecvError::Lagged(missed)) => Some(Err(status::watcher_too_slow(missed))),
        });
        Ok(Response::new(Box::pin(messages)))
    }
}

fn optional<T>(text: String, parse: impl FnOnce(String) -> Result<T, InvalidId>) -> Result<Option<T>, InvalidId> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// A victim that is gone has no namespace to look into, which is no residue; every other refusal is told.
fn victims_of(named: &[(Victim, Option<Found>)], allow_local: bool) -> Result<Vec<ResolvedVictim>, Status> {
    let mut victims = Vec::new();
    for (victim, container) in named {
        match victim::resolve(victim, container.as_ref(), allow_local) {
            Ok(resolved) => victims.push(resolved),
            Err(VictimError::Gone { .. } | VictimError::Replaced { .. }) => {}
            Err(refused) => return Err(status::of_refusal(refused.into())),
        }
    }
    Ok(victims)
}
