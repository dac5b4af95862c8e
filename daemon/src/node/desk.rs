//! The node's thread and the way to it. One thread does every act, so no two orders of a run can cross, and the same thread
//! beats the heart: a node that is stuck in an act does not look alive.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{Node, Reverted};
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
    /// After the act that goes on, and instead of all that waits: it closes the node.
    Last,
}

pub(super) struct Order {
    turn: Turn,
    act: Box<dyn FnOnce(&mut Node) + Send>,
    /// Its room at the desk, free again when it is done. The last one needs none.
    _room: Option<OwnedSemaphorePermit>,
}

/// Orders at the node's end.
#[derive(Debug)]
pub(super) struct Orders {
    coming: Receiver<Order>,
    /// Those that came during an act and may not happen beside it.
    later: VecDeque<Order>,
    is_closing: Arc<AtomicBool>,
}

#[derive(Clone)]
pub struct Desk {
    orders: SyncSender<Order>,
    room: Arc<Semaphore>,
    is_closing: Arc<AtomicBool>,
}

impl Desk {
    /// Starts the node's thread. It ends when an order has closed the node, or when every desk is gone.
    pub fn open(mut node: Node) -> io::Result<(Desk, JoinHandle<()>)> {
        // One place more, for the last order.
        let (orders, coming) = sync_channel(WAITING + 1);
        let is_closing = Arc::new(AtomicBool::new(false));
        node.orders = Some(Orders { coming, later: VecDeque::new(), is_closing: Arc::clone(&is_closing) });
        let thread = thread::Builder::new().name("node".to_owned()).spawn(move || serve(node))?;
        Ok((Desk { orders, room: Arc::new(Semaphore::new(WAITING)), is_closing }, thread))
    }

    /// Runs `act` on the node's thread. An act that was taken in is done even if its caller goes away.
    pub async fn ask<T: Send + 'static>(
        &self,
        turn: Turn,
        act: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let room = tokio::time::timeout(BUSY_AFTER, Arc::clone(&self.room).acquire_owned()).await;
        let room = room.map_err(|_| Unanswered::Busy)?.map_err(|_| Unanswered::Gone)?;
        self.order(turn, Some(room), act).await
    }

    /// Closes the node, however many wait for it: whoever has no room yet gets none, and what waits is not done any more.
    pub async fn close(&self) -> Result<Reverted, Unanswered> {
        if self.is_closing.swap(true, Ordering::SeqCst) {
            return Err(Unanswered::Gone);
        }
        self.room.close();
        self.order(Turn::Last, None, Node::close).await
    }

    async fn order<T: Send + 'static>(
        &self,
        turn: Turn,
        room: Option<OwnedSemaphorePermit>,
        act: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let (answer, answered) = oneshot::channel();
        let act = Box::new(move |node: &mut Node| {
            // An error only says that the caller went away; the act is done and stays on record.
            let _ = answer.send(act(node));
        });
        // Never full: whoever has room has a place in the channel, and so has the last.
        self.orders.try_send(Order { turn, act, _room: room }).map_err(|_| Unanswered::Gone)?;
        answered.await.map_err(|_| Unanswered::Gone)
    }
}

impl Orders {
    /// Once the node is to be closed, whoever asked for anything else hears that it is gone.
    fn next(&mut self, within: Duration) -> Result<Order, RecvTimeoutError> {
        loop {
            let next = self.later.pop_front().map_or_else(|| self.coming.recv_timeout(within), Ok)?;
            if next.turn == Turn::Last || !self.is_closing.load(Ordering::SeqCst) {
                return Ok(next);
            }
        }
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
            Turn::Own | Turn::Act(_) | Turn::Last => false,
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
    use std::sync::atomic::AtomicUsize;

    use super::super::Rules;
    use super::*;
    use crate::effect::{BackEnd, Effects};
    use crate::heartbeat::Heartbeat;
    use crate::lease::Terms;
    use crate::ledger::Ledger;

    #[test]
    fn an_act_holds_up_its_own_run_and_other_acts_alone() {
        let run = |name: &str| RunId::try_from(name.to_owned()).expect("a plain name");
        let cases = [(Turn::Own, false), (Turn::Of(run("t1-0")), false), (Turn::Of(run("t2-0")), true), (Turn::Any, true)];
        for (turn, beside) in cases {
            assert_eq!(turn.is_beside(&run("t1-0")), beside, "{turn:?}");
        }
        assert!(!Turn::Act(run("t2-0")).is_beside(&run("t1-0")));
    }

    fn a_node(state_dir: &std::path::Path) -> Node {
        let (ledger, heartbeat) =
            (Ledger::open(state_dir).expect("writable"), Heartbeat::take(state_dir).expect("nobody else"));
        let rules = Rules {
            allow_local_victims: false,
            max_duration: Duration::from_secs(1),
            max_faults: 1,
            terms: Terms { renew_every: Duration::from_secs(1), expires_after: Duration::from_secs(2) },
            denied_namespaces: Vec::new(),
            exempt: Vec::new(),
            effects: Vec::new(),
        };
        Node::new(rules, ledger, Effects::new(BackEnd::Auto), heartbeat, Vec::new())
    }

    /// Lets the other tasks of the test go on until it is so.
    async fn comes_true(is_so: impl Fn() -> bool) {
        let so = async {
            while !is_so() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), so).await.expect("it comes true");
    }

    #[tokio::test]
    async fn a_desk_that_is_full_is_closed_all_the_same() {
        let dir = std::env::temp_dir().join(format!("chaosgated-desk-{}", std::process::id()));
        let (desk, node_thread) = Desk::open(a_node(&dir)).expect("a thread");
        let (go_on, held_up) = sync_channel(1);
        let done = Arc::new(AtomicUsize::new(0));
        let order = || {
            let (desk, done) = (desk.clone(), Arc::clone(&done));
            tokio::spawn(async move { desk.ask(Turn::Own, move |_| done.fetch_add(1, Ordering::SeqCst)).await })
        };
        let (begun, has_begun) = sync_channel(1);
        let first = desk.clone();
        let hold_up = move |_: &mut Node| {
            begun.send(()).expect("it is awaited");
            held_up.recv().expect("told");
        };
        let first = tokio::spawn(async move { first.ask(Turn::Own, hold_up).await });
        comes_true(|| has_begun.try_recv().is_ok()).await;
        let waiting: Vec<_> = (0..2 * WAITING).map(|_| order()).collect();
        comes_true(|| desk.room.available_permits() == 0).await;
        let is_closing = Arc::clone(&desk.is_closing);
        let closing = tokio::spawn(async move { desk.close().await });
        comes_true(|| is_closing.load(Ordering::SeqCst)).await;
        go_on.send(()).expect("it waits");
        assert_eq!(closing.await.expect("no panic"), Ok(Reverted::default()));
        assert_eq!(first.await.expect("no panic"), Ok(()), "what was begun is done");
        for order in waiting {
            assert_eq!(order.await.expect("no panic"), Err(Unanswered::Gone));
        }
        assert_eq!(done.load(Ordering::SeqCst), 0);
        node_thread.join().expect("it ends");
        std::fs::remove_dir_all(dir).expect("our own directory");
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
