//! The node's thread and the way to it. One thread does every act, so no two orders of a run can cross, and the same thread
//! beats the heart: a node that is stuck in an act does not look alive.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Node;
use crate::ids::RunId;

/// Orders taken in and not yet done. Whoever comes then waits outside, in the order of arrival.
const WAITING: usize = 256;
/// Longer than the longest act. Who waits for longer waits for a node that is stuck, and should hear so.
const BUSY_AFTER: Duration = Duration::from_secs(10);

#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unanswered {
    #[error(
        "this node had no room for another order within {BUSY_AFTER:?}: ask again, and look at its log for what holds it up"
    )]
    Busy,
    #[error("this node is shutting down and reverts everything")]
    Gone,
}

/// What an order may happen beside: an act can take seconds, and most orders have nothing to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// After the act that goes on: whatever else the node does.
    Own,
    /// An act of this run: after the one that goes on, and before what comes later for the run, such as its revert.
    Act(RunId),
    /// Beside the act of another run, and after one of this run, whose lease and faults it would find half made.
    Of(RunId),
    /// Beside any act: it changes nothing.
    Any,
}

pub(super) struct Order {
    turn: Turn,
    act: Box<dyn FnOnce(&mut Node) + Send>,
    /// Its room at the desk, free again when it is done.
    _room: OwnedSemaphorePermit,
}

/// Orders at the node's end.
#[derive(Debug)]
pub(super) struct Orders {
    coming: Receiver<Order>,
    /// Those that came during an act and may not happen beside it.
    later: VecDeque<Order>,
}

#[derive(Clone)]
pub struct Desk {
    orders: SyncSender<Order>,
    room: Arc<Semaphore>,
}

impl Desk {
    /// Starts the node's thread. It ends when an order has closed the node, or when every desk is gone.
    pub fn open(mut node: Node) -> io::Result<(Desk, JoinHandle<()>)> {
        let (orders, coming) = sync_channel(WAITING);
        node.orders = Some(Orders { coming, later: VecDeque::new() });
        let thread = thread::Builder::new().name("node".to_owned()).spawn(move || serve(node))?;
        Ok((Desk { orders, room: Arc::new(Semaphore::new(WAITING)) }, thread))
    }

    /// Runs `act` on the node's thread. An act that was taken in is done even if its caller goes away.
    pub async fn ask<T: Send + 'static>(
        &self,
        turn: Turn,
        act: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let room = tokio::time::timeout(BUSY_AFTER, Arc::clone(&self.room).acquire_owned()).await;
        let room = room.map_err(|_| Unanswered::Busy)?.map_err(|_| Unanswered::Gone)?;
        let (answer, answered) = oneshot::channel();
        let act = Box::new(move |node: &mut Node| {
            // An error only says that the caller went away; the act is done and stays on record.
            let _ = answer.send(act(node));
        });
        // Never full: whoever has room has a place in the channel.
        self.orders.try_send(Order { turn, act, _room: room }).map_err(|_| Unanswered::Gone)?;
        answered.await.map_err(|_| Unanswered::Gone)
    }
}

impl Orders {
    fn next(&mut self, within: Duration) -> Result<Order, RecvTimeoutError> {
        self.later.pop_front().map_or_else(|| self.coming.recv_timeout(within), Ok)
    }
}

impl Node {
    /// During an act of `run`: does what may happen beside it, and keeps the rest in its order.
    pub(super) fn serve_beside(&mut self, run: &RunId) {
        let Some(mut orders) = self.orders.take() else { return };
        while let Ok(order) = orders.coming.try_recv() {
            // What waits already may be of the same run, and nobody overtakes within a run.
            if order.turn.is_beside(run) && !orders.later.iter().any(|waiting| waiting.turn.is_before(&order.turn)) {
                (order.act)(self);
            } else {
                orders.later.push_back(order);
            }
        }
        self.orders = Some(orders);
    }
}

impl Turn {
    fn is_beside(&self, acting: &RunId) -> bool {
        match self {
            Turn::Own | Turn::Act(_) => false,
            Turn::Of(run) => run != acting,
            Turn::Any => true,
        }
    }

    /// An order of a run waits for one that may be of the same run and came first.
    fn is_before(&self, later: &Turn) -> bool {
        matches!((self, later), (Turn::Of(one) | Turn::Act(one), Turn::Of(other)) if one == other)
    }
}

fn serve(mut node: Node) {
    while !node.is_closed() {
        let until_next = node.ring();
        let Some(orders) = node.orders.as_mut() else { return };
        match orders.next(until_next) {
            Ok(order) => (order.act)(&mut node),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("turn", &self.turn).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_holds_up_its_own_run_and_other_acts_alone() {
        let run = |name: &str| RunId::try_from(name.to_owned()).expect("a plain name");
        let cases = [(Turn::Own, false), (Turn::Of(run("t1-0")), false), (Turn::Of(run("t2-0")), true), (Turn::Any, true)];
        for (turn, beside) in cases {
            assert_eq!(turn.is_beside(&run("t1-0")), beside, "{turn:?}");
        }
        assert!(!Turn::Act(run("t2-0")).is_beside(&run("t1-0")));
    }

    #[test]
    fn a_revert_does_not_overtake_what_it_would_revert() {
        let run = |name: &str| RunId::try_from(name.to_owned()).expect("a plain name");
        let revert = Turn::Of(run("t2-0"));
        let before = [
            (Turn::Act(run("t2-0")), true),
            (Turn::Of(run("t2-0")), true),
            (Turn::Act(run("t3-0")), false),
            (Turn::Own, false),
        ];
        for (waiting, goes_first) in before {
            assert_eq!(waiting.is_before(&revert), goes_first, "{waiting:?}");
        }
    }
}
